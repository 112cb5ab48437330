import { messageOf } from "../../shared/errors.ts";
import type { Logger } from "../../shared/log.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { Effect, MemberChange } from "./core/effects.ts";
import { GossipCore } from "./core/gossip-core.ts";
import type { MemberView } from "./core/member.ts";
import type { Profile } from "./core/profiles.ts";
import type { GossipStream, GossipTransport, OpenTransport } from "./gossip-transport.ts";
import { TrafficCounters } from "./traffic-counters.ts";
import { FIRST_BYTES_MS, Visitors } from "./visitors.ts";
import type { Endpoint } from "./wire/address.ts";
import type { Keyring } from "./wire/keyring.ts";
import { decodePacket, encodePacket, type Framing, packetRoom } from "./wire/packet.ts";
import { encodeStream, type StreamMessage, StreamReader } from "./wire/stream.ts";
import { WireError } from "./wire/wire-error.ts";

/** A leave announcement is repeated until it has been sent often enough, but not longer than this. */
export const LEAVE_TIMEOUT_MS = 3_000;

export interface GossipOptions {
  readonly name: string;
  /** Where to listen, and where others reach us if `advertise` does not say otherwise. */
  readonly listen: Endpoint;
  readonly advertise?: string;
  readonly meta: Uint8Array;
  readonly profile: Profile;
  /** Tells clusters on one network apart; empty = none. */
  readonly label: string;
  readonly compress: boolean;
  readonly acceptPlain: boolean;
}

export interface GossipDeps {
  readonly open: OpenTransport;
  /** Read for every packet, so that rotation needs no call. */
  readonly keyring: () => Keyring;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly onMember: (change: MemberChange, member: MemberView) => void;
  /** The application's part of an exchange, and what comes of others'. */
  readonly userState?: () => Uint8Array;
  readonly onUserState?: (data: Uint8Array, join: boolean) => void;
  readonly onUser?: (data: Uint8Array) => void;
}

/** A member of a gossiping cluster: the core with sockets, a clock and keys. */
export class Gossip implements AsyncDisposable {
  readonly counters: TrafficCounters;
  readonly #options: GossipOptions;
  readonly #deps: GossipDeps;
  readonly #label: Uint8Array;
  readonly #visitors: Visitors;
  #seedAddresses: ReadonlySet<string> = new Set();
  #core!: GossipCore;
  #transport!: GossipTransport;
  #timer: Disposable | null = null;
  #isStopped = false;
  #onDrained: (() => void) | null = null;
  /** Pings that somebody asked for, by their number. */
  readonly #pings = new Map<number, () => void>();

  private constructor(options: GossipOptions, deps: GossipDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#label = Buffer.from(options.label, "utf8");
    this.counters = new TrafficCounters(deps.clock, deps.log);
    const isMember = (address: string): boolean => this.#seedAddresses.has(address) || this.#core.isHome(address);
    this.#visitors = new Visitors({ now: () => deps.clock.now(), isMember });
  }

