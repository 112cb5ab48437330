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
import { KernelNetwork } from "../worker/network/kernel-network.ts";
import { runNetworkRepair } from "../worker/network/repair-loop.ts";
import type { HostNetwork } from "../worker/ports/host-network.ts";
import { LevelAgentDatabase } from "../worker/ports/level-agent-database.ts";
import { SystemCommandRunner } from "../worker/ports/system-command-runner.ts";
import { SystemNetworkFiles } from "../worker/ports/system-network-files.ts";
import type { TaskExecutor } from "../worker/ports/task-executor.ts";
import type { DaemonOptions } from "./daemon-options.ts";
import type { ActiveIdentity, WorkerEvents, WorkerRuntime } from "./runtimes.ts";

export interface WorkerRuntimeDeps {
  readonly options: DaemonOptions;
  readonly log: Logger;
  readonly describe: (dataPathAddress: string) => NodeDescription;
  readonly createExecutor: (network: HostNetwork, log: Logger) => Promise<TaskExecutor>;
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
  const network = new KernelNetwork(
    { nodeId: record.nodeId as NodeId },
    {
      runner: new SystemCommandRunner(),
      files: new SystemNetworkFiles(join(options.runDir, "network")),
      clock: systemClock,
      log,
    },
  );
  const agent = await Agent.start(
    { nodeId: record.nodeId, managers: record.managers.length > 0 ? record.managers : [record.advertiseAddress] },
    events,
    {
      transport: createGrpcSessionTransport(() => credentials, systemClock),
      executor: await deps.createExecutor(network, log),
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
    },
    async leave() {
      await scope.end();
      try {
        await agent.leave();
      } catch (error) {
        log.error("could not clean up everything while leaving", { error: messageOf(error) });
      }
    },
  };
}
