import type { Random } from "../../../shared/ports/random.ts";

/** Planted faults in the simulated world that the checkers must notice: a simulator that never fails is not trusted. */
export const CANARIES = [
  "none",
  /** The disk confirms writes that it then forgets. */
  "lyingDisk",
  /** The term survives a crash, the vote does not. */
  "forgottenVote",
  /** A member that comes back has an empty disk under its old id. */
  "wipedDisk",
  /** Members answer reads from what they have applied, and ask nobody. Only the clients' history can tell. */
  "localReads",
  /** Clocks differ by far more than leases allow for. Only the clients' history can tell. */
  "wildClocks",
] as const;
export type Canary = (typeof CANARIES)[number];

/** What one run is made of; drawn from its seed, so that every run has its own mix of faults (swarm testing). */
export interface SimOptions {
  readonly seed: number;
  readonly members: number;
  /**
   * How long anything may happen: events that take place one by one (a delivery, a tick, the end of a write, a fault).
   */
  readonly chaosSteps: number;
  /** Simulated time after it in which all must come to be well. */
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
  /**
   * Reads by the leader's lease, and by how much clocks may run too fast or too slow; half of them do so by all of it.
   */
  readonly leaseReads: boolean;
  readonly driftPercent: number;
  /** Of 100 members that have just promised a vote, how many lose power within moments. */
  readonly crashAfterVotePercent: number;
  /** Before all are well again only enough of them are, and the rest is dead. */
  readonly coreFirst: boolean;
  readonly canary: Canary;
}

export interface Draw {
  readonly canary?: Canary;
  readonly chaosSteps?: number;
}

/** Some three seconds in the life of five members: several elections, a few crashes, a hundred proposals. */
export const CHAOS_STEPS = 4_000;
const TICK_MS = 10;

/** Each class of faults is off in about a third of the runs: some bugs only show when everything else is quiet. */
export function drawOptions(
  seed: number,
  random: Random,
  { canary = "none", chaosSteps = CHAOS_STEPS }: Draw,
): SimOptions {
  const sometimes = (value: () => number): number => (random.below(3) === 0 ? 0 : value());
  const oneOf = <T>(...values: readonly T[]): T => values[random.below(values.length)] as T;
  const electionTicks = oneOf(5, 10, 20);
  const leaseReads = canary === "wildClocks" || oneOf(false, false, true);
  return {
    seed,
    members: oneOf(5, 5, 5, 3, 4, 7, 1),
    chaosSteps,
    // A backlog may have to be sent entry by entry; runs that converge end at once.
    healMs: 40_000,
    tickMs: TICK_MS,
    electionTicks,
    heartbeatTicks: electionTicks >= 10 ? oneOf(1, 2, 3) : oneOf(1, 2),
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
    proposeEveryMs: oneOf(5, 15, 50),
    // A lease is only ever tested by reads.
    readEveryMs: leaseReads ? oneOf(3, 10) : sometimes(() => oneOf(5, 20, 100)),
    crashEveryMs: sometimes(() => oneOf(100, 300, 1_000)),
    partitionEveryMs: sometimes(() => oneOf(150, 400, 1_000)),
    membershipEveryMs: sometimes(() => oneOf(100, 500)),
    transferEveryMs: sometimes(() => oneOf(150, 700)),
    falseHintEveryMs: sometimes(() => oneOf(100, 700)),
    pauseEveryMs: sometimes(() => oneOf(200, 1_000)),
    crashAfterVotePercent: sometimes(() => oneOf(5, 20)),
    coreFirst: oneOf(true, false),
    leaseReads,
    // With the shortest timeout a lease would not outlast a heartbeat interval under more.
    driftPercent: electionTicks >= 10 ? oneOf(0, 5, 20) : oneOf(0, 5),
    canary,
  };
}

export function describeOptions(options: SimOptions): string {
  return Object.entries(options)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}
