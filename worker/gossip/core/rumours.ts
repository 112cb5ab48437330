import { mustHave } from "../../../shared/invariant.ts";
import type { InstantMs } from "../../../shared/ports/clock.ts";
import type { Endpoint } from "../wire/address.ts";
import { type Alive, type Dead, type Part, type Suspect, toPart } from "../wire/messages.ts";
import type { MemberRecord } from "../wire/stream.ts";
import type { Context } from "./context.ts";
import type { MemberChange, Oddity } from "./effects.ts";
import { confirmationsWanted, suspicionMinMs } from "./formulas.ts";
import { ACCUSERS_MAX, isGone, type Member, OUR_VERSIONS } from "./member.ts";
import { Suspicion } from "./suspicion.ts";

/** A member raises its incarnation by living: a refutation or new metadata each. Whoever is so far ahead of what we know did not. */
export const INCARNATION_LEAP_MAX = 1 << 20;

/** Up to this many members each asks a suspect for its last word; in a larger cluster only its accuser. */
export const LAST_WORD_ALL_MAX = 32;

/**
 * The rules by which news of members is believed. Invariants:
 * 1. A member's incarnation never falls, and ours is raised only here.
 * 2. In one incarnation a member goes alive -> suspect -> dead or left, never back.
 * 3. A suspicion runs exactly for those in state suspect.
 */
export class Rumours {
  readonly #context: Context;
  readonly #suspicions = new Map<string, Suspicion>();

  constructor(context: Context, self: { readonly endpoint: Endpoint; readonly meta: Uint8Array }) {
    this.#context = context;
    const { table, nowMs, queue } = context;
    const member: Member = {
      name: context.self,
      ...self,
      incarnation: 1,
      state: "alive",
      stateSinceMs: nowMs,
      versions: OUR_VERSIONS,
      accusers: new Set(),
    };
    table.add(member);
    queue.put(member.name, toPart(toAlive(member)));
  }

