import { messageOf, SwarmError } from "../../shared/errors.ts";
import { invariant, mustHave } from "../../shared/invariant.ts";
import { type Logger, levelOfFailure } from "../../shared/log.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import { requireNode } from "../../shared/rpc/authorize.ts";
import type {
  RaftFrameAck,
  SnapshotChunk,
  SnapshotInstalled,
  SnapshotProgressRequest,
  SnapshotProgressResponse,
} from "../../shared/rpc/gen/raft.ts";
import { bidi, type CallContext, clientStream, type Send, unary } from "../../shared/rpc/handler.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { Message, MessageOf } from "../core/message.ts";
import { type RaftId, type RaftMember, toRaftId } from "../ids.ts";
import { decodeFrame, type Frame } from "../wire/frame-codec.ts";
import type { FramedMessage } from "../wire/message-codec.ts";
import { type Claim, describeRefusal, type Refusal, saysOut, whyRefused } from "./admission.ts";
import { PeerAddresses } from "./peer-addresses.ts";
import { type ConnectRaft, PeerLink, type Sender } from "./peer-link.ts";
import type { RaftTransport, TransportReceiver, TransportSelf } from "./raft-transport.ts";
import { SnapshotReceiver } from "./snapshot-receiver.ts";
import { sendSnapshot } from "./snapshot-sender.ts";

