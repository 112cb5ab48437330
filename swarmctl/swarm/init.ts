import { isRetryable } from "../../shared/errors.ts";
import { sleep } from "../../shared/ports/clock.ts";
import type { Cli, Run } from "../cli.ts";
import { ownDockerSocket } from "../host/docker-socket.ts";
import { joinCommand } from "./join-token.ts";
import { nodeWishes } from "./node-flags.ts";
import type { INIT_OPTIONS } from "./options.ts";
import { withDaemon } from "./with-daemon.ts";

/** Time to make keys and the first Raft entry; a slow disk syncs several times. */
const INIT_TIMEOUT_MS = 60_000;
/** The first leader is elected at once, but it has to be elected. */
const LEADER_WAIT_MS = 10_000;
const LOOK_AGAIN_MS = 100;

export const run: Run<typeof INIT_OPTIONS> = async (cli, _args, flags) => {
  const request = {
    ...nodeWishes(flags),
    defaultAddressPools: flags.list("defaultAddrPool").flatMap((text) => text.split(",")),
    defaultSubnetPrefix: flags.whole("defaultAddrPoolMaskLength", { min: 8, max: 29 }) ?? 0,
  };
  const local = await cli.api.local();
  const { nodeId, warnings } = await withDaemon(cli, () =>
    local.init(request, { signal: cli.signal, timeoutMs: INIT_TIMEOUT_MS }),
  );
  for (const warning of warnings) cli.output.warn(warning);
  cli.output.line(`Swarm initialized: current node (${nodeId}) is now a manager.`);
  const command = await firstJoinCommand(cli);
  cli.output.line("");
  cli.output.line("To add a worker to this swarm, run the following command:");
  cli.output.line("");
  cli.output.line(`    ${command}`);
  cli.output.line("");
  cli.output.line("To add a manager to this swarm, run 'swarmctl join-token manager' and follow the instructions.");
  cli.output.line("");
  const socket = await ownDockerSocket(cli);
  if (socket === null) return;
  cli.output.line("Docker's own command line works on this swarm, too:");
  cli.output.line("");
  cli.output.line(`    docker context create swarm --docker host=${socket}`);
  cli.output.line("    docker context use swarm");
  cli.output.line("");
};

async function firstJoinCommand(cli: Cli): Promise<string> {
  const untilMs = cli.clock.now() + LEADER_WAIT_MS;
  for (;;) {
    try {
      return await joinCommand(cli, "WORKER");
    } catch (error) {
      if (!isRetryable(error) || cli.clock.now() > untilMs) throw error;
      await sleep(cli.clock, LOOK_AGAIN_MS, "leader", cli.signal);
    }
  }
}
