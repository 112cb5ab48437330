import { backoffMs } from "../../shared/backoff.ts";
import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { Logger } from "../../shared/log.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { BidiCall } from "../../shared/rpc/call-types.ts";
import type { RpcClient } from "../../shared/rpc/client.ts";
import type { RaftFrameAck } from "../../shared/rpc/gen/raft.ts";
import type { RaftId, RaftMember } from "../ids.ts";
import { encodeFrame, type Frame } from "../wire/frame-codec.ts";
import type { FramedMessage } from "../wire/message-codec.ts";
import type { raftService } from "../wire/raft-service.ts";
import { FAREWELL_MS, LAZY_MS, RECONNECT_BACKOFF } from "./limits.ts";
import { SendQueue } from "./send-queue.ts";

export type RaftClient = RpcClient<typeof raftService>;
/** Opens a connection to a manager's HOST:PORT; the caller disposes it. */
export type ConnectRaft = (address: string) => RaftClient;

/** The sender, in every frame. */
export interface Sender {
  readonly raftId: RaftId;
  readonly era: number;
  readonly clusterId: string;
  readonly address: string;
}

export interface LinkEvents {
  onUnreachable(): void;
  /** An established stream broke off. */
  onClosed(): void;
  onRefused(refusal: RaftFrameAck["refusal"]): void;
}

/** What the peer is to hear, and where it may be. */
export interface Whereabouts {
  /** Where we reach the members; another array once it is news. */
  told(): readonly RaftMember[];
  /** HOST:PORT, the likeliest first, and at least one. */
  candidates(): readonly string[];
  /** Which of them to begin with. */
  readonly first: string;
}

export interface LinkOptions {
  readonly whereabouts: Whereabouts;
  readonly connect: ConnectRaft;
  readonly sender: Sender;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/**
 * The link to one peer: a stream that is opened at once and reopened whenever it breaks, so that it is there when it is
 * needed: an election takes milliseconds only if no connection has to be made first.
 */
export class PeerLink implements AsyncDisposable {
  readonly peer: RaftId;
  #address: string;
  /** What the peer has been told on the present stream. */
  #told: readonly RaftMember[] | null = null;
  readonly #options: LinkOptions;
  readonly #events: LinkEvents;
  readonly #queue = new SendQueue();
  readonly #abort = new AbortController();
  readonly #running: Promise<void>;
  /** Aborted when the present connection is over. */
  #closed = new AbortController();
  #stream: BidiCall<Buffer, RaftFrameAck> | null = null;
  #patience: Disposable | null = null;

  constructor(peer: RaftId, options: LinkOptions, events: LinkEvents) {
    this.peer = peer;
    this.#address = options.whereabouts.first;
    this.#options = options;
    this.#events = events;
    this.#running = this.#run();
  }

  /** Where the peer is looked for. */
  get address(): string {
    return this.#address;
  }

  /** Whether there is a connection, as far as is known. */
  get isOpen(): boolean {
    return this.#stream !== null;
  }

  /** There is something else to tell. */
  tell(): void {
    if (this.isOpen) this.#queue.wake();
  }

