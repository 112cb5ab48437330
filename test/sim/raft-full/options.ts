import type { Random } from "../../../shared/ports/random.ts";
import type { FullCanary } from "./canaries.ts";

/** What one run is made of; drawn from its seed, so that every run has its own mix of faults (swarm testing). */
export interface FullOptions {
  readonly seed: number;
  readonly members: number;
  /**
   * After the group has formed: simulated time in which anything may happen, then the time in which all must be well.
   */
  readonly chaosMs: number;
  readonly healMs: number;
  // The network.
  readonly fifo: boolean;
  readonly delayMsMean: number;
  readonly dropPercent: number;
  readonly duplicatePercent: number;
  readonly losesFarewells: boolean;
  // The disks.
  readonly syncMsMean: number;
  readonly stallOneIn: number;
  readonly stallMs: number;
  readonly switchOneIn: number;
  readonly readsTakeTime: boolean;
  /** Records are really encrypted, which takes as long as all the rest of the run; else only sealed by a checksum. */
  readonly realCipher: boolean;
  /** Of crashes, how many are losses of power; the others are processes that are killed. */
  readonly powerLossPercent: number;
  // Snapshots.
  readonly snapshotInterval: number;
  readonly keepEntries: number;
  /** Clocks run too fast or too slow by up to this many percent. */
  readonly driftPercent: number;
  // Mean time between events of the kind; 0 = never.
  readonly proposeEveryMs: number;
  readonly readEveryMs: number;
  readonly crashEveryMs: number;
  readonly partitionEveryMs: number;
  readonly breakEveryMs: number;
  readonly membershipEveryMs: number;
  /** Removals leave as many voters. */
  readonly votersMin: number;
  readonly transferEveryMs: number;
  readonly cleanStopEveryMs: number;
  readonly moveEveryMs: number;
  readonly pauseEveryMs: number;
  readonly rotateEveryMs: number;
  readonly failWriteEveryMs: number;
  /** Something on a disk that lies still is destroyed, within what the group can bear. */
  readonly damageEveryMs: number;
  readonly canary: FullCanary;
}

/** Each class of faults is off in about a third of the runs: some bugs only show when everything else is quiet. */
export function drawFullOptions(seed: number, random: Random, canary: FullCanary = "none"): FullOptions {
  const upTo = (max: number): number => random.below(max + 1);
  const sometimes = (value: () => number): number => (random.below(3) === 0 ? 0 : value());
  const oneOf = <T>(...values: readonly T[]): T => values[random.below(values.length)] as T;
  return {
    seed,
    members: oneOf(3, 3, 3, 3, 3, 3, 4, 5, 5, 1, 2, 7),
    chaosMs: 30_000 + upTo(90_000),
    healMs: 60_000,
    fifo: oneOf(true, true, false),
    delayMsMean: oneOf(1, 3, 10, 40),
    dropPercent: sometimes(() => oneOf(1, 5, 20)),
    duplicatePercent: sometimes(() => oneOf(2, 10)),
    losesFarewells: oneOf(true, false),
    syncMsMean: oneOf(0, 2, 10, 60),
    stallOneIn: sometimes(() => oneOf(20, 200)),
    stallMs: oneOf(300, 3_000),
    switchOneIn: sometimes(() => oneOf(2, 5, 50)),
    readsTakeTime: oneOf(true, false),
    realCipher: oneOf(true, false, false, false, false, false, false, false),
    powerLossPercent: oneOf(0, 50, 90),
    snapshotInterval: oneOf(5, 20, 100, 1_000_000),
    keepEntries: oneOf(0, 3, 20),
    driftPercent: sometimes(() => 5),
    proposeEveryMs: oneOf(60, 300, 1_500),
    readEveryMs: sometimes(() => oneOf(200, 1_000)),
    crashEveryMs: sometimes(() => oneOf(1_000, 3_000, 10_000)),
    partitionEveryMs: sometimes(() => oneOf(2_000, 8_000)),
    breakEveryMs: sometimes(() => oneOf(500, 3_000)),
    membershipEveryMs: sometimes(() => oneOf(2_000, 6_000)),
    votersMin: oneOf(1, 2, 3, 3),
    transferEveryMs: sometimes(() => oneOf(2_000, 8_000)),
    cleanStopEveryMs: sometimes(() => oneOf(4_000, 12_000)),
    moveEveryMs: sometimes(() => 15_000),
    pauseEveryMs: sometimes(() => oneOf(2_000, 8_000)),
    rotateEveryMs: sometimes(() => oneOf(1_000, 6_000)),
    failWriteEveryMs: sometimes(() => oneOf(4_000, 15_000)),
    damageEveryMs: sometimes(() => oneOf(4_000, 12_000)),
    canary,
  };
}

export function describeFullOptions(options: FullOptions): string {
  return Object.entries(options)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}
