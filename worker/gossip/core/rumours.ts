import { mustHave } from "../../../shared/invariant.ts";
import { type Endpoint, isSameEndpoint } from "../wire/address.ts";
import { type Alive, type Dead, type Part, type Source, type Suspect, toPart } from "../wire/messages.ts";
import type { MemberRecord } from "../wire/stream.ts";
import type { Context } from "./context.ts";
import type { MemberChange, Oddity } from "./effects.ts";
import { ACCUSERS_MAX, canSpeakTogether, isGone, type Member, OUR_VERSIONS } from "./member.ts";
import { MEMBERS_MAX } from "./member-table.ts";
import { Suspicions } from "./suspicions.ts";

/**
 * A member raises its incarnation by one with each refutation or change of metadata. An incarnation this far ahead of
 * what we know was not reached that way.
 */
export const INCARNATION_LEAP_MAX = 1 << 20;

/** A member first heard of may have lived for long: this many lives and refutations. */
const FIRST_INCARNATION_MAX = 2 ** 31;

/** Two hosts with one name and one set of keys outbid each other for ever; this is how often they may. */
export const CONFLICT_REFUTE_EVERY_MS = 10_000;

/**
 * The rules by which news about members is accepted. Invariants:
 * 1. A member's incarnation never falls while it is known, and ours is raised only here.
 * 2. In one incarnation a member goes alive -> suspect -> dead or left, never back.
 * 3. A suspicion runs exactly for those in state suspect.
 */
export class Rumours {
  readonly #context: Context;
  readonly suspicions: Suspicions;
  #conflictRefutedAtMs = Number.NEGATIVE_INFINITY;

  constructor(context: Context, self: { readonly endpoint: Endpoint; readonly meta: Uint8Array }) {
    this.#context = context;
    this.suspicions = new Suspicions(context);
    const { table, nowMs } = context;
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
    context.tellOn(member, toPart(toAlive(member)));
  }

