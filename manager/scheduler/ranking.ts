import type { Strategy } from "../../shared/service-spec/strategies.ts";
import { compareIds } from "../store/sorted-list.ts";
import type { NodeLoad } from "./node-load.ts";

/** Below 0: `a` is the better one. */
export type Comparator<T> = (a: T, b: T) => number;

/** What ranks a node for whatever task, at one moment: it never changes, the node gets another one. */
export interface Standing {
  readonly load: NodeLoad;
  readonly taskCount: number;
  /** Of its CPUs and its memory, what is left after reservations, 0..1; the smaller part of the two. */
  readonly freeShare: number;
  readonly freeMemoryBytes: number;
}

export function standingOf(load: NodeLoad): Standing {
  const { taskCount, freeShare, freeMemoryBytes } = load;
  return { load, taskCount, freeShare, freeMemoryBytes };
}

export function sameStanding(a: Standing, b: Standing): boolean {
  return a.taskCount === b.taskCount && a.freeShare === b.freeShare && a.freeMemoryBytes === b.freeMemoryBytes;
}

/** A node that may take the next task of a group. */
export interface Candidate {
  readonly standing: Standing;
  /** Serious failures of the group there. */
  readonly failures: number;
  /** Soft affinities of the group that it does not meet. */
  readonly unmet: number;
  /** Tasks of the group's service there. */
  readonly ofService: number;
}

/** Which node is the best one, as a service wants it. */
interface Ranking {
  readonly standings: Comparator<Standing>;
  readonly candidates: Comparator<Candidate>;
}

/**
 * The first list is what a group's own history and its wishes say about a node; the same for most nodes, so that only
 * the others need be looked at one by one. It is asked first. The second is the same for all groups, and its last line
 * decides whatever the others leave open.
 */
export const RANKINGS: { readonly [Each in Strategy]: Ranking } = {
  spread: ranking(
    [(a, b) => a.failures - b.failures, (a, b) => a.unmet - b.unmet, (a, b) => a.ofService - b.ofService],
    [
      (a, b) => a.taskCount - b.taskCount,
      (a, b) => b.freeShare - a.freeShare,
      (a, b) => b.freeMemoryBytes - a.freeMemoryBytes,
      byId,
    ],
  ),
  // A node with no reservations left is the fullest; among nodes without any, that with the most tasks.
  binpack: ranking(
    [(a, b) => a.failures - b.failures, (a, b) => a.unmet - b.unmet],
    [
      (a, b) => a.freeShare - b.freeShare,
      (a, b) => b.taskCount - a.taskCount,
      (a, b) => a.freeMemoryBytes - b.freeMemoryBytes,
      byId,
    ],
  ),
};

function byId(a: Standing, b: Standing): number {
  return compareIds(a.load.node.id, b.load.node.id);
}

function ranking(byGroup: readonly Comparator<Candidate>[], byNode: readonly Comparator<Standing>[]): Ranking {
  const [group, standings] = [inTurn(byGroup), inTurn(byNode)];
  return { standings, candidates: (a, b) => group(a, b) || standings(a.standing, b.standing) };
}

function inTurn<T>(comparators: readonly Comparator<T>[]): Comparator<T> {
  return (a, b) => {
    for (const compare of comparators) {
      const difference = compare(a, b);
      if (difference !== 0) return difference;
    }
    return 0;
  };
}
