import { invariant, unreachable } from "../../../shared/invariant.ts";
import type { InstantMs } from "../../../shared/ports/clock.ts";
import type { Random } from "../../../shared/ports/random.ts";
import type { Endpoint } from "../wire/address.ts";
import { META_BYTES_MAX } from "../wire/fields.ts";
import { type Part, type Ping, toPart } from "../wire/messages.ts";
import type { Exchange, MemberRecord } from "../wire/stream.ts";
import { Context } from "./context.ts";
import type { Effect } from "./effects.ts";
import { mergeExchange, toExchange } from "./exchanges.ts";
import { FailureDetector } from "./failure-detector.ts";
import { exchangeIntervalMs } from "./formulas.ts";
import type { MemberView } from "./member.ts";
import type { MemberTable } from "./member-table.ts";
import type { Profile } from "./profiles.ts";
import { Reconnect } from "./reconnect.ts";
import { Relays } from "./relays.ts";
import { Rumours } from "./rumours.ts";

export interface GossipCoreOptions {
  /** Our name; no other member may have it. */
  readonly name: string;
  /** Where others reach us. */
  readonly endpoint: Endpoint;
  /** What we tell about ourselves, at most META_BYTES_MAX. */
  readonly meta: Uint8Array;
  readonly profile: Profile;
  readonly random: Random;
  /** Bytes one packet has for messages at present. */
  readonly packetRoom: () => number;
  readonly nowMs: InstantMs;
  /** For simulations of clusters so large that each member cannot have a table of its own. */
  readonly table?: MemberTable;
}

const NONE = new Uint8Array(0);

/**
 * One member of a gossiping cluster as a synchronous state machine: input comes through `receive`, `tick` and the
 * on-methods, with the instant it happened; what has to be done is in `takeOutbox`. No clock, no sockets, and no
 * randomness but the Random it was given: the same input gives the same output.
 */
export class GossipCore {
  readonly #context: Context;
  readonly #rumours: Rumours;
  readonly #failureDetector: FailureDetector;
  readonly #relays: Relays;
  readonly #reconnect: Reconnect;
  #gossipedAtMs: InstantMs;
  #exchangeAtMs: InstantMs;

  constructor(options: GossipCoreOptions) {
    const { name, profile, nowMs, endpoint, meta } = options;
    invariant(meta.length <= META_BYTES_MAX, "metadata fits");
    this.#context = new Context({ ...options, self: name }, nowMs);
    this.#rumours = new Rumours(this.#context, { endpoint, meta });
    this.#reconnect = new Reconnect(this.#context);
    this.#failureDetector = new FailureDetector(this.#context, this.#rumours, () => this.#forgetDead());
    this.#relays = new Relays(this.#context);
    this.#gossipedAtMs = nowMs;
    this.#exchangeAtMs = nowMs + this.#context.random.below(profile.exchangeIntervalMs);
  }

