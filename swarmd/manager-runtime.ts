import { join } from "node:path";
import { snapshotSettingsOf } from "../manager/store/snapshot-settings.ts";
import { StoreMachine } from "../manager/store/store-machine.ts";
import type { Begin } from "../raft/node/node-options.ts";
import { type Recovery, recoverStorage } from "../raft/node/recovery.ts";
import { rehearse } from "../raft/node/rehearsal.ts";
import { RaftNode } from "../raft/raft-node.ts";
import { LevelRaftStorage } from "../raft/storage/level-storage.ts";
import { GrpcRaftTransport } from "../raft/transport/grpc-transport.ts";
import { type JoinOptions, joinGroup } from "../raft/transport/join-group.ts";
import { raftService } from "../raft/wire/raft-service.ts";
import { SwarmError } from "../shared/errors.ts";
import type { Logger } from "../shared/log.ts";
import { fetchWantedLock } from "../shared/pki/bootstrap.ts";
import type { KeyLock } from "../shared/pki/key-lock.ts";
import { sleep } from "../shared/ports/clock.ts";
import { systemClock } from "../shared/ports/system-clock.ts";
import { systemRandom } from "../shared/ports/system-random.ts";
import { connect } from "../shared/rpc/client.ts";
import type { HostSight } from "../worker/membership/host-sights.ts";
import type { DaemonOptions } from "./daemon-options.ts";
import type { UnlockKeyDeps } from "./follow-unlock-key.ts";
import { createManagerParts, type ManagerParts, type ManagerPartsDeps } from "./manager-parts.ts";
import { createManagerServer } from "./manager-server.ts";
import type { NodeRecord } from "./node-record.ts";
import { refusals } from "./refusals.ts";
import type { ActiveIdentity, ManagerRuntime, ManagerStart } from "./runtimes.ts";
import { toFatal } from "./storage-faults.ts";

/** A new manager has other things to do at first. */
const REHEARSAL_AFTER_MS = 2_000;

export interface ManagerRuntimeDeps {
  readonly options: DaemonOptions;
  /** What the gossip of this host's worker knows about a node; null = nothing, also before the worker is running. */
  readonly sight: (nodeId: string) => HostSight | null;
  readonly lendLogins: ManagerPartsDeps["lendLogins"];
  readonly noteEvent: ManagerPartsDeps["noteEvent"];
  /** Of this node's private files: a manager's data key is one of them. */
  readonly lock: KeyLock;
  readonly readUnlockKey: UnlockKeyDeps["readUnlockKey"];
  readonly log: Logger;
  /** Ends the search for a leader to join. */
  readonly signal: AbortSignal;
  /** A bug, or a disk that lost what it had confirmed: the process must end. */
  readonly onFatal: (error: unknown) => void;
}

/**
 * Starts a manager. The order matters: the server listens before anything else, since the leader dials a joiner back
 * and peers answer at once; the parts subscribe to the Raft node in the same turn in which it begins to run.
 */
