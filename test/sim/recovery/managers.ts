/** Managers with the real Raft node and production's rules of who is heard, on a network, disks and clock in memory. */
import type { Message } from "../../../raft/core/message.ts";
import { type RaftId, type RaftMember, toRaftId } from "../../../raft/ids.ts";
import type { Begin } from "../../../raft/node/node-options.ts";
import { recoverStorage } from "../../../raft/node/recovery.ts";
import type { StateMachine } from "../../../raft/raft-handle.ts";
import { RaftNode } from "../../../raft/raft-node.ts";
import { type Claim, saysOut, whyRefused } from "../../../raft/transport/admission.ts";
import { PeerAddresses } from "../../../raft/transport/peer-addresses.ts";
import type { RaftTransport, TransportReceiver, TransportSelf } from "../../../raft/transport/raft-transport.ts";
import { silentLogger } from "../../../shared/log.ts";
import type { Random } from "../../../shared/ports/random.ts";
import { MemoryRaftStorage } from "../../support/memory-storage.ts";
import type { VirtualClock } from "../../support/virtual-clock.ts";

/** A message takes 1 to this many milliseconds, so that some overtake others. */
const DELAY_MS_MAX = 6;
/** In production a stream is opened at once, and again when it broke, and its first frame says who is there. */
const HELLO_MS = 400;
/** Snapshots are taken often, so that whoever lags gets one and a log that is made anew begins anywhere. */
const SNAPSHOTS = { interval: 30, keepEntries: 8 };

/** Remembers every entry as text; its snapshot is all of them. */
class Texts implements StateMachine {
  texts: string[] = [];
  apply(_index: unknown, data: Uint8Array): void {
    this.texts.push(new TextDecoder().decode(data));
  }
  snapshot(): Iterable<Uint8Array> {
    return [new TextEncoder().encode(JSON.stringify(this.texts))];
  }
  *restore(_index: unknown, data: Uint8Array): Generator<void> {
    this.texts = JSON.parse(new TextDecoder().decode(data)) as string[];
    yield;
  }
}

/** A machine with its disk; `node` is null while it is off. */
export interface Host {
  readonly name: string;
  readonly address: string;
  readonly storage: MemoryRaftStorage;
  machine: Texts;
  node: RaftNode | null;
  state: "leading" | "following" | "removed";
}

interface End {
  readonly host: Host;
  readonly self: TransportSelf;
  readonly receiver: TransportReceiver;
  readonly addresses: PeerAddresses;
}

export class Managers implements AsyncDisposable {
  readonly hosts = new Map<string, Host>();
  readonly #clock: VirtualClock;
  readonly #random: Random;
  /** Who listens, by address. */
  readonly #ends = new Map<string, End>();
  /** Whether two hosts reach each other. */
  mayTalk: (a: string, b: string) => boolean = () => true;

  constructor(clock: VirtualClock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Founds the group, or joins it through the leader among `through`. */
  async join(name: string, through: readonly string[]): Promise<Host> {
    const address = `${name}:2377`;
    const host: Host = {
      ...{ name, address, storage: new MemoryRaftStorage() },
      ...{ machine: new Texts(), node: null, state: "following" as const },
    };
    this.hosts.set(name, host);
    await this.#start(host, through.length === 0 ? { kind: "bootstrap" } : await this.#admitted(host, through));
    const voters = through.length + 1;
    await this.#clock.until(
      `${name} votes`,
      () => this.leader([...through, name])?.node?.electorate().voters.size === voters,
    );
    return host;
  }