  /** One message of a packet that came from `from`. */
  receive(part: Part, from: Endpoint, nowMs: InstantMs): void {
    this.#setNow(nowMs);
    const { message } = part;
    switch (message.type) {
      case "ping":
        this.#onPing(message, from);
        return;
      case "indirectPing":
        this.#relays.onIndirectPing(message, from, this.#rumours.source);
        return;
      case "ack":
        if (!this.#failureDetector.maybeAck(message)) this.#relays.onAck(message);
        return;
      case "nack":
        this.#failureDetector.onNack(message);
        return;
      case "alive":
        this.#rumours.onAlive(message, part);
        return;
      case "suspect":
        this.#rumours.onSuspect(message, part);
        return;
      case "dead":
        this.#rumours.onDead(message, part);
        return;
      case "user":
        this.#context.emit({ kind: "user", data: message.data });
        return;
      default:
        unreachable(message);
    }
  }

  /**
   * Does what is due. A tick that comes later than half a probe after it was due means that this process (or its host)
   * was suspended: others' answers are waiting unread in its sockets, so their silence proves nothing. The time counts
   * as not passed, and our own health as worse.
   */
  tick(nowMs: InstantMs): void {
    const lateMs = nowMs - this.dueMs;
    this.#setNow(nowMs);
    const { probeTimeoutMs, probeIntervalMs } = this.#context.profile;
    if (lateMs >= probeTimeoutMs) {
      this.#postpone(lateMs);
      this.#context.awareness.add(Math.ceil(lateMs / probeIntervalMs));
      return;
    }
    this.#rumours.tick();
    this.#relays.tick();
    this.#failureDetector.tick();
    this.#maybeGossip();
    this.#maybeExchange();
    this.#reconnect.tick();
  }

  /** When to tick next, if nothing comes before. */
  get dueMs(): InstantMs {
    return Math.min(
      this.#failureDetector.dueMs,
      this.#relays.dueMs,
      this.#rumours.suspicions.dueMs,
      this.#gossipDueMs(),
      this.#exchangeAtMs,
      this.#reconnect.dueMs,
    );
  }

  /** What has to be done since the last call, in order; hands it over and forgets it. */
  takeOutbox(): readonly Effect[] {
    const outbox = this.#context.takeOutbox();
    if (outbox.some((effect) => effect.kind === "member")) this.#reconnect.hurry();
    return outbox;
  }

  /** A TCP ping that the outbox asked for was answered. */
  onStreamAck(seqNo: number, nowMs: InstantMs): void {
    this.#setNow(nowMs);
    this.#failureDetector.maybeAck({ seqNo });
  }

  /** The answer to a TCP ping, or null when another member is meant. */
  answerStreamPing({ node, seqNo }: Ping): Part | null {
    if (node !== "" && node !== this.#context.self) return null;
    return toPart({ type: "ack", seqNo, payload: NONE });
  }

  /**
   * Pings a member directly, outside of the failure detector: whatever comes of it changes no opinion. Returns the
   * number that its ack has.
   */
  ping(to: Endpoint, node: string, nowMs: InstantMs): number {
    this.#setNow(nowMs);
    const seqNo = this.#context.nextSeqNo();
    this.#context.send(to, node, [{ type: "ping", seqNo, node, source: this.#rumours.source }]);
    return seqNo;
  }

  /** Our side of an exchange. */
  localExchange(join: boolean, userState?: Uint8Array): Exchange {
    return toExchange(this.#context, join, this.#rumours.suspicions.names(), userState);
  }

  /** The other side of an exchange, whoever began it. */
  onExchange(exchange: Exchange, nowMs: InstantMs): void {
    this.#setNow(nowMs);
    mergeExchange(exchange, this.#context, this.#rumours);
  }

  /**
   * Members known from elsewhere (an exchange of an earlier life, a list that everybody has): accepted without passing
   * them on.
   */
  preload(members: readonly MemberRecord[]): void {
    this.#rumours.preload(members);
  }

  /** Asks for an exchange with each, to become a member there. */
  join(endpoints: readonly Endpoint[]): void {
    const timeoutMs = this.#context.profile.streamTimeoutMs;
    for (const to of endpoints) this.#context.emit({ kind: "exchange", to, join: true, timeoutMs });
  }

  /** Addresses where members should be; tried for ever while no member lives there. */
  setSeeds(seeds: readonly Endpoint[]): void {
    this.#reconnect.setSeeds(seeds);
  }

  /** Changes what we tell about ourselves. */
  changeMeta(meta: Uint8Array): void {
    invariant(meta.length <= META_BYTES_MAX, "metadata fits");
    this.#rumours.changeMeta(meta);
  }

  /** Sends a message of the application to all, as news; it may come twice or, rarely, not at all. */
  broadcast(data: Uint8Array): void {
    this.#context.queue.putUser(toPart({ type: "user", data }));
  }

  /** Announces that we leave; the news is out when `hasNews` is false again. */
  leave(nowMs: InstantMs): void {
    this.#setNow(nowMs);
    this.#rumours.leave();
  }

  get hasNews(): boolean {
    return this.#context.queue.size > 0;
  }

  /** All known members, including ourselves and, for a while, those that are gone. Live objects: read, do not keep. */
  members(): readonly MemberView[] {
    return this.#context.table.all();
  }

  member(name: string): MemberView | undefined {
    return this.#context.table.get(name);
  }

  get self(): MemberView {
    return this.#rumours.self;
  }

  /** Whether an address is a known member's, even a lost one's. All hosts of a cluster gossip on the same port. */
  isHome(address: string): boolean {
    return this.#context.table.at({ address, port: this.self.endpoint.port }) !== undefined;
  }

  /** Members neither dead nor left, ourselves included. */
  get present(): number {
    return this.#context.table.present;
  }

  /** Our own health; 0 = fine. */
  get awareness(): number {
    return this.#context.awareness.score;
  }

  // Time stands still rather than going back if the inputs' instants ever disagree.
  #setNow(nowMs: InstantMs): void {
    this.#context.nowMs = Math.max(this.#context.nowMs, nowMs);
  }

  #onPing({ node, seqNo, source }: Ping, from: Endpoint): void {
    if (node !== "" && node !== this.#context.self) {
      this.#context.emit({ kind: "odd", what: "notForUs", node });
      return;
    }
    this.#context.send(from, source?.node ?? null, [{ type: "ack", seqNo, payload: NONE }]);
  }

  #postpone(byMs: number): void {
    for (const part of [this.#failureDetector, this.#relays, this.#rumours.suspicions, this.#reconnect])
      part.postpone(byMs);
    this.#exchangeAtMs += byMs;
  }

  /** News goes out at once unless some was sent just before; never while there is none. */
  #gossipDueMs(): InstantMs {
    if (this.#context.queue.size === 0) return Number.POSITIVE_INFINITY;
    return Math.max(this.#context.nowMs, this.#gossipedAtMs + this.#context.profile.gossipIntervalMs);
  }

  #maybeGossip(): void {
    const { nowMs, table, profile, self } = this.#context;
    if (nowMs < this.#gossipDueMs()) return;
    this.#gossipedAtMs = nowMs;
    const targets = table.pick(profile.gossipNodes, (member) => {
      if (member.name === self || member.state === "left") return false;
      return member.state !== "dead" || nowMs - member.stateSinceMs < profile.gossipToTheDeadMs;
    });
    for (const { endpoint, name } of targets) if (!this.#context.sendNews(endpoint, name)) break;
    // If we are alone, no one hears the news and it would be kept for ever.
    if (targets.length === 0 && table.present <= 1) this.#context.takeNews(Number.MAX_SAFE_INTEGER, 255);
  }

  #maybeExchange(): void {
    const { nowMs, table, profile, self } = this.#context;
    if (nowMs < this.#exchangeAtMs) return;
    const members = Math.min(table.present, profile.exchangeMembersMax);
    this.#exchangeAtMs = nowMs + exchangeIntervalMs(profile.exchangeIntervalMs, members);
    const [partner] = table.pick(1, (member) => member.name !== self && member.state === "alive");
    if (partner === undefined) return;
    this.#context.emit({ kind: "exchange", to: partner.endpoint, join: false, timeoutMs: profile.streamTimeoutMs });
  }

  #forgetDead(): void {
    const { nowMs, table, profile, self } = this.#context;
    const forgotten = table.remove(
      (member) => member.name !== self && nowMs - member.stateSinceMs > profile.gossipToTheDeadMs,
    );
    for (const member of forgotten) this.#reconnect.remember(member);
  }
}
