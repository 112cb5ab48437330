/** Managers with the real Raft node and the real store, on a network, disks and clock in memory. */
import { RaftStore } from "../../../manager/store/raft-store.ts";
import { snapshotSettingsOf } from "../../../manager/store/snapshot-settings.ts";
import { StoreMachine } from "../../../manager/store/store-machine.ts";
import type { Message } from "../../../raft/core/message.ts";
import type { RaftId } from "../../../raft/ids.ts";
import type { Begin } from "../../../raft/node/node-options.ts";
import { RaftNode } from "../../../raft/raft-node.ts";
import type { RaftTransport, TransportReceiver } from "../../../raft/transport/raft-transport.ts";
import { silentLogger } from "../../../shared/log.ts";
import type { Random } from "../../../shared/ports/random.ts";
import { MemoryRaftStorage } from "../../support/memory-storage.ts";
import { testId } from "../../support/objects.ts";
import type { VirtualClock } from "../../support/virtual-clock.ts";

/** A message takes 1 to this many milliseconds, so that some overtake others. */
const DELAY_MS_MAX = 6;
/** Without a cluster object snapshots are taken often, so that whoever was cut off for a while gets one. */
const FREQUENT = { interval: 40, keepEntries: 10 };

export interface Manager {
  readonly name: string;
  readonly node: RaftNode;
  readonly machine: StoreMachine;
  readonly store: RaftStore;
  readonly storage: MemoryRaftStorage;
  leading: boolean;
}

export class Managers implements AsyncDisposable {
  readonly all: Manager[] = [];
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #receivers = new Map<RaftId, TransportReceiver>();
  readonly #cut = new Set<RaftId>();

  constructor(clock: VirtualClock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  async start(name: string): Promise<Manager> {
    const address = `${name}:2377`;
    const machine = new StoreMachine({ freeze: true });
    const storage = new MemoryRaftStorage();
    const node = await RaftNode.start({
      clusterId: testId("c1"),
      nodeId: testId(name),
      address,
      begin: await this.#begin(name, address),
      storage,
      transport: this.#createTransport(),
      stateMachine: machine,
      clock: this.#clock,
      random: this.#random.fork(name),
      log: silentLogger,
      snapshotSettings: () =>
        machine.view().all("cluster").length === 0 ? FREQUENT : snapshotSettingsOf(machine.view()),
    });
    const store = new RaftStore({ machine, raft: node, clock: this.#clock, log: silentLogger, freeze: true });
    const manager: Manager = { name, node, machine, store, storage, leading: false };
    node.onLeadership((state) => {
      manager.leading = state === "leading";
    });
    this.all.push(manager);
    return manager;
  }

  leader(): Manager | undefined {
    return this.all.find(({ leading, node }) => leading && !this.#cut.has(node.raftId));
  }

  /** Nothing reaches it and nothing leaves it. */
  cut({ node }: Manager): void {
    this.#cut.add(node.raftId);
  }

  heal(): void {
    this.#cut.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { node } of this.all) this.#cut.add(node.raftId);
    const stopped = Promise.all(this.all.map(({ node }) => node.stop()));
    let over = false;
    void stopped.then(() => {
      over = true;
    });
    await this.#clock.until("all managers have stopped", () => over);
  }

  async #begin(name: string, address: string): Promise<Begin> {
    if (this.all.length === 0) return { kind: "bootstrap" };
    await this.#clock.until("someone can admit a manager", () => this.leader() !== undefined);
    const admission = this.leader()?.node.admitMember({ nodeId: testId(name), address });
    let raftId: RaftId | null = null;
    void admission?.then((admitted) => {
      raftId = admitted.raftId;
    });
    await this.#clock.until(`${name} is admitted`, () => raftId !== null);
    return { kind: "join", raftId: raftId as unknown as RaftId, era: 0 };
  }

  #createTransport(): RaftTransport {
    let self: RaftId | null = null;
    return {
      start: ({ raftId: id }, receiver) => {
        self = id;
        this.#receivers.set(id, receiver);
      },
      setMembers() {},
      addressOf: () => null,
      send: (messages) => {
        for (const message of messages) this.#carry(message);
      },
      [Symbol.asyncDispose]: async () => {
        if (self !== null) this.#receivers.delete(self);
      },
    };
  }

  #carry(message: Message): void {
    const delayMs = 1 + this.#random.below(DELAY_MS_MAX);
    this.#clock.schedule(delayMs, `${message.from}->${message.to} ${message.kind}`, () => {
      const receiver = this.#receivers.get(message.to);
      const lost = receiver === undefined || this.#cut.has(message.from) || this.#cut.has(message.to);
      const sender = this.#receivers.get(message.from);
      if (message.kind === "installSnapshot") sender?.onSnapshotReport(message.to, !lost);
      if (lost) sender?.onUnreachable(message.to);
      else void receiver.onMessages([message]);
    });
  }
}