  /** Queues; what does not fit is reported as unreachable, so that the leader probes again instead of waiting. */
  send(message: FramedMessage): void {
    if (!this.#queue.push(message)) this.#events.onUnreachable();
    if (this.#queue.isLazy)
      this.#patience ??= this.#options.clock.schedule(LAZY_MS, "raft lazy", () => this.#onPatienceLost());
  }

  #onPatienceLost(): void {
    this.#patience = null;
    if (this.#queue.isLazy) this.#queue.wake();
  }

  /**
   * Tells the peer, if there is a connection, that it was removed; then closes. Without a connection the peer is told
   * when it asks.
   */
  async sayRemoved(): Promise<void> {
    const stream = this.#stream;
    try {
      await stream?.send(encodeFrame({ ...this.#frame([]), removed: true }));
      stream?.end();
      // The peer ends the stream when it has read the message; closing at once could overtake it.
      if (stream !== null) await sleep(this.#options.clock, FAREWELL_MS, "raft farewell", this.#closed.signal);
    } catch (error) {
      this.#options.log.debug(`raft: ${messageOf(error)}`, { peer: this.peer });
    }
    await this[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    this.#patience?.[Symbol.dispose]();
    this.#queue.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, random, log } = this.#options;
    const { signal } = this.#abort;
    for (let attempt = 0; !signal.aborted; attempt++) {
      const established = await this.#serveConnection();
      if (signal.aborted) return;
      if (established) attempt = 0;
      else this.#lookElsewhere();
      this.#queue.clear();
      this.#events.onUnreachable();
      const delayMs = backoffMs(attempt, RECONNECT_BACKOFF, random);
      log.debug("raft: the connection to a peer is broken", { peer: this.peer, address: this.#address, delayMs });
      await sleep(clock, delayMs, "raft reconnect", signal).catch(() => {});
      // What was queued in the meantime is out of date; it would only be answered out of turn.
      this.#queue.clear();
    }
  }

  #lookElsewhere(): void {
    const candidates = this.#options.whereabouts.candidates();
    this.#address = candidates[(candidates.indexOf(this.#address) + 1) % candidates.length] ?? this.#address;
  }

  /** Sends until the connection breaks. Returns whether it was ever established. */
  async #serveConnection(): Promise<boolean> {
    // A client of its own for each attempt: a shared one would wait out its own, slower, reconnection schedule.
    await using client = this.#options.connect(this.#address);
    const ending = new AbortController();
    this.#closed = ending;
    const signal = AbortSignal.any([this.#abort.signal, ending.signal]);
    const stream = client.messages({ signal });
    this.#told = null;
    const state = { established: false, refused: false };
    const reading = this.#read(stream, state).finally(() => {
      ending.abort();
      this.#queue.wake();
    });
    try {
      // The first frame says who this is and may be empty: the peer notices from then on when this process ends.
      // Not the joined signal: that one asks all of its sources anew each time, and this is asked with each frame.
      while (!ending.signal.aborted && !this.#abort.signal.aborted) {
        await stream.send(encodeFrame(this.#frame(this.#queue.takeFrame())));
        state.established = true;
        this.#stream = stream;
        await this.#queue.wait();
      }
    } catch (error) {
      this.#options.log.debug(`raft: ${messageOf(error)}`, { peer: this.peer });
    }
    this.#stream = null;
    ending.abort();
    await reading;
    if (state.established && !state.refused && !this.#abort.signal.aborted) this.#events.onClosed();
    return state.established && !state.refused;
  }

  /**
   * The receiver sends nothing but the reason for a refusal; usually this just waits for the stream's end. Never
   * rejects.
   */
  async #read(stream: BidiCall<Buffer, RaftFrameAck>, state: { refused: boolean }): Promise<void> {
    try {
      for await (const { refusal } of stream.messages) {
        if (refusal === "NONE") continue;
        state.refused = true;
        this.#events.onRefused(refusal);
      }
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      this.#options.log.debug(`raft: ${messageOf(error)}`, { peer: this.peer });
      // It does not take this node for a manager. It would if it were behind (manager/ca/standing.ts), so it knows that
      // this node was demoted or removed, which happens only to those that are out of the group for good.
      if (!(error instanceof SwarmError) || error.code !== "permissionDenied") return;
      state.refused = true;
      this.#events.onRefused("REMOVED");
    }
  }

  #frame(messages: readonly FramedMessage[]): Frame {
    const { raftId, era, clusterId, address } = this.#options.sender;
    const told = this.#options.whereabouts.told();
    const members = told === this.#told ? [] : told;
    this.#told = told;
    return { from: raftId, to: this.peer, clusterId, era, address, removed: false, members, messages };
  }
}
