import { toRaftId } from "../../../raft/ids.ts";
import type { Recovery } from "../../../raft/node/recovery.ts";
import { DATA_KEY_FILE } from "../../../raft/storage/data-keys.ts";
import { EMPTY_BATCH } from "../../../raft/storage/raft-storage.ts";
import { silentLogger } from "../../../shared/log.ts";
import { KeyLock } from "../../../shared/pki/key-lock.ts";
import { KeyStore, SECRET_NODE_FILES } from "../../../shared/pki/key-store.ts";
import { systemCrypto } from "../../../shared/pki/ports/crypto-engine.ts";
import type { Clock } from "../../../shared/ports/clock.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import { systemClock } from "../../../shared/ports/system-clock.ts";
import type { InterfaceAddress } from "../../../swarmd/advertise.ts";
import type { DaemonOptions } from "../../../swarmd/daemon-options.ts";
import { NodeLife } from "../../../swarmd/node-life.ts";
import type { NodeRecord } from "../../../swarmd/node-record.ts";
import type { ManagerRuntime, ManagerStart, RuntimeFactory, WorkerEvents } from "../../../swarmd/runtimes.ts";
import { DEFAULT_RULES } from "../../../worker/images/removal.ts";
import { MemoryKeyFiles } from "../../support/level-storage.ts";

const OPTIONS: DaemonOptions = {
  dataDir: "/nowhere",
  runDir: "/nowhere",
  ...{ socketPath: "/nowhere/socket", dockerApi: { addresses: [], certificates: null } },
  listenAddress: "0.0.0.0:2377",
  advertiseAddress: "",
  dataPathAddress: "",
  dataPathPort: 4789,
  registriesConf: "",
  ...{ ociRuntime: "crun", ociRuntimes: new Map() },
  initPath: "",
  hostname: "host1",
  unlockKeyFile: "",
  logLevel: "error",
  engineLabels: {},
  ...{ genericResources: [], noNewPrivileges: false, imageCollection: DEFAULT_RULES },
};

const SECRETS = [...SECRET_NODE_FILES, DATA_KEY_FILE];

/** What a node's parts are made of here: words in `calls`, and failures that a test asks for. */
class FakeRuntimes implements RuntimeFactory {
  readonly calls: string[] = [];
  failManager: Error | null = null;
  failWorker: Error | null = null;
  failLeave: Error | null = null;
  failWipe: Error | null = null;
  failRecovery: Error | null = null;
  /** Who votes, by Raft's numbers; this host is the first. */
  managers: readonly number[] = [1];
  heard: readonly number[] = [1];
  leader: number | null = 1;
  era = 0;
  isLearner = false;
  left: readonly string[] = [];
  failClear: Error | null = null;
  /** What stopping the worker takes. */
  stopWorker: () => Promise<void> = async () => {};
  events: WorkerEvents | null = null;

  async startManager(_active: unknown, start: ManagerStart): Promise<ManagerRuntime> {
    this.calls.push(`manager ${start.kind}`);
    if (this.failManager !== null) throw this.failManager;
    const memberOf = (raftId: number) => ({ raftId, nodeId: `n${raftId}`, address: `10.1.0.${raftId}:2377` });
    return {
      status: () => ({
        ...{ raftId: 1, members: this.managers.map(memberOf), reachable: new Set([1]), leader: this.leader },
        role: this.leader === 1 ? "leader" : "follower",
      }),
      electorate: () => ({ voters: new Set(this.managers), heard: new Set(this.heard) }),
      counts: () => ({ nodes: 1, managers: 1 }),
      cluster: () => (this.era === 0 ? null : { era: this.era }),
      [Symbol.asyncDispose]: async () => void this.calls.push("manager stopped"),
    } as unknown as ManagerRuntime;
  }
  async startWorker(_active: unknown, events: WorkerEvents): ReturnType<RuntimeFactory["startWorker"]> {
    this.calls.push("worker");
    if (this.failWorker !== null) throw this.failWorker;
    this.events = events;
    return {
      registered: async () => {},
      ...{ engine: {} as never, sight: () => null },
      examine: () => Promise.reject(new Error("not in this test")),
      stop: async () => {
        await this.stopWorker();
        this.calls.push("worker stopped");
      },
      leave: async () => {
        this.calls.push("worker left");
        if (this.failLeave !== null) throw this.failLeave;
        return this.left;
      },
    };
  }
  async recallTasks(): Promise<void> {
    this.calls.push("tasks recalled");
  }
  async clearWorker(): Promise<readonly string[]> {
    this.calls.push("worker cleared");
    if (this.failClear === null) return this.left;
    throw this.failClear;
  }
  async standAlone(): Promise<void> {}
  async recoverManager(record: NodeRecord): Promise<Recovery> {
    this.calls.push(`recovered at ${record.advertiseAddress}`);
    if (this.failRecovery !== null) throw this.failRecovery;
    const identity = { clusterId: record.clusterId, raftId: toRaftId(1), era: 1 };
    this.managers = [this.managers[0] as number];
    this.era = 1;
    this.leader = 1;
    const removed = [{ raftId: toRaftId(2), nodeId: "n2", address: "10.1.0.2:2377" }];
    return { identity, batch: EMPTY_BATCH, removed, wasLearner: this.isLearner };
  }
  async wipeManager(): Promise<void> {
    this.calls.push("wipe");
    if (this.failWipe !== null) throw this.failWipe;
  }
}

/** A node's life over keys and a record in memory; `make` is the next start of its daemon. */
export async function setUp(
  clock: Clock = systemClock,
  readUnlockKey: () => Promise<string | null> = async () => null,
) {
  const runtimes = new FakeRuntimes();
  const keyFiles = new MemoryKeyFiles();
  const saved: { record: NodeRecord | null } = { record: null };
  const host: { addresses: readonly InterfaceAddress[] } = { addresses: [] };
  const fatal: unknown[] = [];
  const make = async (): Promise<NodeLife> => {
    const lock = await KeyLock.open(keyFiles, SECRETS, seededRandom(1));
    return new NodeLife({
      options: OPTIONS,
      records: {
        load: async () => saved.record,
        save: async (record) => {
          saved.record = record;
        },
        forget: async () => void Object.assign(saved, { record: null }),
      },
      keys: new KeyStore(lock),
      ...{ lock, readUnlockKey },
      runtimes,
      interfaces: () => host.addresses,
      routes: () => [],
      engine: systemCrypto,
      clock,
      random: seededRandom(1),
      log: silentLogger,
      onFatal: (error) => fatal.push(error),
    });
  };
  return { runtimes, keyFiles, saved, host, fatal, make, life: await make() };
}
