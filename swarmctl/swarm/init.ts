import { SwarmError } from "../../shared/errors.ts";
import type { Cli, Run } from "../cli.ts";
import { ownDockerSocket } from "../host/docker-socket.ts";
import { forceNewCluster } from "./force-new-cluster.ts";
import { joinCommand } from "./join-token.ts";
import { nodeWishes } from "./node-flags.ts";
import { onceLed } from "./once-led.ts";
import type { INIT_OPTIONS } from "./options.ts";
import { printUnlockKey, readUnlockKey } from "./unlock-words.ts";
import { changeSettings, type SettingsChange, settingsOf } from "./update.ts";
import { withDaemon } from "./with-daemon.ts";

/** Time to make keys and the first Raft entry; a slow disk syncs several times. */
const INIT_TIMEOUT_MS = 60_000;

export const run: Run<typeof INIT_OPTIONS> = async (cli, _args, flags) => {
  if (flags.is("forceNewCluster")) {
    await forceNewCluster(cli, flags);
    return;
  }
  const request = {
    ...nodeWishes(flags),
    defaultAddressPools: flags.list("defaultAddrPool").flatMap((text) => text.split(",")),
    defaultSubnetPrefix: flags.whole("defaultAddrPoolMaskLength", { min: 8, max: 29 }) ?? 0,
    autoLockManagers: flags.is("autolock"),
    dataPathPort: flags.whole("dataPathPort", { min: 1_024, max: 49_151 }) ?? 0,
  };
  // Not afterwards: no key of this swarm is ever on a disk as it is.
  const settings = settingsOf(flags.without("autolock", "forceNewCluster"));
  const local = await cli.api.local();
  const { nodeId, warnings } = await withDaemon(cli, () =>
    local.init(request, { signal: cli.signal, timeoutMs: INIT_TIMEOUT_MS }),
  );
  for (const warning of warnings) cli.output.warn(warning);
  cli.output.line(`Swarm initialized: current node (${nodeId}) is now a manager.`);
  const command = await onceLed(cli, () => joinCommand(cli, "WORKER"));
  cli.output.line("");
  cli.output.line("To add a worker to this swarm, run the following command:");
  cli.output.line("");
  cli.output.line(`    ${command}`);
  cli.output.line("");
  cli.output.line("To add a manager to this swarm, run 'swarmctl join-token manager' and follow the instructions.");
  cli.output.line("");
  await announceDocker(cli);
  if (request.autoLockManagers) {
    printUnlockKey(cli, await onceLed(cli, () => readUnlockKey(cli)));
    cli.output.line("");
  }
  if (settings !== null) await setAtFirst(cli, settings);
};

async function announceDocker(cli: Cli): Promise<void> {
  const socket = await ownDockerSocket(cli);
  if (socket === null) return;
  cli.output.line("Docker's own command line works on this swarm, too:");
  cli.output.line("");
  cli.output.line(`    docker context create swarm --docker host=${socket}`);
  cli.output.line("    docker context use swarm");
  cli.output.line("");
}

/** @throws SwarmError that says that there is a swarm all the same. */
async function setAtFirst(cli: Cli, settings: SettingsChange): Promise<void> {
  try {
    await onceLed(cli, () => changeSettings(cli, settings));
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    const sentence = `the swarm was made, without the settings that were given (\`swarmctl update\`): ${error.message}`;
    throw new SwarmError(error.code, sentence, { cause: error });
  }
}