export async function startManagerRuntime(
  active: ActiveIdentity,
  start: ManagerStart,
  deps: ManagerRuntimeDeps,
): Promise<ManagerRuntime> {
  // Ends, last first, whatever was started, if a later step fails.
  await using starting = new AsyncDisposableStack();
  const { record, identity, credentials } = active;
  const log = deps.log.child({ part: "manager" });
  const base = { clock: systemClock, random: systemRandom, log };
  const address = record.advertiseAddress;
  const connectRaft: JoinOptions["connect"] = (peer) => connect(raftService, peer, credentials);
  const transport = new GrpcRaftTransport({ ...base, clusterId: identity.clusterId, address, connect: connectRaft });

  let parts: ManagerParts | null = null;
  const mustBeReady = (): ManagerParts => {
    if (parts === null) throw refusals.managerNotReady();
    return parts;
  };
  const server = starting.use(
    createManagerServer({
      record,
      credentials,
      log,
      onBug: deps.onFatal,
      admit: (caller) => parts?.admit(caller) ?? caller.role,
      isMemberAddress: (address) => parts?.isMemberAddress(address) ?? false,
      transport,
      parts: mustBeReady,
      doorkeeper: () => parts?.doorkeeper ?? null,
    }),
  );
  await server.listen();

  const { dataDir } = deps.options;
  const storage = await LevelRaftStorage.open(join(dataDir, "raft"), { ...base, keys: deps.lock });
  const askToJoin = { ...base, address, connect: connectRaft, signal: deps.signal };
  /** On disk before the log's first entry. */
  const lockAsOthers = async (): Promise<void> => {
    const others = record.managers.filter((manager) => manager !== address);
    const { key, version } = await fetchWantedLock(others, credentials, base, deps.signal);
    await deps.lock.follow(key, version);
  };
  const machine = new StoreMachine({ freeze: false });
  const raft = starting.use(
    await RaftNode.start({
      ...base,
      clusterId: identity.clusterId,
      nodeId: identity.nodeId,
      address,
      begin: await beginOf(start, storage, record.managers, { ...askToJoin, lockAsOthers }),
      storage,
      transport,
      stateMachine: machine,
      snapshotSettings: () => snapshotSettingsOf(machine.view()),
    }),
  );
  void raft.ended.then((error) => {
    if (error !== null) deps.onFatal(toFatal(error));
  });
  const ready = starting.use(
    createManagerParts({ ...deps, active, raft, machine, log, first: start.kind === "bootstrap" ? start : null }),
  );
  parts = ready;
  starting.use(ready.onStanding(() => server.reassess()));
  await ready.founded;
  starting.use(rehearseLater(deps.onFatal));
  const resources = starting.move();
  return {
    control: ready.control,
    logs: ready.logs,
    hosts: ready.hosts,
    status: () => raft.status(),
    electorate: () => raft.electorate(),
    counts: () => ready.counts(),
    cluster: () => ready.cluster(),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** Makes the member of this directory the only one of its group; its manager does not run. */
export async function recoverManager(
  record: NodeRecord,
  dataDir: string,
  lock: KeyLock,
  log: Logger,
): Promise<Recovery> {
  const base = { clock: systemClock, random: systemRandom, log };
  await using storage = await LevelRaftStorage.open(join(dataDir, "raft"), { ...base, keys: lock });
  return await recoverStorage(storage, { nodeId: record.nodeId, address: record.advertiseAddress });
}

/** In parallel with everything else, once the work of starting is over. */
function rehearseLater(onFatal: (error: unknown) => void): Disposable {
  const over = new AbortController();
  const { signal } = over;
  const run = async (): Promise<void> => {
    await sleep(systemClock, REHEARSAL_AFTER_MS, "raft rehearsal", signal);
    await rehearse({ clock: systemClock, random: systemRandom, signal });
  };
  run().catch((error: unknown) => {
    if (!signal.aborted) onFatal(error);
  });
  return { [Symbol.dispose]: () => over.abort() };
}

/** A joiner asks for a membership only if it has none on disk: asking again would cost it the old one. */
async function beginOf(
  start: ManagerStart,
  storage: LevelRaftStorage,
  managers: readonly string[],
  { lockAsOthers, ...ask }: Omit<JoinOptions, "remote"> & { readonly lockAsOthers: () => Promise<void> },
): Promise<Begin> {
  if (start.kind === "bootstrap") return { kind: "bootstrap" };
  try {
    const { identity } = await storage.load();
    if (identity !== null) return { kind: "resume" };
    await lockAsOthers();
    const { raftId, era } = await joinThroughAny(managers, ask);
    return { kind: "join", raftId, era };
  } catch (error) {
    await storage[Symbol.asyncDispose]();
    throw error;
  }
}

async function joinThroughAny(
  managers: readonly string[],
  ask: Omit<JoinOptions, "remote">,
): ReturnType<typeof joinGroup> {
  let last: unknown = new SwarmError("failedPrecondition", "no manager is known to join through");
  for (const remote of managers.filter((manager) => manager !== ask.address)) {
    try {
      return await joinGroup({ ...ask, remote });
    } catch (error) {
      ask.signal?.throwIfAborted();
      last = error;
    }
  }
  throw last;
}
