import type { Message, MessageOf } from "../../../raft/core/message.ts";
import { type RaftId, type RaftMember, toRaftId, toTerm } from "../../../raft/ids.ts";
import { type Claim, type Refusal, saysOut, whyRefused } from "../../../raft/transport/admission.ts";
import { PeerAddresses } from "../../../raft/transport/peer-addresses.ts";
import type { RaftTransport, TransportReceiver, TransportSelf } from "../../../raft/transport/raft-transport.ts";
import { fromSnapshotMeta, toSnapshotMeta } from "../../../raft/wire/entry-codec.ts";
import { decodeFrame, encodeFrame } from "../../../raft/wire/frame-codec.ts";
import type { FramedMessage } from "../../../raft/wire/message-codec.ts";
import { codecs } from "../../../shared/rpc/schema.ts";
import type { NetworkEnd, SnapshotParcel } from "./network-end.ts";
import type { SimNetwork } from "./sim-network.ts";
import type { SimProcess } from "./sim-process.ts";

const HELLO_MS = 2_000;
/** Nobody makes the group anew here; test/sim/recovery does. */
const ERA = 0;

/** What looks on. */
export interface TransportWatch {
  onSend(message: Message): void;
  onDeliver(message: Message): void;
}

/** One process' end of the network: production's frames and production's rules of who is refused. */
export class SimTransport implements RaftTransport, NetworkEnd {
  readonly process: SimProcess;
  readonly address: string;
  readonly #clusterId: string;
  readonly #network: SimNetwork;
  readonly #watch: TransportWatch;
  #self: RaftId | null = null;
  #receiver: TransportReceiver | null = null;
  readonly #addresses = new PeerAddresses();
  /** How often each peer was not found: it is looked for where else it may be. */
  readonly #failures = new Map<RaftId, number>();
  #isClosed = false;

  constructor(process: SimProcess, address: string, clusterId: string, network: SimNetwork, watch: TransportWatch) {
    this.process = process;
    this.address = address;
    this.#clusterId = clusterId;
    this.#network = network;
    this.#watch = watch;
  }

  get isServing(): boolean {
    return this.#receiver !== null && !this.#isClosed && !this.process.isDead;
  }

  get self(): RaftId | null {
    return this.#self;
  }

