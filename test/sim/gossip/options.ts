import type { Random } from "../../../shared/ports/random.ts";

/** What one run is made of. Each class of faults is off in about a third of the runs. */
export interface GossipOptions {
  readonly seed: number;
  readonly members: number;
  /** 32 = whole exchanges in clusters of this size; fewer = parts. */
  readonly exchangeMembersMax: number;
  readonly lossPercent: number;
  readonly delayMsMax: number;
  /** Packets that come a second time, at once or much later. */
  readonly replayPercent: number;
  /** Pairs whose packets pass one way only, and members that UDP does not reach. */
  readonly oneWayLinks: number;
  readonly udpBlocked: number;
  /** Members that stand still now and then, for less than a suspicion. */
  readonly slowMembers: number;
  /** Members that handle everything late: a starved host. */
  readonly starvedMembers: number;
  /** Members that stand still for longer than a suspicion, or whose line comes and goes: they alone may be given up. */
  readonly sleepers: number;
  readonly flappers: number;
  readonly crashes: number;
  readonly leaves: number;
  readonly splits: number;
}

export function drawOptions(seed: number, random: Random): GossipOptions {
  const sometimes = (max: number): number => (random.below(3) === 0 ? 0 : 1 + random.below(max));
  const members = 3 + random.below(10);
  return {
    seed,
    members,
    exchangeMembersMax: random.below(2) === 0 ? 32 : 4,
    lossPercent: sometimes(5),
    delayMsMax: 1 + random.below(30),
    replayPercent: sometimes(10),
    oneWayLinks: members >= 5 ? sometimes(2) : 0,
    udpBlocked: sometimes(1),
    slowMembers: sometimes(2),
    starvedMembers: sometimes(2),
    sleepers: members >= 4 ? sometimes(1) : 0,
    flappers: members >= 4 ? sometimes(1) : 0,
    crashes: sometimes(2),
    leaves: sometimes(1),
    splits: sometimes(2),
  };
}
