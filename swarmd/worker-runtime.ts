import { join } from "node:path";
import { messageOf } from "../shared/errors.ts";
import type { NodeId } from "../shared/ids.ts";
import type { Logger } from "../shared/log.ts";
import type { NodeDescription } from "../shared/objects/types.ts";
import { systemClock } from "../shared/ports/system-clock.ts";
import { systemRandom } from "../shared/ports/system-random.ts";
import { Scope } from "../shared/scope.ts";
import { Agent } from "../worker/agent/agent.ts";
import { createGrpcSessionTransport } from "../worker/agent/grpc-session-transport.ts";
import { openExecutor } from "../worker/executor/open-executor.ts";
import { KernelNetwork } from "../worker/network/kernel-network.ts";
import { runNetworkRepair } from "../worker/network/repair-loop.ts";
import { hostArchitecture } from "../worker/ports/host-description.ts";
import { LevelAgentDatabase } from "../worker/ports/level-agent-database.ts";
import { SystemCommandRunner } from "../worker/ports/system-command-runner.ts";
import { systemHostFiles } from "../worker/ports/system-host-files.ts";
import { systemMonitorLauncher } from "../worker/ports/system-monitor-launcher.ts";
import { SystemNetworkFiles } from "../worker/ports/system-network-files.ts";
import { systemProcessTable } from "../worker/ports/system-process-table.ts";
import type { DaemonOptions } from "./daemon-options.ts";
import type { ActiveIdentity, WorkerEvents, WorkerRuntime } from "./runtimes.ts";

export interface WorkerRuntimeDeps {
  readonly options: DaemonOptions;
  readonly log: Logger;
  readonly describe: (dataPathAddress: string) => NodeDescription;
  /** The worker ended by itself: a bug. */
  readonly onFatal: (error: unknown) => void;
}

/** Composes a host's worker: network and executor below, the agent on top, and the repair of the network beside it. */
export async function startWorkerRuntime(
  active: ActiveIdentity,
  events: WorkerEvents,
  deps: WorkerRuntimeDeps,
): Promise<WorkerRuntime> {
  const { options } = deps;
  const { record, credentials } = active;
  const log = deps.log.child({ part: "worker" });
  const commands = new SystemCommandRunner();
  const network = new KernelNetwork(
    { nodeId: record.nodeId as NodeId },
    {
      runner: commands,
      files: new SystemNetworkFiles(join(options.runDir, "network")),
      clock: systemClock,
      log,
    },
  );
  const executor = await openExecutor(
    {
      dataDirectory: options.dataDir,
      runDirectory: options.runDir,
      registriesConf: options.registriesConf,
      ociRuntime: options.ociRuntime,
      hostname: options.hostname,
      architecture: hostArchitecture,
    },
    {
      network,
      files: systemHostFiles,
      processes: systemProcessTable,
      commands,
      launcher: systemMonitorLauncher,
      clock: systemClock,
      random: systemRandom,
      log,
    },
  );
  const agent = await Agent.start(
    { nodeId: record.nodeId, managers: record.managers.length > 0 ? record.managers : [record.advertiseAddress] },
    events,
    {
      transport: createGrpcSessionTransport(() => credentials, systemClock),
      executor,
      network,
      database: await LevelAgentDatabase.open(join(options.dataDir, "worker")),
      describe: () => deps.describe(record.dataPathAddress),
      clock: systemClock,
      random: systemRandom,
      log,
    },
  );
  const scope = new Scope(log);
  scope.spawn("network repair", (signal) => runNetworkRepair(network, { clock: systemClock, log }, signal));
  void agent.ended.then(() => {
    if (agent.failure !== null) deps.onFatal(agent.failure);
  });
  return {
    registered: (signal) => agent.registered(signal),
    containersRunning: () => agent.containersRunning(),
    async stop() {
      await scope.end();
      await agent.stop({ keepContainers: true });
      await executor[Symbol.asyncDispose]();
    },
    async leave() {
      await scope.end();
      try {
        await agent.leave();
      } catch (error) {
        log.error("could not clean up everything while leaving", { error: messageOf(error) });
      }
      await executor[Symbol.asyncDispose]();
    },
  };
}
