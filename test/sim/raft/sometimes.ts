import type { Entry } from "../../../raft/core/entry.ts";
import type { Input } from "../../../raft/core/input.ts";
import type { RaftCore } from "../../../raft/core/raft-core.ts";
import type { TraceEvent } from "../../../raft/core/trace.ts";
import type { LogIndex, RaftId, Term } from "../../../raft/ids.ts";

/**
 * Rare situations in which Raft is easily got wrong. A set of runs that never comes to one of them says nothing about
 * it, so they are counted, and a test demands each.
 */
export const SOMETIMES = {
  splitVote: "several stood in a term, and nobody won it",
  figure8: "a quorum held an entry of an earlier term that no leader might commit by counting (Raft 5.4.2)",
  figure8Overwritten: "such an entry was overwritten later, as in Figure 8 (d)",
  snapshotDuringAppend: "a snapshot was sent to a peer while appends were on their way to it",
  snapshotDuringWrite: "a snapshot arrived while entries were being written",
  confChangeRolledBack: "a membership change was in a log, on disk, and was overwritten",
  jointLeaderRemoved: "a leader entered a joint configuration whose new half it is not in",
  transferAborted: "the one who was to lead did not take over, and the leader went on",
  preVoteRefusedByLease: "a pre-vote was refused because the voter heard its leader",
  oldWriteReported: "a write was reported after the term it belongs to (ABA)",
  sameIndexOtherTerm: "such a report named an entry that had been overwritten meanwhile",
  readAtOldLeader: "a read was asked of a leader that had been replaced",
  leaderLosesUnsynced: "a leader lost power with writes under way, and lost them",
  staleSnapshot: "a snapshot arrived that was older than what was committed there",
  matchingSnapshot: "a snapshot arrived whose entry was in the log already",
  committedLearned: "who had not heard that a membership change was committed heard it by a vote",
} as const;

export type Situation = keyof typeof SOMETIMES;

/** Looks out for those situations; tells `count` of each time. */
export class Sometimes {
  readonly #count: (situation: Situation) => void;
  readonly #candidates = new Map<Term, number>();
  readonly #wonTerms = new Set<Term>();
  #highestTerm = 0;
  /** Held by a quorum, of an earlier term than the leader's; by term and index. */
  readonly #figure8 = new Set<string>();
  #transferee: RaftId | null = null;

  constructor(count: (situation: Situation) => void) {
    this.#count = count;
  }

  onTrace(event: TraceEvent): void {
    switch (event.kind) {
      case "becameCandidate":
        this.#onCandidate(event.term);
        return;
      case "becameLeader":
        this.#wonTerms.add(event.term);
        return;
      case "voteIgnored":
        if (event.request === "preVoteRequest") this.#count("preVoteRefusedByLease");
        return;
      case "snapshotSent":
        if (event.progress.inflights.count > 0) this.#count("snapshotDuringAppend");
        return;
      case "snapshotRestoring":
        if (event.log.unstableCount > 0) this.#count("snapshotDuringWrite");
        return;
      case "snapshotIgnored":
        this.#count("staleSnapshot");
        return;
      case "snapshotFastForwarded":
        this.#count("matchingSnapshot");
        return;
      case "conflictFound":
        if (this.#figure8.has(`${event.existingTerm}/${event.index}`)) this.#count("figure8Overwritten");
        return;
      default:
        return;
    }
  }

  beforeStep(core: RaftCore, input: Input): void {
    this.#transferee = input.kind === "tick" ? core.transferee : null;
    if (input.kind !== "persisted" || input.term >= core.term || input.last === null) return;
    this.#count("oldWriteReported");
    if (core.termAt(input.last.index) !== input.last.term) this.#count("sameIndexOtherTerm");
  }

  afterStep(core: RaftCore, input: Input): void {
    if (core.role !== "leader") return;
    if (this.#transferee !== null && core.transferee === null) this.#count("transferAborted");
    // Only until it has committed an entry of its own can a leader be in the situation of Figure 8.
    if (input.kind === "message" && core.termAt(core.commit) !== core.term) this.#lookForFigure8(core);
  }

  /** These entries on disk are about to be overwritten. */
  onOverwritten(entries: readonly Entry[]): void {
    if (entries.some(({ kind }) => kind === "confChange")) this.#count("confChangeRolledBack");
  }

  onConfiguration(core: RaftCore): void {
    const { incoming, outgoing } = core.configuration.voters;
    const isLeaving = outgoing.has(core.id) && !incoming.has(core.id);
    if (core.role === "leader" && isLeaving) this.#count("jointLeaderRemoved");
  }

  onCrash(wasLeader: boolean, lostWrites: number): void {
    if (wasLeader && lostWrites > 0) this.#count("leaderLosesUnsynced");
  }

  onReadAtOldLeader(): void {
    this.#count("readAtOldLeader");
  }

  #onCandidate(term: Term): void {
    if (term > this.#highestTerm) {
      const last = this.#highestTerm as Term;
      if ((this.#candidates.get(last) ?? 0) > 1 && !this.#wonTerms.has(last)) this.#count("splitVote");
      this.#highestTerm = term;
    }
    this.#candidates.set(term, (this.#candidates.get(term) ?? 0) + 1);
  }

  #lookForFigure8(core: RaftCore): void {
    const { incoming, outgoing } = core.configuration.voters;
    const index = Math.min(heldByMajority(core, incoming), heldByMajority(core, outgoing)) as LogIndex;
    const term = index > core.commit ? core.termAt(index) : core.term;
    if (typeof term !== "number" || term >= core.term) return;
    const key = `${term}/${index}`;
    if (this.#figure8.has(key)) return;
    this.#figure8.add(key);
    this.#count("figure8");
  }
}

function heldByMajority(core: RaftCore, voters: ReadonlySet<RaftId>): number {
  const held = Array.from(voters, (id) => core.progress.get(id)?.match ?? 0).sort((a, b) => b - a);
  return held[Math.floor(held.length / 2)] ?? Number.MAX_SAFE_INTEGER;
}