export interface GrpcTransportOptions {
  readonly clusterId: string;
  /** HOST:PORT where this manager listens, as others reach it. */
  readonly address: string;
  readonly connect: ConnectRaft;
  /** The node id behind a call. @throws SwarmError when it is no manager. Default: by its certificate. */
  readonly identify?: (context: CallContext) => string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Raft between managers over gRPC: a stream of frames for each peer and direction, and one for each snapshot. */
export class GrpcRaftTransport implements RaftTransport {
  /** The server's side; may be served before `start`, and then refuses as unavailable. */
  readonly handlers = {
    messages: bidi<Buffer, Sendable<RaftFrameAck>>((frames, context, send) => this.#onStream(frames, context, send)),
    installSnapshot: clientStream<SnapshotChunk, Sendable<SnapshotInstalled>>((chunks, context) =>
      this.#onSnapshot(chunks, context),
    ),
    snapshotProgress: unary<SnapshotProgressRequest, Sendable<SnapshotProgressResponse>>(async (request, context) => {
      this.#mustReceive();
      this.#admit(request, this.#identify(context));
      return { receivedBytes: this.#snapshots.receivedBytes(request) };
    }),
  };

  readonly #options: GrpcTransportOptions;
  readonly #snapshots: SnapshotReceiver;
  readonly #links = new Map<RaftId, PeerLink>();
  /** Streams that are open to this member, by who opened them. */
  readonly #incoming = new Map<Send<Sendable<RaftFrameAck>>, RaftId>();
  readonly #abort = new AbortController();
  /** Links that are closing and snapshots that are being sent. */
  readonly #busy = new Set<Promise<void>>();
  #self: TransportSelf | null = null;
  #receiver: TransportReceiver | null = null;
  readonly #addresses = new PeerAddresses();

  constructor(options: GrpcTransportOptions) {
    this.#options = options;
    this.#snapshots = new SnapshotReceiver(options.clock);
  }

  start(self: TransportSelf, receiver: TransportReceiver): void {
    invariant(this.#receiver === null, "a transport serves one node");
    this.#self = self;
    this.#receiver = receiver;
  }

  setMembers(members: readonly RaftMember[], removed: readonly RaftId[]): void {
    const before = new Map([...this.#links.keys()].map((id) => [id, this.#addresses.addressOf(id)]));
    this.#addresses.setMembers(members, removed);
    for (const [id, link] of this.#links) {
      const address = this.#addresses.addressOf(id);
      if (this.#addresses.removed.has(id)) this.#dropLink(id, (gone) => gone.sayRemoved());
      else if (address !== before.get(id) && address !== link.address) this.#dropLink(id);
    }
    // No one sends to a removed member any more, and it sends nothing itself: it may have no other way to learn of its
    // removal.
    for (const [send, id] of this.#incoming) {
      if (!this.#addresses.removed.has(id)) continue;
      this.#incoming.delete(send);
      send({ refusal: "REMOVED" }).catch(() => {});
    }
    if (this.#abort.signal.aborted) return;
    for (const id of this.#addresses.members.keys()) if (id !== this.#self?.raftId) this.#linkTo(id);
    this.#tellOthers();
  }

  addressOf(id: RaftId): string | null {
    return this.#addresses.addressOf(id);
  }

  send(messages: readonly Message[]): void {
    if (this.#abort.signal.aborted) return;
    for (const message of messages) {
      if (message.kind === "installSnapshot") this.#track(this.#sendSnapshot(message));
      else this.#sendFramed(message);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    this.#snapshots[Symbol.dispose]();
    for (const id of [...this.#links.keys()]) this.#dropLink(id);
    await Promise.all(this.#busy);
  }

  #sendFramed(message: FramedMessage): void {
    const link = this.#linkTo(message.to);
    if (link === null) this.#receiver?.onUnreachable(message.to);
    else link.send(message);
  }

  /** Whatever happens, the node is told: without a report the peer would wait for ever. */
  async #sendSnapshot(message: MessageOf<"installSnapshot">): Promise<void> {
    const { log } = this.#options;
    const peer = message.to;
    const address = this.#addresses.addressOf(peer);
    const { index } = message.snapshot.meta;
    const bytes = message.snapshot.data.length;
    try {
      if (address === null) throw new SwarmError("unavailable", `the address of member ${peer} is not known`);
      await using client = this.#options.connect(address);
      await sendSnapshot(client, this.#sender(), message, this.#abort.signal);
      log.info("raft: a snapshot was sent", { peer, index, bytes });
      this.#receiver?.onSnapshotReport(peer, true);
    } catch (error) {
      log.warn(`raft: a snapshot was not sent: ${messageOf(error)}`, { peer, index, bytes });
      this.#receiver?.onSnapshotReport(peer, false);
    }
  }

  async #onStream(
    frames: AsyncIterable<Buffer>,
    context: CallContext,
    send: Send<Sendable<RaftFrameAck>>,
  ): Promise<void> {
    const nodeId = this.#identify(context);
    const receiver = this.#mustReceive();
    let peer: RaftId | null = null;
    try {
      for await (const bytes of frames) {
        const frame = toFrame(bytes);
        const refusal = this.#refusalOf(frame, nodeId);
        if (refusal !== null) {
          await send({ refusal });
          if (refusal === "BEHIND") receiver.onRemoved();
          return;
        }
        if (frame.removed) {
          receiver.onRemoved();
          return;
        }
        if (peer !== frame.from) {
          peer = toRaftId(frame.from);
          this.#incoming.set(send, peer);
        }
        this.#learn(peer, frame.address);
        this.#hear(peer, frame.members);
        await receiver.onMessages(frame.messages);
      }
    } finally {
      this.#incoming.delete(send);
      // Its process is gone, or its connection: the two look alike, and the first is far more frequent. A peer that has
      // another stream here is there: what ends is what is left of its life at another address.
      const isHere = peer === null || [...this.#incoming.values()].includes(peer);
      if (peer !== null && !isHere && !this.#abort.signal.aborted) receiver.onConnectionClosed(peer);
    }
  }

  async #onSnapshot(chunks: AsyncIterable<SnapshotChunk>, context: CallContext): Promise<Sendable<SnapshotInstalled>> {
    const nodeId = this.#identify(context);
    const receiver = this.#mustReceive();
    const message = await this.#snapshots.receive(chunks, (first) => {
      this.#admit(first, nodeId);
      this.#learn(toRaftId(first.from), first.address);
    });
    await receiver.onMessages([message]);
    return {};
  }

  /** @throws SwarmError failedPrecondition. */
  #admit(claim: Claim, nodeId: string): void {
    const refusal = this.#refusalOf(claim, nodeId);
    if (refusal !== null) throw new SwarmError("failedPrecondition", describeRefusal(refusal, claim));
  }

  #refusalOf(claim: Claim, nodeId: string): Refusal | null {
    const { raftId: self, era } = mustHave(this.#self, "own raft id");
    const { clusterId } = this.#options;
    const { members, removed } = this.#addresses;
    const refusal = whyRefused(claim, nodeId, { self, clusterId, era, members, removed });
    if (refusal !== null) this.#options.log.info(`raft: refused: ${describeRefusal(refusal, claim)}`, { nodeId });
    return refusal;
  }

  #identify(context: CallContext): string {
    return this.#options.identify?.(context) ?? requireNode(context.caller, "manager").nodeId;
  }

  #mustReceive(): TransportReceiver {
    if (this.#receiver === null || this.#abort.signal.aborted) {
      throw new SwarmError("unavailable", "this manager does not take part in the Raft group at the moment");
    }
    return this.#receiver;
  }

  #linkTo(peer: RaftId, first = this.#addresses.addressOf(peer)): PeerLink | null {
    const present = this.#links.get(peer);
    if (present !== undefined) return present;
    if (first === null) return null;
    const { connect, clock, random, log } = this.#options;
    const whereabouts = {
      told: () => this.#addresses.told,
      candidates: () => this.#addresses.candidates(peer),
      first,
    };
    const link = new PeerLink(
      peer,
      { whereabouts, connect, sender: this.#sender(), clock, random, log },
      {
        onUnreachable: () => this.#receiver?.onUnreachable(peer),
        onClosed: () => this.#receiver?.onConnectionClosed(peer),
        onRefused: (refusal) => this.#onRefused(peer, refusal),
      },
    );
    this.#links.set(peer, link);
    return link;
  }

  /** How often each peer has refused this member. */
  readonly #refusals = new Map<RaftId, number>();

  #onRefused(peer: RaftId, refusal: RaftFrameAck["refusal"]): void {
    // A removed member, as every demoted one is, hears this from every peer until it has ended.
    const times = (this.#refusals.get(peer) ?? 0) + 1;
    this.#refusals.set(peer, times);
    const isOut = saysOut(refusal);
    this.#options.log[isOut ? "debug" : levelOfFailure(times)]("raft: a peer refuses this member", {
      peer,
      refusal,
      times,
    });
    if (isOut) this.#receiver?.onRemoved();
  }

  #sender(): Sender {
    const { clusterId, address } = this.#options;
    return { ...mustHave(this.#self, "own raft id"), clusterId, address };
  }

  #learn(id: RaftId, address: string): void {
    if (!this.#addresses.learn(id, address)) return;
    this.#tellOthers();
    const link = this.#links.get(id);
    if (link === undefined || link.address === address || this.#abort.signal.aborted) return;
    this.#dropLink(id);
    this.#linkTo(id);
  }

  /** Somebody who is not where we look for it may be where another member reaches it. */
  #hear(teller: RaftId, members: readonly RaftMember[]): void {
    for (const [id, address] of this.#addresses.hear(teller, members)) {
      const link = this.#links.get(id);
      if (link === undefined || link.isOpen || this.#abort.signal.aborted) continue;
      this.#dropLink(id);
      this.#linkTo(id, address);
    }
  }

  #tellOthers(): void {
    for (const link of this.#links.values()) link.tell();
  }

  #dropLink(id: RaftId, close = (link: PeerLink) => link[Symbol.asyncDispose]()): void {
    const link = this.#links.get(id);
    this.#links.delete(id);
    if (link !== undefined) this.#track(close(link));
  }

  #track(work: Promise<void>): void {
    this.#busy.add(work);
    work.finally(() => this.#busy.delete(work)).catch(() => {});
  }
}

/** @throws SwarmError invalidArgument: what others send is never a bug of ours. */
function toFrame(bytes: Buffer): Frame {
  try {
    const frame = decodeFrame(bytes);
    for (const message of frame.messages) {
      // Only a request to hand over names somebody else as its sender.
      invariant(message.from === frame.from || message.kind === "transferLeadership", "a message of someone else");
      invariant(message.to === frame.to, "a message for someone else");
    }
    return frame;
  } catch (error) {
    throw new SwarmError("invalidArgument", `not a Raft frame: ${messageOf(error)}`, { cause: error });
  }
}
