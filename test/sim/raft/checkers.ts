import type { Entry, EntryId } from "../../../raft/core/entry.ts";
import type { Input } from "../../../raft/core/input.ts";
import type { Message } from "../../../raft/core/message.ts";
import type { HardState } from "../../../raft/core/options.ts";
import type { RaftCore } from "../../../raft/core/raft-core.ts";
import type { LogIndex, RaftId, Term } from "../../../raft/ids.ts";
import { printEntry, printMessage } from "../../support/print-messages.ts";

/** A promise of Raft was broken. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** What a member would find again if it lost power now. */
export interface Durable {
  readonly hardState: HardState | null;
  readonly log: { lastIndex(): LogIndex };
}

function check(condition: boolean, sentence: () => string): asserts condition {
  if (!condition) throw new Violation(sentence());
}

interface Known {
  readonly entry: Entry;
  /** The term of the entry before it: with it, equal ids mean equal prefixes, by induction. */
  readonly prevTerm: Term | null;
}

/** Entries travel as they are, so that mostly it is one and the same object. */
function isSame(a: Entry, b: Entry): boolean {
  return a === b || (a.term === b.term && printEntry(a) === printEntry(b));
}

/** The disk holds that vote, or a later term, in which nobody asks for it. */
function isVote(kept: HardState | null, term: Term, to: RaftId): boolean {
  return kept !== null && (kept.term > term || (kept.term === term && kept.vote === to));
}

/**
 * Watches a whole group from outside and says when a safety property of the Raft paper (Figure 3) is broken. Cheap
 * enough to run after every event.
 */
export class Checkers {
  readonly #leaders = new Map<Term, RaftId>();
  /** By term, then by index. */
  readonly #entries = new Map<Term, Map<LogIndex, Known>>();
  readonly #applied: (Entry | undefined)[] = [];
  /** By index: the term of the committed entry, and the term whose leader committed it. */
  readonly #committed: ({ readonly entryTerm: Term; readonly inTerm: Term } | undefined)[] = [];
  readonly #votes = new Map<string, RaftId>();
  /** Terms whose leader's own vote was looked at. */
  readonly #leadsByVote = new Set<Term>();
  readonly #lastCommit = new Map<RaftId, LogIndex>();
  /** Of leaders: how long their log was, in which term. */
  readonly #leaderLast = new Map<RaftId, { readonly term: Term; readonly last: LogIndex }>();

  get appliedCount(): number {
    return this.#applied.length;
  }

  /** The highest entry known to be committed; null before there is one. */
  get lastCommitted(): EntryId | null {
    const index = (this.#committed.length - 1) as LogIndex;
    const committed = this.#committed[index];
    return committed === undefined ? null : { term: committed.entryTerm, index };
  }

  /** The one entry of that name, if it was ever handed out by anyone. */
  entryOf(term: Term, index: LogIndex): Entry | null {
    return this.#entries.get(term)?.get(index)?.entry ?? null;
  }

  /** Election Safety, Leader Append-Only, Leader Completeness, and a commit index that never falls. */
  onStepped(core: RaftCore, input: Input): void {
    const { id, term, role, lastIndex, commit } = core;
    check(commit >= (this.#lastCommit.get(id) ?? 0), () => `commit index of ${id} fell to ${commit}`);
    this.#lastCommit.set(id, commit);
    if (role !== "leader") {
      this.#leaderLast.delete(id);
      return;
    }
    const before = this.#leaderLast.get(id);
    if (before?.term === term) {
      check(lastIndex >= before.last, () => `leader ${id} of term ${term} cut its own log`);
    } else {
      const other = this.#leaders.get(term);
      check(other === undefined || other === id, () => `two leaders in term ${term}: ${other} and ${id}`);
      this.#leaders.set(term, id);
      this.#checkCompleteness(core);
    }
    this.#leaderLast.set(id, { term, last: lastIndex });
    this.#noteCommitted(core);
    // A tick changes nobody's progress, and an answer only that of the one who gave it.
    if (input.kind === "tick") return;
    this.#checkProgress(core, input.kind === "message" ? [input.message.from] : core.progress.keys());
  }

  #noteCommitted(core: RaftCore): void {
    for (
      let index: LogIndex = core.commit;
      index >= core.firstIndex && this.#committed[index] === undefined;
      index = (index - 1) as LogIndex
    ) {
      const entryTerm = core.termAt(index);
      if (typeof entryTerm === "number") this.#committed[index] = { entryTerm, inTerm: core.term };
    }
  }

  /** What was committed in an earlier term. A candidate that slept may win an old term late: it owes nothing newer. */
  #checkCompleteness(core: RaftCore): void {
    for (let index: LogIndex = core.firstIndex; index < this.#committed.length; index = (index + 1) as LogIndex) {
      const committed = this.#committed[index];
      if (committed === undefined || committed.inTerm >= core.term) continue;
      const { entryTerm } = committed;
      const own = core.termAt(index);
      check(own === entryTerm, () => `leader ${core.id} of term ${core.term} lacks committed ${entryTerm}/${index}`);
    }
  }

  #checkProgress(core: RaftCore, peers: Iterable<RaftId>): void {
    for (const id of peers) {
      const progress = core.progress.get(id);
      if (progress === undefined) continue;
      const { match, next } = progress;
      check(match < next, () => `leader ${core.id} believes match=${match} next=${next} of ${id}`);
      check(match <= core.lastIndex, () => `leader ${core.id} believes ${id} holds ${match}, beyond its own log`);
    }
  }

