import { SwarmError } from "../../shared/errors.ts";
import type { NodeRole } from "../../shared/rpc/gen/objects.ts";
import type { Cli, Run } from "../cli.ts";
import { parseChoice } from "../parse/numbers.ts";
import { ROLES } from "./availability.ts";
import type { JOIN_TOKEN_OPTIONS } from "./options.ts";

export const run: Run<typeof JOIN_TOKEN_OPTIONS> = async (cli, args, flags) => {
  const role = parseChoice(args[0] ?? "", "the token's role", ROLES);
  const word = role.toLowerCase();
  const quiet = flags.is("quiet");
  if (flags.is("rotate")) {
    const control = await cli.api.control();
    await control.updateCluster(
      { rotateWorkerToken: role === "WORKER", rotateManagerToken: role === "MANAGER" },
      { signal: cli.signal },
    );
    if (!quiet) {
      cli.output.line(`Successfully rotated ${word} join token.`);
      cli.output.line("");
    }
  }
  if (quiet) {
    cli.output.line(await tokenOf(cli, role));
    return;
  }
  const command = await joinCommand(cli, role);
  cli.output.line(`To add a ${word} to this swarm, run the following command:`);
  cli.output.line("");
  cli.output.line(`    ${command}`);
  cli.output.line("");
};

/** What to type on the joining host. */
export async function joinCommand(cli: Cli, role: NodeRole): Promise<string> {
  const local = await cli.api.local();
  const [token, info] = await Promise.all([tokenOf(cli, role), local.info({}, { signal: cli.signal })]);
  const self = info.remoteManagers.find(({ nodeId }) => nodeId === info.nodeId) ?? info.remoteManagers[0];
  return `swarmctl join --token ${token} ${self?.address ?? `${info.nodeAddress}:2377`}`;
}

async function tokenOf(cli: Cli, role: NodeRole): Promise<string> {
  const control = await cli.api.control();
  const { cluster } = await control.getCluster({}, { signal: cli.signal });
  const tokens = cluster?.rootCa?.joinTokens;
  if (tokens === null || tokens === undefined) throw new SwarmError("internal", "the swarm has no join tokens");
  return role === "MANAGER" ? tokens.manager : tokens.worker;
}