  get self(): Member {
    return mustHave(this.#context.table.get(this.#context.self), "our own member");
  }

  onAlive(alive: Alive, part: Part): void {
    const { table, isLeaving, self } = this.#context;
    if (alive.node === self) {
      if (!isLeaving) this.#onAliveSelf(alive);
      return;
    }
    const known = table.get(alive.node);
    if (known === undefined) {
      if (alive.incarnation > 2 ** 31) this.#odd("farAhead", alive.node);
      else this.#meet(alive, part);
      return;
    }
    const isElsewhere = !isSame(known.endpoint, alive.endpoint);
    const mayMove = isElsewhere && this.#mayMove(known);
    if (isElsewhere && !mayMove) {
      // News of an older life at another address is common after a move; a newer one is a second member of that name.
      if (alive.incarnation > known.incarnation) this.#odd("conflict", alive.node);
      return;
    }
    if (alive.incarnation <= known.incarnation && !mayMove) return;
    if (mayMove && alive.incarnation < known.incarnation && known.state !== "left") return;
    if (this.#isFarAhead(alive, known)) return;
    this.#follow(known, alive, part);
  }

  /** Takes over members that everybody has been told of already; unknown ones are believed to be alive, and no news. */
  preload(records: readonly MemberRecord[]): void {
    const { table, nowMs } = this.#context;
    for (const record of records) {
      if (table.get(record.name) !== undefined) continue;
      table.add({ ...record, state: "alive", stateSinceMs: nowMs, accusers: new Set() });
    }
  }

  onSuspect(suspect: Suspect, part: Part): void {
    const { table, self, queue } = this.#context;
    const known = table.get(suspect.node);
    if (known === undefined || this.#isOutdated(suspect, known) || this.#isFarAhead(suspect, known)) return;
    const running = this.#suspicions.get(known.name);
    if (running !== undefined) {
      accuse(known, suspect.from);
      if (running.maybeConfirm(suspect.from)) queue.put(known.name, part);
      return;
    }
    if (known.state !== "alive") return;
    if (known.name === self) {
      this.#refute(suspect.incarnation);
      return;
    }
    queue.put(known.name, part);
    known.incarnation = suspect.incarnation;
    accuse(known, suspect.from);
    this.#becomeSuspect(known, suspect.from);
  }

  onDead(dead: Dead, part: Part): void {
    const { table, self, isLeaving, queue } = this.#context;
    const known = table.get(dead.node);
    if (known === undefined || this.#isOutdated(dead, known) || this.#isFarAhead(dead, known)) return;
    if (isGone(known)) {
      if (dead.incarnation === known.incarnation) accuse(known, dead.from);
      return;
    }
    if (known.name === self && !isLeaving) {
      this.#refute(dead.incarnation);
      return;
    }
    queue.put(known.name, part);
    known.incarnation = dead.incarnation;
    const isGoodbye = dead.from === dead.node;
    if (!isGoodbye) accuse(known, dead.from);
    this.#become(known, isGoodbye ? "left" : "dead", isGoodbye ? "left" : "died");
  }

  /** We could not reach it: suspect it, in its present incarnation. */
  suspect(member: Member): void {
    const message: Suspect = {
      type: "suspect",
      incarnation: member.incarnation,
      node: member.name,
      from: this.#context.self,
    };
    this.onSuspect(message, toPart(message));
  }

  /** Tells something else about ourselves from now on. */
  changeMeta(meta: Uint8Array): void {
    const { self } = this;
    self.meta = meta;
    self.incarnation++;
    this.#announce();
  }

  /** Says good-bye. */
  leave(): void {
    this.#context.isLeaving = true;
    const { name, incarnation } = this.self;
    const message: Dead = { type: "dead", incarnation, node: name, from: name };
    this.onDead(message, toPart(message));
  }

  /** Declares those whose suspicion has run out, and asks those of ours for whom it soon will. */
  tick(): void {
    const { table, nowMs, self } = this.#context;
    for (const [name, suspicion] of this.#suspicions) {
      if (nowMs >= this.#lastWordAtMs(suspicion)) this.#askForLastWord(name, suspicion);
      if (nowMs < suspicion.deadlineMs) continue;
      const { incarnation } = mustHave(table.get(name), "a suspect");
      const message: Dead = { type: "dead", incarnation, node: name, from: self };
      this.onDead(message, toPart(message));
    }
  }

  get dueMs(): InstantMs {
    let dueMs = Number.POSITIVE_INFINITY;
    for (const suspicion of this.#suspicions.values()) {
      dueMs = Math.min(dueMs, suspicion.deadlineMs, this.#lastWordAtMs(suspicion));
    }
    return dueMs;
  }

  postpone(byMs: number): void {
    for (const suspicion of this.#suspicions.values()) suspicion.postpone(byMs);
  }

  // After a restart others know a higher incarnation of ours, or other metadata: outbid it.
  #onAliveSelf(alive: Alive): void {
    const { self } = this;
    if (alive.incarnation < self.incarnation || this.#isFarAhead(alive, self)) return;
    const isOurs = isSame(alive.endpoint, self.endpoint) && Buffer.from(alive.meta).equals(self.meta);
    if (alive.incarnation === self.incarnation && isOurs) return;
    this.#refute(alive.incarnation);
  }

  #meet(alive: Alive, part: Part): void {
    const { table, queue, nowMs } = this.#context;
    const member: Member = { ...toFacts(alive), state: "alive", stateSinceMs: nowMs, accusers: new Set() };
    table.add(member);
    queue.put(member.name, part);
    this.#tell("joined", member);
  }

  #follow(known: Member, alive: Alive, part: Part): void {
    const { table, queue, nowMs } = this.#context;
    const before = { state: known.state, meta: known.meta, endpoint: known.endpoint };
    const { name: _, ...facts } = toFacts(alive);
    Object.assign(known, facts);
    known.accusers.clear();
    this.#suspicions.delete(known.name);
    table.setState(known, "alive", nowMs);
    queue.put(known.name, part);
    if (isGone(before)) this.#tell("joined", known);
    else if (before.state === "suspect") this.#tell("trusted", known);
    const isChanged = !Buffer.from(before.meta).equals(known.meta) || !isSame(before.endpoint, known.endpoint);
    if (isChanged && !isGone(before)) this.#tell("updated", known);
  }

  #lastWordAtMs(suspicion: Suspicion): InstantMs {
    if (suspicion.isAsked) return Number.POSITIVE_INFINITY;
    return suspicion.deadlineMs - this.#context.profile.probeIntervalMs;
  }

  /**
   * News reaches all only almost always, and a member whose UDP is blocked hardly ever: so before its verdict one asks the
   * suspect itself, by TCP. In a large cluster only the accuser does: a thousand members that merely heard the accusation
   * would bury the suspect in connections.
   */
  #askForLastWord(name: string, suspicion: Suspicion): void {
    suspicion.isAsked = true;
    const { endpoint } = mustHave(this.#context.table.get(name), "a suspect");
    const timeoutMs = this.#context.profile.streamTimeoutMs;
    this.#context.emit({ kind: "exchange", to: endpoint, join: false, timeoutMs });
  }

  #mayMove({ state, stateSinceMs }: Member): boolean {
    const { reclaimAfterMs } = this.#context.profile;
    if (state === "left") return true;
    return state === "dead" && reclaimAfterMs !== null && this.#context.nowMs - stateSinceMs >= reclaimAfterMs;
  }

  #becomeSuspect(member: Member, accuser: string): void {
    const { profile, table, nowMs } = this.#context;
    const minMs = suspicionMinMs(profile.suspicionMult, table.present, profile.probeIntervalMs);
    const suspicion = new Suspicion({
      accuser,
      confirmationsWanted: confirmationsWanted(profile.suspicionMult, table.present),
      minMs,
      maxMs: profile.suspicionMaxMult * minMs,
      nowMs,
      asksSuspect: accuser === this.#context.self || table.present <= LAST_WORD_ALL_MAX,
    });
    this.#become(member, "suspect", "suspected");
    this.#suspicions.set(member.name, suspicion);
  }

  #become(member: Member, state: Member["state"], change: MemberChange): void {
    this.#suspicions.delete(member.name);
    this.#context.table.setState(member, state, this.#context.nowMs);
    this.#tell(change, member);
  }

  /** Being accused at all is a sign that we are not well. */
  #refute(accusedIncarnation: number): void {
    const { self } = this;
    self.incarnation = Math.max(self.incarnation, accusedIncarnation) + 1;
    this.#context.awareness.add(1);
    this.#announce();
  }