  get self(): Member {
    return mustHave(this.#context.table.own(this.#context.self), "our own member");
  }

  /** How we name ourselves to those we ask, if the profile wants it. */
  get source(): Source | null {
    const { endpoint, name } = this.self;
    return this.#context.profile.namesItself ? { ...endpoint, node: name } : null;
  }

  onAlive(alive: Alive, part: Part): void {
    const { table, isLeaving, self } = this.#context;
    // Not even passed on: no one who hears of it from us could understand it any better.
    if (!canSpeakTogether(alive.versions, OUR_VERSIONS)) {
      this.#odd("version", alive.node);
      return;
    }
    if (alive.node === self) {
      if (!isLeaving) this.#onAliveSelf(alive);
      return;
    }
    const known = table.own(alive.node);
    if (known === undefined) this.#maybeMeet(alive, part);
    else this.#maybeFollow(known, alive, part);
  }

  /**
   * Takes over members that everybody already knows; unknown ones are assumed to be alive, and are not passed on as
   * news.
   */
  preload(records: readonly MemberRecord[]): void {
    const { table, nowMs } = this.#context;
    for (const record of records) {
      if (table.get(record.name) !== undefined || table.size >= MEMBERS_MAX) continue;
      table.add({ ...record, state: "alive", stateSinceMs: nowMs, accusers: new Set() });
    }
  }

  onSuspect(suspect: Suspect, part: Part): void {
    const { table, self } = this.#context;
    const known = table.own(suspect.node);
    if (known === undefined || this.#isOutdated(suspect, known) || this.#isFarAhead(suspect, known)) return;
    const running = this.suspicions.get(known.name);
    if (running !== undefined) {
      accuse(known, suspect.from);
      if (running.maybeConfirm(suspect.from)) this.#context.tellOn(known, part);
      return;
    }
    if (known.state !== "alive") return;
    if (known.name === self) {
      this.#refute(suspect.incarnation);
      return;
    }
    this.#context.tellOn(known, part);
    known.incarnation = suspect.incarnation;
    accuse(known, suspect.from);
    this.#become(known, "suspect", "suspected");
    this.suspicions.begin(known.name, suspect.from);
  }

  onDead(dead: Dead, part: Part): void {
    const { table, self, isLeaving } = this.#context;
    const known = table.own(dead.node);
    if (known === undefined || this.#isOutdated(dead, known) || this.#isFarAhead(dead, known)) return;
    if (known.name === self && !isLeaving) {
      this.#refute(dead.incarnation);
      return;
    }
    if (dead.from === dead.node) {
      this.#maybePart(known, dead, part);
      return;
    }
    if (isGone(known)) {
      if (dead.incarnation === known.incarnation) accuse(known, dead.from);
      return;
    }
    if (dead.from !== self && !this.#mayFollowVerdict(known, dead)) return;
    this.#context.tellOn(known, part);
    known.incarnation = dead.incarnation;
    accuse(known, dead.from);
    this.#become(known, "dead", "died");
  }

  /** A member's own announcement that it leaves counts, even if it was already thought dead. */
  #maybePart(known: Member, dead: Dead, part: Part): void {
    if (known.state === "left") return;
    this.#context.tellOn(known, part);
    known.incarnation = dead.incarnation;
    this.#become(known, "left", "left");
  }

  /**
   * Another member's verdict shortens our own suspicion to its minimum, and is followed when that has passed.
   * memberlist follows at once; but a member that was cut off comes back with verdicts about everybody, and those that
   * are alive need a moment to object.
   */
  #mayFollowVerdict(known: Member, { node, incarnation, from }: Dead): boolean {
    if (known.state === "alive") {
      const suspect: Suspect = { type: "suspect", node, incarnation, from };
      this.onSuspect(suspect, toPart(suspect));
    }
    accuse(known, from);
    const suspicion = this.suspicions.get(node);
    suspicion?.confirmAll();
    return suspicion !== undefined && this.#context.nowMs >= suspicion.deadlineMs;
  }

  /** We could not reach it: suspect it, in its present incarnation. */
  suspect(member: Member): void {
    const message = this.#toSuspect(member);
    this.onSuspect(message, toPart(message));
  }

  #toSuspect({ incarnation, name }: Member): Suspect {
    return { type: "suspect", incarnation, node: name, from: this.#context.self };
  }

  /** Changes what we tell about ourselves from now on. */
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

  /** Declares dead those whose suspicion has run out, and asks suspects of our own for whom it soon will. */
  tick(): void {
    const { table, self } = this.#context;
    for (const name of this.suspicions.takeToAsk()) this.#askForLastWord(mustHave(table.get(name), "a suspect"));
    for (const name of this.suspicions.expired()) {
      const { incarnation } = mustHave(table.get(name), "a suspect");
      const message: Dead = { type: "dead", incarnation, node: name, from: self };
      this.onDead(message, toPart(message));
    }
  }

  // After a restart others know a higher incarnation of ours, other metadata or another address: outbid it.
  #onAliveSelf(alive: Alive): void {
    const { self } = this;
    if (alive.incarnation < self.incarnation || this.#isFarAhead(alive, self)) return;
    if (!isSameEndpoint(alive.endpoint, self.endpoint)) {
      this.#onNamesake(alive);
      return;
    }
    if (alive.incarnation === self.incarnation && isEqual(alive.meta, self.meta)) return;
    this.#refute(alive.incarnation);
  }

  /**
   * Our own earlier life elsewhere, or a second host with our name (a copied disk); the first is outbid with one
   * message, the second never.
   */
  #onNamesake(alive: Alive): void {
    const { nowMs } = this.#context;
    this.#odd("conflict", alive.node);
    if (nowMs - this.#conflictRefutedAtMs < CONFLICT_REFUTE_EVERY_MS) return;
    this.#conflictRefutedAtMs = nowMs;
    this.#outbid(alive.incarnation);
  }

  #maybeMeet(alive: Alive, part: Part): void {
    const { table, nowMs } = this.#context;
    if (alive.incarnation > FIRST_INCARNATION_MAX) {
      this.#odd("farAhead", alive.node);
      return;
    }
    if (table.size >= MEMBERS_MAX) {
      this.#odd("tooManyMembers", alive.node);
      return;
    }
    this.#maybeNoteShared(alive);
    const member: Member = { ...toFacts(alive), state: "alive", stateSinceMs: nowMs, accusers: new Set() };
    table.add(member);
    this.#context.tellOn(member, part);
    this.#tell("joined", member);
  }

  #maybeFollow(known: Member, alive: Alive, part: Part): void {
    const isElsewhere = !isSameEndpoint(known.endpoint, alive.endpoint);
    if (isElsewhere && !this.#mayMove(known)) {
      // News of an older life at another address is common after a move; a newer one is a second member of that name.
      if (alive.incarnation > known.incarnation) this.#odd("conflict", alive.node);
      return;
    }
    // A member that moved started afresh and may not know its old incarnation yet; one that stayed must outbid its
    // accusers.
    const isNewer = alive.incarnation > known.incarnation || (isElsewhere && alive.incarnation === known.incarnation);
    if (!isNewer || this.#isFarAhead(alive, known)) return;
    if (isElsewhere) this.#maybeNoteShared(alive);
    this.#follow(known, alive, part);
  }

  #maybeNoteShared({ node, endpoint }: Alive): void {
    const there = this.#context.table.at(endpoint);
    if (there !== undefined && there.name !== node && !isGone(there)) this.#odd("sharedAddress", node);
  }

