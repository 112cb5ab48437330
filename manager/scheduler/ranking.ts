import { compareIds } from "../store/sorted-list.ts";
import type { NodeLoad } from "./node-load.ts";

/** Below 0: `a` is the better one. */
export type Comparator<T> = (a: T, b: T) => number;

/** What ranks a node for whatever task, at one moment: it never changes, the node gets another one. */
export interface Standing {
  readonly load: NodeLoad;
  readonly taskCount: number;
  readonly freeMemoryBytes: number;
}

export function standingOf(load: NodeLoad): Standing {
  return { load, taskCount: load.taskCount, freeMemoryBytes: load.freeMemoryBytes };
}

export function sameStanding(a: Standing, b: Standing): boolean {
  return a.taskCount === b.taskCount && a.freeMemoryBytes === b.freeMemoryBytes;
}

/** A node that may take the next task of a group. */
export interface Candidate {
  readonly standing: Standing;
  /** Serious failures of the group there. */
  readonly failures: number;
  /** Tasks of the group's service there. */
  readonly ofService: number;
}

/**
 * What a group's own history says about a node; 0 for most nodes and most groups, so that only the others need be
 * looked at one by one. They are asked first.
 */
const BY_GROUP: readonly Comparator<Candidate>[] = [
  (a, b) => a.failures - b.failures,
  (a, b) => a.ofService - b.ofService,
];

/** What is the same for all groups. The last one decides whatever the others leave open. */
const BY_NODE: readonly Comparator<Standing>[] = [
  (a, b) => a.taskCount - b.taskCount,
  (a, b) => b.freeMemoryBytes - a.freeMemoryBytes,
  (a, b) => compareIds(a.load.node.id, b.load.node.id),
];

export const compareStandings: Comparator<Standing> = inTurn(BY_NODE);

const compareByGroup: Comparator<Candidate> = inTurn(BY_GROUP);

export const compareCandidates: Comparator<Candidate> = (a, b) =>
  compareByGroup(a, b) || compareStandings(a.standing, b.standing);

function inTurn<T>(comparators: readonly Comparator<T>[]): Comparator<T> {
  return (a, b) => {
    for (const compare of comparators) {
      const difference = compare(a, b);
      if (difference !== 0) return difference;
    }
    return 0;
  };
}
