/** One manager over a given storage: writes the history that the golden directories hold, or reads it back. */
import { RaftStore } from "../../manager/store/raft-store.ts";
import { StoreMachine } from "../../manager/store/store-machine.ts";
import type { Begin } from "../../raft/node/node-options.ts";
import { RaftNode } from "../../raft/raft-node.ts";
import type { RaftStorage } from "../../raft/storage/raft-storage.ts";
import type { RaftTransport } from "../../raft/transport/raft-transport.ts";
import { silentLogger } from "../../shared/log.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { systemRandom } from "../../shared/ports/system-random.ts";
import { createService, createTask, testId } from "./objects.ts";

const NO_PEERS: RaftTransport = {
  start() {},
  setMembers() {},
  addressOf: () => null,
  send() {},
  async [Symbol.asyncDispose]() {},
};

export const GOLDEN_CLUSTER = testId<string>("golden");
/** Small, so that the directories hold a snapshot and entries behind it. */
const SNAPSHOT_INTERVAL = 20;
const KEEP_ENTRIES = 5;

export class LoneManager implements AsyncDisposable {
  readonly node: RaftNode;
  readonly store: RaftStore;

  private constructor(node: RaftNode, store: RaftStore) {
    this.node = node;
    this.store = store;
  }

  /** Resolves when it leads and has applied everything. Owns `storage`. */
  static async start(storage: RaftStorage, begin: Begin["kind"] & ("bootstrap" | "resume")): Promise<LoneManager> {
    const machine = new StoreMachine({ freeze: true });
    const raft = await RaftNode.start({
      clusterId: GOLDEN_CLUSTER,
      nodeId: testId("m1"),
      address: "127.0.0.1:2377",
      begin: { kind: begin },
      storage,
      transport: NO_PEERS,
      stateMachine: machine,
      clock: systemClock,
      random: systemRandom,
      log: silentLogger,
      snapshotSettings: () => ({ interval: SNAPSHOT_INTERVAL, keepEntries: KEEP_ENTRIES }),
    });
    const leading = new Promise<void>((resolve) => {
      raft.onLeadership((state) => {
        if (state === "leading") resolve();
      });
    });
    const store = new RaftStore({ machine, raft, clock: systemClock, log: silentLogger, freeze: true });
    const failed = raft.ended.then((error) => {
      throw error ?? new Error("it ended before it led");
    });
    await Promise.race([leading, failed]);
    return new LoneManager(raft, store);
  }

  /** Forty changes: ten services come, their tasks come and change, some go. */
  async writeHistory(): Promise<void> {
    for (let at = 0; at < 10; at++) {
      const service = createService(`s${at}`);
      const task = createTask(`t${at}`, service);
      await this.store.update("service", (tx) => tx.create("service", service));
      await this.store.update("task", (tx) => tx.create("task", task));
      await this.store.update("slot", (tx) => tx.update("task", { ...task, slot: at + 1 }));
      await this.store.update("gone", (tx) => {
        if (at % 3 === 0) tx.remove("task", task.id);
        else tx.update("task", { ...task, slot: at + 2 });
      });
    }
  }

  /** What the history left: every object in a line. */
  objects(): readonly string[] {
    const view = this.store.view();
    const services = view.all("service").map(({ id, meta }) => `service ${id} version ${meta.version}`);
    const tasks = view.all("task").map(({ id, meta, slot }) => `task ${id} version ${meta.version} slot ${slot}`);
    return [...services, ...tasks];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.store[Symbol.dispose]();
    await this.node.stop();
  }
}
