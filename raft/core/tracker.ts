import { mustHave } from "../../shared/invariant.ts";
import { type LogIndex, type RaftId, sortedIds, toLogIndex } from "../ids.ts";
import { Inflights } from "./inflights.ts";
import { Progress } from "./progress.ts";
import { type JointVoters, jointCommitted, jointIds, jointVote, type VoteResult } from "./quorum.ts";
import type { ConfState } from "./snapshot.ts";

/**
 * Who is in the group, as of the last applied change.
 *
 * 1. learners are in neither half of the voters.  2. learnersNext is a subset of voters.outgoing.
 * 3. Outside a joint configuration outgoing and learnersNext are empty and autoLeave is false.
 */
export interface Configuration {
  readonly voters: JointVoters;
  readonly learners: ReadonlySet<RaftId>;
  readonly learnersNext: ReadonlySet<RaftId>;
  readonly autoLeave: boolean;
}

const EMPTY_CONFIGURATION: Configuration = {
  voters: { incoming: new Set(), outgoing: new Set() },
  learners: new Set(),
  learnersNext: new Set(),
  autoLeave: false,
};

export function isJoint(configuration: Configuration): boolean {
  return configuration.voters.outgoing.size > 0;
}

export function toConfState(configuration: Configuration): ConfState {
  return {
    voters: sortedIds(configuration.voters.incoming),
    votersOutgoing: sortedIds(configuration.voters.outgoing),
    learners: sortedIds(configuration.learners),
    learnersNext: sortedIds(configuration.learnersNext),
    autoLeave: configuration.autoLeave,
  };
}

export type ProgressMap = ReadonlyMap<RaftId, Progress>;

export interface WindowLimits {
  readonly inflightCountMax: number;
  /** 0 = no bound. */
  readonly inflightBytesMax: number;
}

/**
 * The configuration together with what is known about each member: its progress (leaders) and its vote (candidates).
 */
export class Tracker {
  configuration: Configuration = EMPTY_CONFIGURATION;
  progress: ProgressMap = new Map();
  readonly limits: WindowLimits;
  #votes = new Map<RaftId, boolean>();
  #ids: readonly RaftId[] = [];
  #idsOf: ProgressMap | null = null;

  constructor(limits: WindowLimits) {
    this.limits = limits;
  }

  /** Every member, ascending, so that the order is the same on every run. */
  get ids(): readonly RaftId[] {
    if (this.#idsOf !== this.progress) {
      this.#ids = sortedIds(this.progress.keys());
      this.#idsOf = this.progress;
    }
    return this.#ids;
  }

  mustGet(id: RaftId): Progress {
    return mustHave(this.progress.get(id), `progress of ${id}`);
  }

  createProgress(next: LogIndex, isLearner: boolean): Progress {
    return new Progress(next, isLearner, new Inflights(this.limits.inflightCountMax, this.limits.inflightBytesMax));
  }

  /** A new term: nothing is known about anyone. */
  resetProgress(self: RaftId, last: LogIndex): void {
    this.progress = new Map(
      this.ids.map((id) => {
        const fresh = this.createProgress(toLogIndex(last + 1), this.mustGet(id).isLearner);
        if (id === self) fresh.match = last;
        return [id, fresh];
      }),
    );
  }

  /** What a quorum (of both halves) holds; 0 when there are no voters. */
  committed(): LogIndex {
    const index = jointCommitted(this.configuration.voters, (id) => this.progress.get(id)?.match);
    return toLogIndex(Number.isFinite(index) ? index : 0);
  }

  /** Whether a quorum was heard from since the flags were cleared. */
  isQuorumActive(): boolean {
    const result = jointVote(this.configuration.voters, (id) => this.progress.get(id)?.recentActive ?? false);
    return result === "won";
  }

  isOnlyVoter(id: RaftId): boolean {
    const { incoming, outgoing } = this.configuration.voters;
    return incoming.size === 1 && outgoing.size === 0 && incoming.has(id);
  }

  isVoter(id: RaftId): boolean {
    return this.configuration.voters.incoming.has(id) || this.configuration.voters.outgoing.has(id);
  }

  voterIds(): RaftId[] {
    return sortedIds(jointIds(this.configuration.voters));
  }

  resetVotes(): void {
    this.#votes = new Map();
  }

  /** The first answer counts; a candidate cannot change a voter's mind by asking again. */
  recordVote(id: RaftId, granted: boolean): void {
    if (!this.#votes.has(id)) this.#votes.set(id, granted);
  }

  /** It has answered, with yes. */
  hasVoteOf(id: RaftId): boolean {
    return this.#votes.get(id) === true;
  }

  tallyVotes(): { readonly granted: number; readonly rejected: number; readonly result: VoteResult } {
    let granted = 0;
    let rejected = 0;
    for (const [id, progress] of this.progress) {
      const vote = progress.isLearner ? undefined : this.#votes.get(id);
      if (vote === true) granted++;
      else if (vote === false) rejected++;
    }
    return { granted, rejected, result: jointVote(this.configuration.voters, (id) => this.#votes.get(id)) };
  }
}
