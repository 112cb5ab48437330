import type { Random } from "../../../shared/ports/random.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import type { Effect } from "../../../worker/gossip/core/effects.ts";
import { GossipCore } from "../../../worker/gossip/core/gossip-core.ts";
import { type Member, OUR_VERSIONS } from "../../../worker/gossip/core/member.ts";
import type { Profile } from "../../../worker/gossip/core/profiles.ts";
import type { Endpoint } from "../../../worker/gossip/wire/address.ts";
import { noKeys } from "../../../worker/gossip/wire/keyring.ts";
import type { Part } from "../../../worker/gossip/wire/messages.ts";
import type { Framing } from "../../../worker/gossip/wire/packet.ts";
import { type Exchange, encodeStream } from "../../../worker/gossip/wire/stream.ts";
import { EventQueue } from "../raft/event-queue.ts";
import { type Canary, plant, plantExchange } from "./canaries.ts";
import { SharedMembers, SharedTable } from "./shared-table.ts";
import { simulationProfile } from "./simulation-profile.ts";

/** Sealed, with IP and UDP heads: what a packet costs beside its messages. */
const PACKET_EXTRA_BYTES = 29 + 28;
const PACKET_ROOM = 1_360;
const STREAM_EXTRA_BYTES = 5 * 52 + 34;
const IN_THE_CLEAR: Framing = { keyring: noKeys, label: new Uint8Array(0), compress: false, acceptPlain: false };
/** One way of a stream: connecting, or closing, takes a trip beside the one of the message. */
const STREAM_TRIPS = 2;

/** Lest a tick come a rounding error before it is due, for ever. */
const ROUNDING_MS = 0.001;
/** How old a packet may be that somebody sends again. */
const REPLAY_MS_MAX = 30_000;

/** How packets from one member to another fare. */
export interface Link {
  readonly lossPercent: number;
  readonly delayMsMax: number;
  /** Nothing at all passes, streams neither. */
  readonly isCut: boolean;
  /** UDP is filtered, TCP is not. */
  readonly isUdpBlocked: boolean;
}

export const goodLink: Link = { lossPercent: 0, delayMsMax: 4, isCut: false, isUdpBlocked: false };

/** One simulated host: its core, and how it does. */
export interface Host {
  readonly index: number;
  readonly name: string;
  core: GossipCore;
  /** Rises with each start: what was meant for an earlier life is lost. */
  life: number;
  isUp: boolean;
  /** Nothing is processed before this instant; it waits (SIGSTOP, a starved process). */
  stoppedUntilMs: number;
  /** What its clock shows when the simulation begins, and how fast it runs: nobody else's business. */
  readonly clockAtMs: number;
  readonly clockRate: number;
  /** Whether an alarm for its next tick is set, and for when. */
  tickAtMs: number;
  bytesSent: number;
  streamBytesSent: number;
  packetsSent: number;
}

/** A change some member noticed. */
export interface Noticed {
  readonly atMs: number;
  readonly by: Host;
  readonly change: Extract<Effect, { kind: "member" }>["change"];
  readonly name: string;
}

/** Cores on a simulated network. Everything random comes from the seed; time is an event queue. */
export class World {
  readonly hosts: Host[] = [];
  readonly random: Random;
  readonly noticed: Noticed[] = [];
  events = 0;
  /** Of messages delivered; equal for equal runs. */
  hash = 17;
  /** So many packets of a hundred come again: half of them at once, the others up to half a minute later. */
  replayPercent = 0;
  /** Whether to write exchanges out to see how long they are. */
  countsStreams = false;
  link: (from: Host, to: Host) => Link = () => goodLink;
  /** Called after every event with the host it happened at. */
  check: (host: Host) => void = () => {};
  readonly #queue = new EventQueue();
  readonly #profile: Profile;
  readonly #canary: Canary;
  readonly #seed: number;
  readonly #byAddress = new Map<string, Host>();
  /** Null: each has a table of its own. */
  #shared: SharedMembers | null = null;

  /** `isIntroduced`: everybody knows everybody from the start, for clusters too large for `introduceAll`. */
  constructor(
    seed: number,
    count: number,
    profile: Profile = simulationProfile,
    canary: Canary = "none",
    isIntroduced = false,
  ) {
    if (isIntroduced) this.#shared = new SharedMembers(Array.from({ length: count }, (_, index) => toMember(index)));
    this.random = seededRandom(seed, "world");
    this.#seed = seed;
    this.#profile = profile;
    this.#canary = canary;
    for (let index = 0; index < count; index++) {
      const name = `m${index}`;
      const clock = this.random.fork(`clock ${index}`);
      const facts = {
        index,
        life: 0,
        clockAtMs: clock.below(1_000_000_000),
        clockRate: 0.98 + clock.below(40) / 1_000,
      };
      const host: Host = {
        ...facts,
        name,
        core: this.#createCore(facts),
        isUp: true,
        stoppedUntilMs: 0,
        tickAtMs: Number.POSITIVE_INFINITY,
        bytesSent: 0,
        streamBytesSent: 0,
        packetsSent: 0,
      };
      this.hosts.push(host);
      this.#byAddress.set(endpointOf(index).address, host);
      this.#after(host);
    }
  }