  #announce(): void {
    this.#context.queue.put(this.self.name, toPart(toAlive(this.self)));
  }

  /**
   * An accusation of ourselves that we refuted already comes from somebody who missed the refutation (news reaches all
   * only almost always): tell it again, on the ack of the very ping that brought the accusation. memberlist's members
   * let such an accuser run into its verdict.
   */
  #isOutdated({ incarnation, node }: Suspect | Dead, known: Member): boolean {
    if (incarnation >= known.incarnation) return false;
    if (node === this.#context.self && !this.#context.isLeaving) this.#announce();
    return true;
  }

  #isFarAhead({ incarnation, node }: Alive | Suspect | Dead, known: Member): boolean {
    if (incarnation <= known.incarnation + INCARNATION_LEAP_MAX) return false;
    this.#odd("farAhead", node);
    return true;
  }

  #tell(change: MemberChange, member: Member): void {
    if (member.name !== this.#context.self) this.#context.emit({ kind: "member", change, member: snapshot(member) });
  }

  #odd(what: Oddity, node: string): void {
    this.#context.emit({ kind: "odd", what, node });
  }
}

/** A member as it is now; later changes do not show. */
export function snapshot(member: Member): Member {
  return { ...member, accusers: new Set(member.accusers) };
}

function accuse({ accusers }: Member, from: string): void {
  if (accusers.size < ACCUSERS_MAX) accusers.add(from);
}

function toAlive({ name, incarnation, endpoint, meta, versions }: Member): Alive {
  return { type: "alive", node: name, incarnation, endpoint, meta, versions };
}

function toFacts({
  node,
  incarnation,
  endpoint,
  meta,
  versions,
}: Alive): Omit<Member, "state" | "stateSinceMs" | "accusers"> {
  return { name: node, incarnation, endpoint, meta, versions };
}

function isSame(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port;
}