  /** Resolves when it listens; it is alone until `join` or `setSeeds`. @throws SwarmError when it cannot listen. */
  static async start(options: GossipOptions, deps: GossipDeps): Promise<Gossip> {
    const gossip = new Gossip(options, deps);
    gossip.#transport = await deps.open(options.listen, {
      onPacket: (bytes, from) => gossip.#onPacket(bytes, from),
      onStream: (stream) => void gossip.#serve(stream),
    });
    gossip.#core = new GossipCore({
      name: options.name,
      endpoint: { address: options.advertise ?? options.listen.address, port: gossip.#transport.local.port },
      meta: options.meta,
      profile: options.profile,
      random: deps.random,
      packetRoom: () => packetRoom(gossip.#framing()),
      nowMs: deps.clock.now(),
    });
    gossip.#afterInput();
    return gossip;
  }

  /** Exchanges everything with each of them; returns how many answered. */
  async join(endpoints: readonly Endpoint[]): Promise<number> {
    const timeoutMs = this.#options.profile.streamTimeoutMs;
    const answers = await Promise.all(endpoints.map((to) => this.#exchange(to, true, timeoutMs)));
    return answers.filter((answered) => answered).length;
  }

  /** Whether a member itself answers one ping by UDP in time, without help of others; changes no opinion of it. */
  async ping(to: Endpoint, node: string, timeoutMs: number): Promise<boolean> {
    if (this.#isStopped) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const seqNo = this.#core.ping(to, node, this.#deps.clock.now());
    this.#pings.set(seqNo, () => resolve(true));
    using _timer = this.#deps.clock.schedule(timeoutMs, "gossip: ping", () => resolve(false));
    this.#afterInput();
    try {
      return await promise;
    } finally {
      this.#pings.delete(seqNo);
    }
  }

  setSeeds(seeds: readonly Endpoint[]): void {
    this.#seedAddresses = new Set(seeds.map(({ address }) => address));
    this.#core.setSeeds(seeds);
    this.#afterInput();
  }

  changeMeta(meta: Uint8Array): void {
    this.#core.changeMeta(meta);
    this.#afterInput();
  }

  broadcast(data: Uint8Array): void {
    this.#core.broadcast(data);
    this.#afterInput();
  }

  /** Announces that we leave; resolves when that was sent often enough, or there is no one to hear it. */
  async leave(): Promise<void> {
    this.#core.leave(this.#deps.clock.now());
    if (this.#core.present === 0 || this.#isStopped) return;
    const told = Promise.withResolvers<void>();
    this.#onDrained = told.resolve;
    using _ = this.#deps.clock.schedule(LEAVE_TIMEOUT_MS, "gossip: leave", told.resolve);
    this.#afterInput();
    await told.promise;
  }

  members(): readonly MemberView[] {
    return this.#core.members();
  }
  member(name: string): MemberView | undefined {
    return this.#core.member(name);
  }
  get local(): Endpoint {
    return this.#core.self.endpoint;
  }
  get self(): MemberView {
    return this.#core.self;
  }
  /** Whether there is still something to tell others. */
  get hasNews(): boolean {
    return this.#core.hasNews;
  }
  /** Our own health; 0 = fine. */
  get awareness(): number {
    return this.#core.awareness;
  }

  /** Falls silent without announcing it, as in a crash. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#timer?.[Symbol.dispose]();
    this.#onDrained?.();
    await this.#transport[Symbol.asyncDispose]();
  }

  #framing(): Framing {
    const { compress, acceptPlain } = this.#options;
    return { keyring: this.#deps.keyring(), label: this.#label, compress, acceptPlain };
  }

  #onPacket(bytes: Uint8Array, from: Endpoint): void {
    if (this.#isStopped) return;
    this.counters.packetsReceived++;
    this.counters.bytesReceived += bytes.length;
    const { parts, faults } = decodePacket(bytes, this.#framing());
    for (const fault of faults) this.counters.refuse(fault, from.address);
    const nowMs = this.#deps.clock.now();
    for (const part of parts) {
      if (part.message.type === "ack") this.#pings.get(part.message.seqNo)?.();
      this.#core.receive(part, from, nowMs);
    }
    this.#afterInput(from);
  }

  #tick(): void {
    this.#core.tick(this.#deps.clock.now());
    this.#afterInput();
  }

  /**
   * Does what the core wants done, and sets the timer for when it wants to be woken. `from`: the sender of the input.
   */
  #afterInput(from?: Endpoint): void {
    if (this.#isStopped) return;
    for (const effect of this.#core.takeOutbox()) this.#perform(effect, from);
    if (!this.#core.hasNews) this.#onDrained?.();
    this.#timer?.[Symbol.dispose]();
    const delayMs = Math.max(0, this.#core.dueMs - this.#deps.clock.now());
    this.#timer = this.#deps.clock.schedule(delayMs, "gossip: tick", () => this.#tick());
  }

  #perform(effect: Effect, from?: Endpoint): void {
    switch (effect.kind) {
      case "packet": {
        const bodies = effect.parts.map(({ bytes }) => bytes);
        const bytes = encodePacket(bodies, this.#framing(), effect.crc, this.#deps.random);
        this.counters.packetsSent++;
        this.counters.bytesSent += bytes.length;
        this.#transport.send(bytes, effect.to);
        return;
      }
      case "streamPing":
        void this.#pingByStream(effect);
        return;
      case "exchange":
        void this.#exchange(effect.to, effect.join, effect.timeoutMs);
        return;
      case "member":
        this.#deps.onMember(effect.change, effect.member);
        return;
      case "user":
        this.#deps.onUser?.(effect.data);
        return;
      case "userState":
        this.#deps.onUserState?.(effect.data, effect.join);
        return;
      case "odd":
        // By the sender's address, since it may invent as many names as it likes.
        this.counters.refuse(effect.what, from?.address ?? effect.node);
        return;
    }
  }

  async #pingByStream({ to, node, seqNo, timeoutMs }: Extract<Effect, { kind: "streamPing" }>): Promise<void> {
    const ping: StreamMessage = { type: "ping", seqNo, node, source: { ...this.local, node: this.#options.name } };
    const answer = await this.#ask(to, ping, timeoutMs);
    if (answer?.type !== "ack" || answer.seqNo !== seqNo || this.#isStopped) return;
    this.#core.onStreamAck(seqNo, this.#deps.clock.now());
    this.#afterInput();
  }

  async #exchange(to: Endpoint, join: boolean, timeoutMs: number): Promise<boolean> {
    this.counters.exchanges++;
    const answer = await this.#ask(to, this.#core.localExchange(join, this.#deps.userState?.()), timeoutMs);
    if (answer?.type !== "pushPull" || this.#isStopped) {
      this.counters.exchangesFailed++;
      return false;
    }
    this.#core.onExchange(answer, this.#deps.clock.now());
    this.#afterInput(to);
    return true;
  }

  /** Sends one message by TCP and reads one; null when none came in time. */
  async #ask(to: Endpoint, message: StreamMessage, timeoutMs: number): Promise<StreamMessage | null> {
    if (this.#isStopped) return null;
    const stream = this.#transport.dial(to);
    using _ = this.#deps.clock.schedule(timeoutMs, "gossip: stream", () => stream.close());
    try {
      await stream.send(encodeStream(message, this.#framing(), this.#deps.random));
      return await this.#read(stream);
    } catch (error) {
      this.#onStreamError(error, to);
      return null;
    } finally {
      stream.close();
    }
  }

  /** Answers a connection of another member. */
  async #serve(stream: GossipStream): Promise<void> {
    if (!this.#visitors.enter(stream)) {
      this.counters.refuse("tooManyStreams", stream.peer.address);
      stream.close();
      return;
    }
    const { clock, random } = this.#deps;
    using _ = clock.schedule(this.#options.profile.streamTimeoutMs, "gossip: serve", () => stream.close());
    using firstBytes = clock.schedule(FIRST_BYTES_MS, "gossip: first bytes", () => stream.close());
    try {
      const message = await this.#read(stream, () => firstBytes[Symbol.dispose]());
      if (message !== null) this.#visitors.prove(stream);
      // Taken in before it is answered, so that a member accused in it can object in the answer.
      if (message?.type === "pushPull" && !this.#isStopped) {
        this.#core.onExchange(message, clock.now());
        this.#afterInput(stream.peer);
      }
      const answer = message === null || this.#isStopped ? null : this.#answer(message);
      if (answer !== null) await stream.send(encodeStream(answer, this.#framing(), random));
      stream.end();
      // Closing before the peer has read would take back what was sent.
      if (answer !== null) await stream.read();
    } catch (error) {
      this.#onStreamError(error, stream.peer);
    } finally {
      this.#visitors.leave(stream);
      stream.close();
    }
  }

  #answer(message: StreamMessage): StreamMessage | null {
    switch (message.type) {
      case "ping": {
        const ack = this.#core.answerStreamPing(message)?.message;
        return ack?.type === "ack" ? ack : null;
      }
      case "pushPull":
        return this.#core.localExchange(message.join, this.#deps.userState?.());
      case "user":
        this.#deps.onUser?.(message.data);
        return null;
      case "ack":
      case "err":
        return null;
    }
  }

  /** `onBytes`: only for streams that others opened; called when something has come. */
  async #read(stream: GossipStream, onBytes?: () => void): Promise<StreamMessage | null> {
    using held = this.#visitors.holdFor(stream, onBytes === undefined);
    const reader = new StreamReader(this.#framing(), held.bytesMax);
    for (;;) {
      const chunk = await stream.read();
      if (chunk === null) return null;
      onBytes?.();
      if (!held.add(chunk.length)) throw new WireError("tooLarge", "too much is coming in at once");
      const message = reader.take(chunk);
      if (message !== null) return message;
    }
  }

  #onStreamError(error: unknown, peer: Endpoint): void {
    if (error instanceof WireError) this.counters.refuse(error.fault, peer.address);
    else this.#deps.log.debug("gossip stream failed", { peer: peer.address, error: messageOf(error) });
  }
}