  get nowMs(): number {
    return this.#queue.now;
  }

  get up(): readonly Host[] {
    return this.hosts.filter(({ isUp }) => isUp);
  }

  at(delayMs: number, action: () => void): void {
    this.#queue.schedule(delayMs, action);
  }

  run(ms: number): void {
    const endMs = this.nowMs + ms;
    while (this.#queue.runNext(endMs)) this.events++;
    this.#queue.now = endMs;
  }

  /** Runs until it holds; how long that took. @throws when it does not in `maxMs`. */
  runUntil(what: string, holds: () => boolean, maxMs: number, stepMs = 20): number {
    const beganMs = this.nowMs;
    while (!holds()) {
      if (this.nowMs - beganMs >= maxMs) throw new Error(`not within ${maxMs} ms: ${what} (at ${this.nowMs} ms)`);
      this.run(stepMs);
    }
    return this.nowMs - beganMs;
  }

  /** Everybody knows everybody, without the traffic of getting there. */
  introduceAll(): void {
    const members = this.hosts.flatMap(({ core }) => core.localExchange(false).members);
    for (const host of this.hosts) {
      host.core.preload(members);
      this.#after(host);
    }
  }

  /** Each joins through the first. */
  joinAll(): void {
    for (const host of this.hosts.slice(1)) {
      host.core.join([endpointOf(0)]);
      this.#after(host);
    }
  }

  crash(host: Host): void {
    host.isUp = false;
    host.life++;
  }

  /** Starts anew, knowing nothing but one other member. */
  restart(host: Host, via: Host): void {
    host.life++;
    host.isUp = true;
    host.stoppedUntilMs = 0;
    host.core = this.#createCore(host);
    host.tickAtMs = Number.POSITIVE_INFINITY;
    host.core.setSeeds([endpointOf(via.index)]);
    host.core.join([endpointOf(via.index)]);
    this.#after(host);
  }

  leave(host: Host): void {
    host.core.leave(this.#clockOf(host));
    this.#after(host);
  }

  /** It processes nothing for a while; packets wait in its socket. */
  stop(host: Host, ms: number): void {
    host.stoppedUntilMs = this.nowMs + ms;
  }

  changeMeta(host: Host, meta: Uint8Array): void {
    host.core.changeMeta(meta);
    this.#after(host);
  }

  isConnected(a: Host, b: Host): boolean {
    return !this.link(a, b).isCut && !this.link(b, a).isCut;
  }

  #clockOf({ clockAtMs, clockRate }: Pick<Host, "clockAtMs" | "clockRate">): number {
    return clockAtMs + this.nowMs * clockRate;
  }

  #createCore(host: Pick<Host, "index" | "life" | "clockAtMs" | "clockRate">): GossipCore {
    const { index, life } = host;
    return new GossipCore({
      name: `m${index}`,
      endpoint: endpointOf(index),
      meta: metaOf(index),
      profile: this.#profile,
      random: seededRandom(this.#seed, `m${index}/${life}`),
      packetRoom: () => PACKET_ROOM,
      nowMs: this.#clockOf(host),
      ...(this.#shared === null
        ? {}
        : { table: new SharedTable(this.#shared, seededRandom(this.#seed, `table ${index}`)) }),
    });
  }

  /** Lets a host handle something, at once or when it processes again. */
  #input(host: Host, life: number, handle: () => void): void {
    if (!host.isUp || host.life !== life) return;
    if (this.nowMs < host.stoppedUntilMs) {
      this.#queue.schedule(host.stoppedUntilMs - this.nowMs, () => this.#input(host, life, handle));
      return;
    }
    handle();
    this.#after(host);
  }

  #after(host: Host): void {
    for (const effect of host.core.takeOutbox()) this.#perform(host, effect);
    this.check(host);
    const dueMs = Math.max(this.nowMs, (host.core.dueMs - host.clockAtMs) / host.clockRate + ROUNDING_MS);
    if (dueMs >= host.tickAtMs && host.tickAtMs >= this.nowMs) return;
    host.tickAtMs = dueMs;
    const { life } = host;
    this.#queue.schedule(dueMs - this.nowMs, () => {
      if (host.tickAtMs !== dueMs || host.life !== life) return;
      host.tickAtMs = Number.POSITIVE_INFINITY;
      // A tick of a stopped process comes late, and before the packets that waited: timers run first.
      this.#input(host, life, () => host.core.tick(this.#clockOf(host)));
    });
  }

