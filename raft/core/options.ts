import { invariant } from "../../shared/invariant.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { LogIndex, RaftId, Term } from "../ids.ts";
import { leaseTicksOf } from "./lease.ts";
import type { ConfState } from "./snapshot.ts";
import type { LogReader } from "./stable-log.ts";
import type { TraceSink } from "./trace.ts";

/** What must survive a crash. {term, vote} is written before any answer that depends on it leaves. */
export interface HardState {
  readonly term: Term;
  /** Whom this node voted for in `term`; null = no one. Cleared exactly when the term rises. */
  readonly vote: RaftId | null;
  /** Saves time on restart only; may lag behind. */
  readonly commit: LogIndex;
}

/** What a core starts with, from disk. */
export interface InitialState {
  /** null: nothing was ever written. */
  readonly hardState: HardState | null;
  /** As of `applied`. */
  readonly confState: ConfState;
  /** What the state machine already contains (its snapshot's index); entries after it are handed out again. */
  readonly applied: LogIndex;
  readonly log: LogReader;
}

export interface CoreOptions {
  readonly id: RaftId;
  /** A follower that hears from no leader for this many ticks (randomised up to twice as many) campaigns. */
  readonly electionTicks: number;
  /** A leader sends heartbeats this often. */
  readonly heartbeatTicks: number;
  readonly preVote: boolean;
  /** A leader that does not hear from a quorum within electionTicks steps down; voters keep to a leader they hear. */
  readonly checkQuorum: boolean;
  /**
   * `lease` answers without asking anyone, relying on what voters promised in answer to heartbeats. It needs
   * checkQuorum, the same mode in every member, and clocks within `leaseDriftPercent`; and the shell must report time
   * for which it gave no ticks.
   */
  readonly readMode: "safe" | "lease";
  /** By how much a member's ticks may be longer or shorter than they should be. Only for `lease`. */
  readonly leaseDriftPercent: number;
  readonly stepDownOnRemoval: boolean;
  /** Followers drop proposals instead of sending them to the leader. */
  readonly disableProposalForwarding: boolean;
  /** Only for a test of what the validation prevents. */
  readonly disableConfChangeValidation: boolean;
  /** Entries' bytes in one append; always at least one entry. */
  readonly messageBytesMax: number;
  /** Bytes handed out for applying and not yet reported. At least 1, otherwise nothing is ever applied. */
  readonly applyingBytesMax: number;
  /** Payload bytes proposed and not yet applied; more is dropped. */
  readonly uncommittedBytesMax: number;
  readonly inflightCountMax: number;
  /** 0 = no bound. */
  readonly inflightBytesMax: number;
  /**
   * Allows applying entries that are committed but not known to be on our own disk; the shell writes before it applies.
   */
  readonly applyUnstable: boolean;
  readonly random: Random;
  readonly trace: TraceSink;
}

/** Checks what would otherwise fail late and obscurely. @throws InvariantError naming the option. */
export function validateOptions(options: CoreOptions): void {
  invariant(options.heartbeatTicks >= 1, "heartbeatTicks must be at least 1");
  invariant(options.electionTicks > options.heartbeatTicks, "electionTicks must be greater than heartbeatTicks");
  invariant(options.applyingBytesMax >= 1, "applyingBytesMax must be at least 1");
  invariant(options.uncommittedBytesMax >= 1, "uncommittedBytesMax must be at least 1");
  invariant(options.inflightCountMax >= 1, "inflightCountMax must be at least 1");
  invariant(
    options.inflightBytesMax === 0 || options.inflightBytesMax >= options.messageBytesMax,
    "inflightBytesMax must hold one message of messageBytesMax",
  );
  if (options.readMode === "safe") return;
  invariant(options.checkQuorum, "lease reads need checkQuorum");
  const { leaseDriftPercent, electionTicks, heartbeatTicks } = options;
  invariant(leaseDriftPercent >= 0 && leaseDriftPercent < 100, "leaseDriftPercent must be from 0 to below 100");
  const ticks = leaseTicksOf(electionTicks, leaseDriftPercent);
  invariant(ticks > heartbeatTicks, "electionTicks must leave a lease longer than a heartbeat interval");
}
