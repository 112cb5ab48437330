import { SwarmError } from "../../shared/errors.ts";
import type { Cli } from "../cli.ts";
import { type Flags, flagOf } from "../flags.ts";
import type { OptionName } from "../option-spec.ts";
import { joinCommand } from "./join-token.ts";
import { nodeWishes } from "./node-flags.ts";
import { onceLed } from "./once-led.ts";
import type { INIT_OPTIONS } from "./options.ts";

/** Five seconds without a leader, then the node begins anew and reads its log; a slow disk takes longer. */
const FORCE_TIMEOUT_MS = 120_000;
const KEPT = new Set(["forceNewCluster", "advertiseAddr", "listenAddr", "dataPathAddr"]);

/** `init --force-new-cluster`: no new swarm, but the one that there is, with this manager alone. */
export async function forceNewCluster(cli: Cli, flags: Flags<OptionName<typeof INIT_OPTIONS>>): Promise<void> {
  const others = flags.given().filter((name) => !KEPT.has(name));
  if (others.length > 0) {
    throw new SwarmError(
      "invalidArgument",
      `--force-new-cluster keeps the swarm and all its settings, so ${others.map(flagOf).join(", ")} cannot be given with it: change settings afterwards (\`swarmctl update\`, \`swarmctl node update\`)`,
    );
  }
  const local = await cli.api.local();
  if (cli.output.isTerminal) cli.output.line("Looking for a leader and the other managers for five seconds ...");
  const { nodeId, warnings, removedManagers } = await local.init(
    { ...nodeWishes(flags), forceNewCluster: true },
    { signal: cli.signal, timeoutMs: FORCE_TIMEOUT_MS },
  );
  for (const warning of warnings) cli.output.warn(`WARNING: ${warning}`);
  cli.output.line(`Swarm goes on: current node (${nodeId}) is its only manager now. Nothing else of it was changed.`);
  cli.output.line("");
  if (removedManagers.length > 0) {
    const names = await namesOfNodes(cli);
    cli.output.line("No longer managers:");
    cli.output.line("");
    for (const { nodeId: id, address } of removedManagers) {
      cli.output.line(`    ${names.get(id) ?? id} (${address})`);
    }
    cli.output.line("");
    cli.output.line(
      "If one of them comes back, it goes on as a worker ('swarmctl node promote' makes it a manager again).",
    );
    cli.output.line("If it does not, remove it with 'swarmctl node rm'.");
    cli.output.line("");
  }
  const command = await onceLed(cli, () => joinCommand(cli, "MANAGER"));
  cli.output.line("To add a manager to this swarm, promote a worker, or run the following command on another host:");
  cli.output.line("");
  cli.output.line(`    ${command}`);
  cli.output.line("");
}

/** Host names by node id. */
async function namesOfNodes(cli: Cli): Promise<ReadonlyMap<string, string>> {
  const control = await cli.api.control();
  const { nodes } = await onceLed(cli, () => control.listNodes({}, { signal: cli.signal }));
  return new Map(nodes.map(({ id, description }) => [id, description?.hostname ?? id]));
}