  #perform(host: Host, effect: Effect): void {
    switch (effect.kind) {
      case "packet":
        this.#sendPacket(host, effect.to, effect.parts);
        return;
      case "streamPing":
        if (this.#canary === "deaf") return;
        this.#ask(host, effect.to, effect.timeoutMs, (target) =>
          target.core.answerStreamPing({ type: "ping", seqNo: effect.seqNo, node: effect.node, source: null }) === null
            ? null
            : () => host.core.onStreamAck(effect.seqNo, this.#clockOf(host)),
        );
        return;
      case "exchange": {
        const ours = host.core.localExchange(effect.join);
        this.#countStream(host, ours);
        this.#ask(host, effect.to, effect.timeoutMs, (target) => {
          target.core.onExchange(ours, this.#clockOf(target));
          const theirs = plantExchange(this.#canary, target.core.localExchange(effect.join));
          this.#countStream(target, theirs);
          return () => host.core.onExchange(theirs, this.#clockOf(host));
        });
        return;
      }
      case "member":
        this.noticed.push({ atMs: this.nowMs, by: host, change: effect.change, name: effect.member.name });
        return;
      case "user":
      case "userState":
      case "odd":
        return;
    }
  }

  /**
   * One side's share of an exchange, in the clear and not compressed, with half of the ten packets a connection takes.
   */
  #countStream(host: Host, exchange: Exchange): void {
    if (!this.countsStreams) return;
    host.streamBytesSent += STREAM_EXTRA_BYTES + encodeStream(exchange, IN_THE_CLEAR, this.random).length;
  }

  #sendPacket(host: Host, to: Endpoint, parts: readonly Part[]): void {
    host.packetsSent++;
    host.bytesSent += PACKET_EXTRA_BYTES + parts.reduce((sum, { bytes }) => sum + bytes.length + 2, 0);
    const target = this.#byAddress.get(to.address);
    if (target === undefined) return;
    const { isCut, isUdpBlocked, lossPercent, delayMsMax } = this.link(host, target);
    if (isCut || isUdpBlocked || this.random.below(100) < lossPercent) return;
    const { life } = target;
    const delivered = parts.flatMap((part) => plant(this.#canary, part));
    const deliver = (delayMs: number): void =>
      this.#queue.schedule(delayMs, () =>
        this.#input(target, life, () => {
          for (const part of delivered) {
            this.hash = (Math.imul(this.hash, 31) + part.bytes.length + target.index + Math.floor(this.nowMs * 8)) | 0;
            target.core.receive(part, endpointOf(host.index), this.#clockOf(target));
          }
        }),
      );
    deliver(0.2 + this.#delay(delayMsMax));
    if (this.replayPercent === 0 || this.random.below(100) >= this.replayPercent) return;
    deliver(this.#delay(this.random.below(2) === 0 ? delayMsMax : REPLAY_MS_MAX));
  }

  /** A request by TCP: reaches its target if packets pass both ways, loss only delays it. */
  #ask(host: Host, to: Endpoint, timeoutMs: number, serve: (target: Host) => (() => void) | null): void {
    const target = this.#byAddress.get(to.address);
    if (target === undefined || !this.isConnected(host, target)) return;
    const { life } = host;
    const endMs = this.nowMs + timeoutMs;
    const tripMs = (): number => STREAM_TRIPS * (0.2 + this.#delay(this.link(host, target).delayMsMax));
    const targetLife = target.life;
    this.#queue.schedule(tripMs(), () =>
      this.#input(target, targetLife, () => {
        if (this.nowMs > endMs) return;
        const answer = serve(target);
        if (answer === null) return;
        this.#queue.schedule(tripMs(), () => {
          if (this.nowMs <= endMs && this.isConnected(host, target)) this.#input(host, life, answer);
        });
      }),
    );
  }

  #delay(maxMs: number): number {
    return (maxMs * this.random.below(1_000)) / 1_000;
  }
}

function metaOf(index: number): Uint8Array {
  return Uint8Array.of(index & 0xff);
}

function toMember(index: number): Member {
  const facts = { name: `m${index}`, endpoint: endpointOf(index), meta: metaOf(index), versions: OUR_VERSIONS };
  return { ...facts, incarnation: 1, state: "alive", stateSinceMs: 0, accusers: new Set() };
}

export function endpointOf(index: number): Endpoint {
  return { address: `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`, port: 7946 };
}