  start({ raftId }: TransportSelf, receiver: TransportReceiver): void {
    this.#self = raftId;
    this.#receiver = receiver;
    this.#network.onServing(this);
    this.process.after(HELLO_MS, () => this.#sayHello());
  }

  setMembers(members: readonly RaftMember[], removed: readonly RaftId[]): void {
    if (this.process.isDead) return;
    const known = this.#addresses.removed;
    const fresh = removed.filter((id) => id !== this.#self && !known.has(id));
    const farewells = fresh.map((id) => [id, this.#addresses.addressOf(id)] as const);
    this.#addresses.setMembers(members, removed);
    for (const [id, address] of farewells) if (address !== null) this.#sayFarewell(id, address);
  }

  addressOf(id: RaftId): string | null {
    return this.#addresses.addressOf(id);
  }

  send(messages: readonly Message[]): void {
    if (!this.isServing) return;
    const framed = new Map<RaftId, FramedMessage[]>();
    for (const message of messages) {
      if (this.process.dies("send")) return;
      this.#watch.onSend(message);
      if (message.kind === "installSnapshot") {
        this.#sendSnapshot(message);
        continue;
      }
      const list = framed.get(message.to);
      if (list === undefined) framed.set(message.to, [message]);
      else list.push(message);
    }
    for (const [peer, list] of framed) this.#sendFrame(peer, list);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.isDead) return;
    this.#isClosed = true;
    this.#network.onGone(this);
  }

  takeFrame(bytes: Uint8Array, nodeId: string): Refusal | null {
    const receiver = this.#receiver;
    if (receiver === null || !this.isServing) return null;
    if (this.process.dies("frame")) return null;
    const frame = decodeFrame(bytes);
    const refusal = this.#whyRefused(frame, nodeId);
    if (refusal !== null) return refusal;
    if (frame.removed) {
      receiver.onRemoved();
      return null;
    }
    const from = toRaftId(frame.from);
    this.#addresses.learn(from, frame.address);
    this.#addresses.hear(from, frame.members);
    for (const message of frame.messages) this.#watch.onDeliver(message);
    void receiver.onMessages(frame.messages);
    return null;
  }

  takeSnapshot(parcel: SnapshotParcel, nodeId: string): boolean {
    const receiver = this.#receiver;
    if (receiver === null || !this.isServing || this.#whyRefused(parcel, nodeId) !== null) return false;
    if (this.process.dies("snapshot")) return false;
    const from = toRaftId(parcel.from);
    this.#addresses.learn(from, parcel.address);
    const snapshot = { meta: toSnapshotMeta(codecs.snapshotMeta.decode(Buffer.from(parcel.meta))), data: parcel.data };
    const envelope = { from, to: toRaftId(parcel.to), term: toTerm(parcel.term) };
    const message: Message = { kind: "installSnapshot", ...envelope, snapshot };
    this.#watch.onDeliver(message);
    void receiver.onMessages([message]);
    return true;
  }

  onRefused(refusal: Refusal): void {
    if (this.isServing && saysOut(refusal)) this.#receiver?.onRemoved();
  }

  onUnreachable(peer: RaftId): void {
    this.#failures.set(peer, (this.#failures.get(peer) ?? 0) + 1);
    if (this.isServing) this.#receiver?.onUnreachable(peer);
  }

  onConnectionClosed(peer: RaftId): void {
    if (this.isServing) this.#receiver?.onConnectionClosed(peer);
  }

  /** In production a way is opened at once, and again when it broke, and its first frame says who is there. */
  #sayHello(): void {
    if (!this.isServing) return;
    for (const id of this.#addresses.members.keys()) if (id !== this.#self) this.#sendFrame(id, []);
    this.process.after(HELLO_MS, () => this.#sayHello());
  }

  #sendFrame(peer: RaftId, messages: readonly FramedMessage[]): void {
    const candidates = this.#addresses.candidates(peer);
    const address = candidates[(this.#failures.get(peer) ?? 0) % candidates.length];
    if (address === undefined) {
      this.#receiver?.onUnreachable(peer);
      return;
    }
    this.#network.sendFrame(this, peer, address, encodeFrame(this.#frame(peer, messages, false)));
  }

  #sayFarewell(peer: RaftId, address: string): void {
    this.#network.sendFarewell(this, peer, address, encodeFrame(this.#frame(peer, [], true)));
  }

  #frame(peer: RaftId, messages: readonly FramedMessage[], removed: boolean) {
    const ends = { from: this.#mySelf(), to: peer, clusterId: this.#clusterId, era: ERA };
    // With each hello, as on each new stream.
    const members = messages.length === 0 ? this.#addresses.told : [];
    return { ...ends, address: this.address, removed, members, messages };
  }

  #sendSnapshot({ to, term, snapshot }: MessageOf<"installSnapshot">): void {
    const report = (ok: boolean): void => {
      if (this.isServing) this.#receiver?.onSnapshotReport(to, ok);
    };
    const address = this.#addresses.addressOf(to);
    if (address === null) {
      this.process.after(0, () => report(false));
      return;
    }
    const meta = codecs.snapshotMeta.encode(fromSnapshotMeta(snapshot.meta));
    const ends = { from: this.#mySelf(), to, clusterId: this.#clusterId, era: ERA };
    const claim = { ...ends, address: this.address };
    this.#network.sendSnapshot(this, address, { ...claim, term, meta, data: Uint8Array.from(snapshot.data) }, report);
  }

  #whyRefused(claim: Claim, nodeId: string): Refusal | null {
    const { members, removed } = this.#addresses;
    const knowledge = { self: this.#mySelf(), clusterId: this.#clusterId, era: ERA, members, removed };
    return whyRefused(claim, nodeId, knowledge);
  }

  #mySelf(): RaftId {
    if (this.#self === null) throw new Error("a transport that was not started");
    return this.#self;
  }
}