  #follow(known: Member, alive: Alive, part: Part): void {
    const { table, nowMs } = this.#context;
    const before = { state: known.state, meta: known.meta, endpoint: known.endpoint };
    known.incarnation = alive.incarnation;
    known.meta = alive.meta;
    known.versions = alive.versions;
    if (!isSameEndpoint(before.endpoint, alive.endpoint)) table.move(known, alive.endpoint);
    known.accusers.clear();
    this.suspicions.end(known.name);
    table.setState(known, "alive", nowMs);
    this.#context.tellOn(known, part);
    if (isGone(before)) this.#tell("joined", known);
    else if (before.state === "suspect") this.#tell("trusted", known);
    const isChanged = !isEqual(before.meta, known.meta) || !isSameEndpoint(before.endpoint, known.endpoint);
    if (isChanged && !isGone(before)) this.#tell("updated", known);
  }

  /**
   * News reaches everyone almost always but not always, and hardly ever a member whose UDP is blocked. So before the
   * verdict we ask the suspect itself, by TCP. In a large cluster only the accuser does: a thousand members that merely
   * heard the accusation would flood the suspect with connections. Our own accusation is repeated: it, too, may not
   * have reached anyone who could pass it on to the suspect.
   */
  #askForLastWord(member: Member): void {
    const { table, self, profile } = this.#context;
    if (member.accusers.has(self)) this.#context.tellOn(member, toPart(this.#toSuspect(member)));
    const asked = [member];
    // If no one shares the suspicion, another member may know why.
    if (this.suspicions.get(member.name)?.isLonely === true) {
      asked.push(...table.pick(1, ({ name, state }) => state === "alive" && name !== self));
    }
    const timeoutMs = profile.streamTimeoutMs;
    for (const { endpoint } of asked) this.#context.emit({ kind: "exchange", to: endpoint, join: false, timeoutMs });
  }

  #mayMove({ state, stateSinceMs }: Member): boolean {
    const { reclaimAfterMs } = this.#context.profile;
    if (state === "left") return true;
    return state === "dead" && reclaimAfterMs !== null && this.#context.nowMs - stateSinceMs >= reclaimAfterMs;
  }

  #become(member: Member, state: Member["state"], change: MemberChange): void {
    this.suspicions.end(member.name);
    this.#context.table.setState(member, state, this.#context.nowMs);
    this.#tell(change, member);
  }

  /** Being accused at all is a sign that we are not well. */
  #refute(accusedIncarnation: number): void {
    this.#context.awareness.add(1);
    this.#outbid(accusedIncarnation);
  }

  #outbid(incarnation: number): void {
    const { self } = this;
    self.incarnation = Math.max(self.incarnation, incarnation) + 1;
    this.#announce();
  }

  #announce(): void {
    this.#context.tellOn(this.self, toPart(toAlive(this.self)));
  }

  /**
   * An accusation of ourselves that we have already refuted comes from a member that missed the refutation: send it
   * again, with the ack of the very ping that brought the accusation. memberlist's members let such an accuser run into
   * its verdict.
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

/** A copy of a member as it is now. */
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

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
