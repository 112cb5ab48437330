import { join } from "node:path";
import { messageOf } from "../shared/errors.ts";
import { tcpProber } from "../shared/host-probe/ports/tcp-prober.ts";
import type { Logger } from "../shared/log.ts";
import type { TextSeal } from "../shared/pki/key-lock.ts";
import { systemClock } from "../shared/ports/system-clock.ts";
import { systemRandom } from "../shared/ports/system-random.ts";
import type { NodeDescription } from "../shared/rpc/gen/objects.ts";
import { Scope } from "../shared/scope.ts";
import { Agent } from "../worker/agent/agent.ts";
import type { Examine } from "../worker/agent/examinations.ts";
import { createGrpcSessionTransport } from "../worker/agent/grpc-session-transport.ts";
import { removeByForce } from "../worker/agent/remove-by-force.ts";
import { COUNTERS, wrongChecksums } from "../worker/doctor/checksum-count.ts";
import { Examiner, type ExaminerDeps } from "../worker/doctor/examiner.ts";
import { Carrier } from "../worker/engine/carrier.ts";
import { servedMethods } from "../worker/engine/served-methods.ts";
import { meterReader } from "../worker/engine/streams/task-meter.ts";
import { CGROUP_PARENT } from "../worker/executor/open-executor.ts";
import { openSystemTransport } from "../worker/gossip/ports/system-gossip-transport.ts";
import { Membership } from "../worker/membership/membership.ts";
import { runPortWatch } from "../worker/network/port-watch.ts";
import { runNetworkRepair } from "../worker/network/repair-loop.ts";
import { systemBootClock } from "../worker/ports/boot-clock.ts";
import { fileSystemRoom } from "../worker/ports/file-system-room.ts";
import { LevelAgentDatabase } from "../worker/ports/level-agent-database.ts";
import { systemDatagrams } from "../worker/ports/system-datagrams.ts";
import { systemHostFiles } from "../worker/ports/system-host-files.ts";
import { splitHostPort } from "./advertise.ts";
import { validityOf } from "./certificate-renewal.ts";
import type { DaemonOptions } from "./daemon-options.ts";
import type { HostEngine } from "./host-engine.ts";
import type { NodeRecord } from "./node-record.ts";
import type { ActiveIdentity, WorkerEvents, WorkerRuntime } from "./runtimes.ts";

export interface WorkerRuntimeDeps {
  readonly options: DaemonOptions;
  /** swarmd's. */
  readonly version: string;
  readonly log: Logger;
  /** This host's, which outlives the worker. */
  readonly engine: HostEngine;
  /** What this host's keys are locked with. */
  readonly lock: TextSeal;
  readonly describe: (dataPathAddress: string) => NodeDescription;
  /** The worker ended by itself: a bug. */
  readonly onFatal: (error: unknown) => void;
}

/**
 * Composes a host's worker: network, executor and membership below, the agent on top, the repair of the network and the
 * DNS server of its tasks beside it.
 */