  /** Log Matching: an entry's id names one entry, after one prefix, everywhere and for ever. */
  onEntriesHandedOut(core: RaftCore, entries: readonly Entry[]): void {
    for (const entry of entries) {
      const prev = entry.index === core.firstIndex ? null : core.termAt((entry.index - 1) as LogIndex);
      const prevTerm = typeof prev === "number" ? prev : null;
      const known = this.#entries.get(entry.term)?.get(entry.index);
      if (known === undefined) {
        this.#remember(entry, prevTerm);
        continue;
      }
      check(isSame(known.entry, entry), () => `${printEntry(known.entry)} is, on ${core.id}, ${printEntry(entry)}`);
      const comparable = known.prevTerm !== null && prevTerm !== null;
      check(
        !comparable || known.prevTerm === prevTerm,
        () => `${printEntry(entry)} follows other entries on ${core.id}`,
      );
    }
  }

  #remember(entry: Entry, prevTerm: Term | null): void {
    // Shared between members as it is here, a change by one would be a change for all.
    Object.freeze(entry);
    const ofTerm = this.#entries.get(entry.term);
    if (ofTerm === undefined) this.#entries.set(entry.term, new Map([[entry.index, { entry, prevTerm }]]));
    else ofTerm.set(entry.index, { entry, prevTerm });
  }

  /** State Machine Safety: at an index everyone applies the same entry. */
  onApply(id: RaftId, entry: Entry): void {
    const known = this.#applied[entry.index];
    if (known === undefined) {
      this.#applied[entry.index] = entry;
      return;
    }
    check(isSame(known, entry), () => `${id} applies ${printEntry(entry)} where another applied ${printEntry(known)}`);
  }

  /** Promises must be on disk before they leave; and a member votes once a term, also over restarts. */
  onSend(core: RaftCore, disk: Durable, message: Message): void {
    const { id } = core;
    switch (message.kind) {
      case "voteRequest":
        // One that waited for its write may be old news by then; but its term is on disk, and nobody stands in a term
        // twice.
        check(
          disk.log.lastIndex() >= message.last.index || (disk.hardState?.term ?? 0) >= message.term,
          () => `${id} stands with a log that is not on its disk`,
        );
        return;
      case "appendEntries":
        if (this.#leadsByVote.has(message.term)) return;
        this.#leadsByVote.add(message.term);
        this.#checkVote(id, message.term, id);
        check(isVote(disk.hardState, message.term, id), () => `${id} leads by a vote that is not on its disk`);
        return;
      case "voteResponse": {
        if (!message.granted) return;
        this.#checkVote(id, message.term, message.to);
        const isDurable = isVote(disk.hardState, message.term, message.to);
        check(isDurable, () => `a vote left before it was on disk: ${printMessage(message)}`);
        return;
      }
      case "appendEntriesResponse": {
        if (message.rejection !== null) return;
        check(
          disk.log.lastIndex() >= message.index,
          () => `an acknowledgement left before the entry was on disk: ${printMessage(message)}`,
        );
        return;
      }
      default:
        return;
    }
  }

  #checkVote(id: RaftId, term: Term, candidate: RaftId): void {
    const key = `${id} in ${term}`;
    const before = this.#votes.get(key);
    check(before === undefined || before === candidate, () => `${key} votes for ${before} and for ${candidate}`);
    this.#votes.set(key, candidate);
  }

  /** A read sees everything that was acknowledged before it began. */
  onRead(id: RaftId, index: LogIndex, floor: LogIndex): void {
    check(index >= floor, () => `a read on ${id} may see only ${index}, but ${floor} was acknowledged before it`);
  }

  /** A restart begins anew with what was on disk. */
  onRestart(id: RaftId): void {
    this.#lastCommit.delete(id);
    this.#leaderLast.delete(id);
  }
}