  async #admitted(host: Host, through: readonly string[]): Promise<Begin> {
    let begin: Begin | null = null;
    const ask = (): void => {
      const admission = this.leader(through)?.node?.admitMember({ nodeId: host.name, address: host.address });
      admission?.then(
        ({ raftId, era }) => {
          begin = { kind: "join", raftId, era };
        },
        () => this.#clock.schedule(100, "ask again", ask),
      );
      if (admission === undefined) this.#clock.schedule(100, "ask again", ask);
    };
    ask();
    await this.#clock.until(`${host.name} is admitted`, () => begin !== null);
    return begin as unknown as Begin;
  }

  boot(name: string): Promise<void> {
    return this.#start(this.must(name), { kind: "resume" });
  }

  /** Without a word to anyone. */
  async powerOff(...names: string[]): Promise<void> {
    for (const name of names) {
      const { node, address } = this.must(name);
      this.#ends.delete(address);
      this.must(name).node = null;
      await this.#over(node?.stop());
    }
  }

  /** What `init --force-new-cluster` does to a manager's log, between two lives of it. */
  async recover(name: string): Promise<readonly RaftMember[]> {
    const host = this.must(name);
    await this.powerOff(name);
    const { removed } = await recoverStorage(host.storage, { nodeId: name, address: host.address });
    await this.boot(name);
    return removed;
  }

  leader(names: readonly string[]): Host | undefined {
    return names.map((name) => this.must(name)).find(({ state, node }) => node !== null && state === "leading");
  }

  must(name: string): Host {
    const host = this.hosts.get(name);
    if (host === undefined) throw new Error(`no host ${name}`);
    return host;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.powerOff(...this.hosts.keys());
  }

  async #over(stopped: Promise<void> | undefined): Promise<void> {
    let isOver = false;
    void Promise.resolve(stopped).then(() => {
      isOver = true;
    });
    await this.#clock.until("a manager has stopped", () => isOver);
  }

  async #start(host: Host, begin: Begin): Promise<void> {
    host.machine = new Texts();
    host.state = "following";
    const node = await RaftNode.start({
      ...{ clusterId: "c", nodeId: host.name, address: host.address, begin, storage: host.storage },
      transport: this.#transportOf(host),
      stateMachine: host.machine,
      clock: this.#clock,
      random: this.#random.fork(`${host.name}${this.#clock.now()}`),
      log: silentLogger,
      snapshotSettings: () => SNAPSHOTS,
    });
    host.node = node;
    node.onLeadership((state) => {
      if (host.node === node) host.state = state;
    });
  }

  #transportOf(host: Host): RaftTransport {
    const addresses = new PeerAddresses();
    let end: End | null = null;
    const hello = (): void => {
      if (end === null || this.#ends.get(host.address) !== end) return;
      for (const id of addresses.members.keys()) if (id !== end.self.raftId) this.#carry(end, id, []);
      this.#clock.schedule(HELLO_MS, `${host.name} hello`, hello);
    };
    return {
      start: (self, receiver) => {
        end = { host, self, receiver, addresses };
        this.#ends.set(host.address, end);
        this.#clock.schedule(0, `${host.name} hello`, hello);
      },
      setMembers: (members, removed) => addresses.setMembers(members, removed),
      addressOf: (id) => addresses.addressOf(id),
      send: (messages) => {
        for (const message of messages) if (end !== null) this.#carry(end, message.to, [message]);
      },
      [Symbol.asyncDispose]: async () => {
        if (this.#ends.get(host.address) === end) this.#ends.delete(host.address);
      },
    };
  }

  #carry(from: End, to: RaftId, messages: readonly Message[]): void {
    const address = from.addresses.addressOf(to);
    const claim: Claim = { from: from.self.raftId, to, clusterId: "c", era: from.self.era };
    this.#clock.schedule(1 + this.#random.below(DELAY_MS_MAX), `${from.host.name}->${to}`, () => {
      if (this.#ends.get(from.host.address) !== from) return;
      const there = address === null ? undefined : this.#ends.get(address);
      const isThere = there !== undefined && this.mayTalk(from.host.name, there.host.name);
      const arrived = isThere && this.#deliver(claim, from, there, messages);
      for (const { kind } of messages) if (kind === "installSnapshot") from.receiver.onSnapshotReport(to, arrived);
      if (!isThere) from.receiver.onUnreachable(to);
    });
  }

  /** By production's rules. */
  #deliver(claim: Claim, from: End, { self, receiver, addresses }: End, messages: readonly Message[]): boolean {
    const { members, removed } = addresses;
    const knowledge = { self: self.raftId, era: self.era, clusterId: "c", members, removed };
    const refusal = whyRefused(claim, from.host.name, knowledge);
    if (refusal !== null) {
      if (saysOut(refusal)) from.receiver.onRemoved();
      if (refusal === "BEHIND") receiver.onRemoved();
      return false;
    }
    addresses.learn(toRaftId(claim.from), from.host.address);
    void receiver.onMessages(messages);
    return true;
  }
}