export async function startWorkerRuntime(
  active: ActiveIdentity,
  events: WorkerEvents,
  deps: WorkerRuntimeDeps,
): Promise<WorkerRuntime> {
  const { options } = deps;
  const { record, credentials } = active;
  const log = deps.log.child({ part: "worker" });
  const { engine } = deps;
  const network = await engine.network.become(record.nodeId);
  const { names } = engine;
  // Ends what was started if a later step fails: its port must be free for another try.
  await using starting = new AsyncDisposableStack();
  const membership = starting.use(startMembership(active, deps, log));
  // So that the first session tells it; if it fails, the watch says so.
  await network.lookAtPorts().catch(() => {});
  await network.prepare();
  const database = await LevelAgentDatabase.open(join(options.dataDir, "worker"), deps.lock);
  starting.defer(() => database.close());
  const examiner = examinerOf({ network, names, membership }, active, options);
  const examine: Examine = (examination, signal) => examiner.examine(examination, signal);
  const agent = await Agent.start(
    { nodeId: record.nodeId, managers: record.managers.length > 0 ? record.managers : [record.advertiseAddress] },
    {
      ...events,
      onClusterView(view) {
        if (view.node !== null) membership.changeRole(view.node.role);
        events.onClusterView(view);
      },
    },
    {
      transport: createGrpcSessionTransport(() => credentials, systemClock),
      executor: engine.containers.tasks,
      network,
      names: names.service,
      logins: engine.logins,
      membership,
      database,
      describe: () => ({
        ...deps.describe(record.dataPathAddress),
        listeners: network.hostListeners(),
        carriesIpv6: network.carriesIpv6(),
        slotVolumes: engine.executor.volumes.store.slotVolumes(),
        overlay: examiner.overlay.facts(),
      }),
      isDescribedAnew: (signal) => engine.executor.volumes.store.slotBell.next(signal),
      examine,
      readMeter: meterReader(CGROUP_PARENT, (path) => systemHostFiles.readText(path).catch(() => null)),
      guests: engine.containers.guests,
      carrier: new Carrier({ methods: servedMethods(engine.handlers), clock: systemClock, log }),
      bootClock: systemBootClock,
      clock: systemClock,
      random: systemRandom,
      log,
    },
  );
  starting.move();
  engine.containers.setTasks(() => agent.tasks());
  const scope = new Scope(log);
  scope.spawn("network repair", (signal) => runNetworkRepair(network, { clock: systemClock, log }, signal));
  scope.spawn("port watch", (signal) => runPortWatch(network, { clock: systemClock, log }, signal));
  for (const part of [agent, membership]) {
    void part.ended.then(() => {
      if (part.failure !== null) deps.onFatal(part.failure);
    });
  }
  return {
    engine: engine.handlers,
    registered: (signal) => agent.registered(signal),
    sight: (nodeId) => membership.sight(nodeId),
    examine,
    async stop() {
      await scope.end();
      await membership[Symbol.asyncDispose]();
      await agent.stop({ keepContainers: true });
    },
    async leave() {
      await scope.end();
      let left: readonly string[] = [];
      try {
        await engine.containers.leaveSwarm();
        left = await agent.leave(() => membership.leave());
      } catch (error) {
        log.error("could not clean up everything while leaving", { error: messageOf(error) });
      } finally {
        await membership[Symbol.asyncDispose]();
      }
      engine.containers.setTasks(() => []);
      return left;
    },
  };
}

/**
 * Lets people see the containers of this host's tasks, as the last worker remembered them, while none looks after them.
 * How each is now is asked of the host.
 */
export async function recallTasks({
  options,
  log,
  engine,
}: Pick<WorkerRuntimeDeps, "options" | "log" | "engine">): Promise<void> {
  try {
    const tasks = await LevelAgentDatabase.tasksIn(join(options.dataDir, "worker"));
    engine.containers.setTasks(() => tasks);
  } catch (error) {
    log.warn("this host's tasks are not shown, since what is remembered of them cannot be read", {
      error: messageOf(error),
    });
  }
}

/**
 * Removes what a worker left on this host, without being one: for a node that cannot take up its part and is made to
 * leave. Resolves with the names of containers that stay. @throws when something else stays.
 */
export async function clearWorker(
  record: NodeRecord,
  { options, log, engine }: Pick<WorkerRuntimeDeps, "options" | "log" | "engine">,
): Promise<readonly string[]> {
  const network = await engine.network.become(record.nodeId);
  await engine.containers.leaveSwarm();
  const left = await removeByForce((taskId) => `task ${taskId}`, {
    executor: engine.containers.tasks,
    clock: systemClock,
    log,
  });
  await network.teardown();
  const database = await LevelAgentDatabase.open(join(options.dataDir, "worker"));
  await using _database = { [Symbol.asyncDispose]: () => database.close() };
  await database.wipe();
  return left;
}

/** What looks at this host when somebody wants to know how it is. */
function examinerOf(
  parts: Pick<ExaminerDeps, "network" | "names" | "membership">,
  { credentials }: ActiveIdentity,
  { dataDir }: DaemonOptions,
): Examiner {
  return new Examiner({
    ...{ ...parts, prober: tcpProber, datagrams: systemDatagrams, clock: systemClock },
    disk: async () => ({ path: dataDir, ...(await fileSystemRoom(dataDir)) }),
    certificate: () => validityOf(credentials.material.node?.certificate ?? ""),
    wrongChecksums: async () => {
      const [snmp, snmp6] = await Promise.all(COUNTERS.map((path) => systemHostFiles.readText(path).catch(() => "")));
      return wrongChecksums(snmp ?? "", snmp6 ?? "");
    },
  });
}

/** Listens on the managers' API address, on gossip's port, and is reached at this node's address. */
function startMembership(
  { record, identity }: ActiveIdentity,
  { version }: WorkerRuntimeDeps,
  log: Logger,
): Membership {
  return new Membership(
    {
      nodeId: record.nodeId,
      listenAddress: splitHostPort(record.listenAddress, "the listen address").host,
      advertiseAddress: splitHostPort(record.advertiseAddress, "the advertise address").host,
      meta: { role: identity.role, dataPathAddress: record.dataPathAddress, version },
    },
    { open: openSystemTransport, prober: tcpProber, clock: systemClock, random: systemRandom, log },
  );
}
