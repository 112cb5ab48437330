import type { Random } from "../../../shared/ports/random.ts";

/** A planted fault in the simulated world that the checkers must notice: a simulator that never fails is not trusted. */
export type Canary =
  | "none"
  /** The disk confirms writes that it then forgets. */
  | "lyingDisk"
  /** The term survives a crash, the vote does not. */
  | "forgottenVote"
  /** A member that comes back has an empty disk under its old id. */
  | "wipedDisk"
  /** Members answer reads from what they have applied, and ask nobody. Only the clients' history can tell. */
  | "localReads"
  /** Leaders answer reads by their lease alone, which holds neither pauses nor cuts off. Only the history can tell. */
  | "leaseReads";

/** What one run is made of; drawn from its seed, so that every run has its own mix of faults (swarm testing). */
export interface SimOptions {
  readonly seed: number;
  readonly members: number;
  /** Simulated time in which anything may happen, then the time in which all must be well. */
  readonly chaosMs: number;
  readonly healMs: number;
  readonly tickMs: number;
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  readonly preVote: boolean;
  /** Steps go on while writes are under way (asynchronous storage); else one write at a time, as RaftNode does it. */
  readonly pipelinedWrites: boolean;
  readonly fifo: boolean;
  readonly delayMsMean: number;
  readonly dropPercent: number;
  readonly duplicatePercent: number;
  readonly diskMsMean: number;
  readonly messageBytesMax: number;
  readonly inflightCountMax: number;
  /** Entries between snapshots, and entries kept. */
  readonly snapshotInterval: number;
  readonly keepEntries: number;
  /** Mean time between events of the kind; 0 = never. */
  readonly proposeEveryMs: number;
  readonly readEveryMs: number;
  readonly crashEveryMs: number;
  readonly partitionEveryMs: number;
  readonly membershipEveryMs: number;
  readonly transferEveryMs: number;
  readonly falseHintEveryMs: number;
  readonly pauseEveryMs: number;
  readonly canary: Canary;
}

const TICK_MS = 10;

/** Each class of faults is off in about a third of the runs: some bugs only show when everything else is quiet. */
export function drawOptions(seed: number, random: Random, canary: Canary = "none"): SimOptions {
  const upTo = (max: number): number => random.below(max + 1);
  const sometimes = (value: () => number): number => (random.below(3) === 0 ? 0 : value());
  const oneOf = <T>(...values: readonly T[]): T => values[random.below(values.length)] as T;
  const electionTicks = oneOf(5, 10, 20);
  return {
    seed,
    members: oneOf(5, 5, 5, 3, 4, 7, 1),
    chaosMs: 6_000 + upTo(10_000),
    // A backlog may have to be sent entry by entry; runs that converge end at once.
    healMs: 40_000,
    tickMs: TICK_MS,
    electionTicks,
    heartbeatTicks: electionTicks >= 10 ? oneOf(1, 2) : 1,
    preVote: oneOf(true, true, true, false),
    pipelinedWrites: oneOf(false, true),
    fifo: oneOf(true, false),
    delayMsMean: oneOf(1, 3, 10, 30),
    dropPercent: sometimes(() => oneOf(1, 5, 15, 30)),
    duplicatePercent: sometimes(() => oneOf(2, 10, 30)),
    diskMsMean: oneOf(0, 1, 5, 20),
    messageBytesMax: oneOf(1, 64, 1_000_000),
    inflightCountMax: oneOf(1, 3, 256),
    snapshotInterval: oneOf(5, 20, 100, 1_000_000),
    keepEntries: oneOf(0, 3, 20),
    proposeEveryMs: oneOf(2, 10, 40),
    readEveryMs: sometimes(() => oneOf(5, 20, 100)),
    crashEveryMs: sometimes(() => oneOf(200, 800, 3_000)),
    partitionEveryMs: sometimes(() => oneOf(300, 1_000, 3_000)),
    membershipEveryMs: sometimes(() => oneOf(200, 1_000)),
    transferEveryMs: sometimes(() => oneOf(300, 2_000)),
    falseHintEveryMs: sometimes(() => oneOf(200, 2_000)),
    pauseEveryMs: sometimes(() => oneOf(500, 3_000)),
    canary,
  };
}

export function describeOptions(options: SimOptions): string {
  return Object.entries(options)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}
