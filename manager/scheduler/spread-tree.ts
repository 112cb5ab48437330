import { labelAt } from "../../shared/constraint.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { NodeLoad } from "./node-load.ts";

/** A node that may take the next task. */
export interface Candidate {
  readonly load: NodeLoad;
  readonly failures: number;
}

interface Branch {
  /** Tasks of the service on all of its nodes, including those that can take no more. */
  tasks: number;
  /** Candidates in it and below it. */
  open: number;
  /** By the value of the next label; none at the end. */
  readonly branches: Map<string, Branch>;
  readonly candidates: Candidate[];
}

/**
 * Nodes as the placement preferences of a service see them: the first label divides them into branches by its value
 * (nodes without it are one branch), each of which the next label divides again. The next task goes to the branch with
 * the fewest of the service at each level: placing one at a time evens out an uneven start, and gives the share of a
 * full branch to the others. Without preferences there is only the root, and the ranking alone decides.
 */
export class SpreadTree {
  readonly #root = createBranch();
  readonly #keys: readonly string[];
  readonly #isBetter: (a: Candidate, b: Candidate) => boolean;

  constructor(
    { serviceId, spec }: Task,
    loads: readonly NodeLoad[],
    isBetter: (a: Candidate, b: Candidate) => boolean,
  ) {
    this.#keys = spec.placement?.spread ?? [];
    this.#isBetter = isBetter;
    if (this.#keys.length === 0) return;
    for (const load of loads) for (const branch of this.#wayTo(load)) branch.tasks += load.countOf(serviceId);
  }

  add(candidate: Candidate): void {
    const way = this.#wayTo(candidate.load);
    for (const branch of way) branch.open++;
    way.at(-1)?.candidates.push(candidate);
  }

  /** It can take no more. */
  drop(candidate: Candidate): void {
    const way = this.#wayTo(candidate.load);
    for (const branch of way) branch.open--;
    const { candidates } = mustHave(way.at(-1), "the end of a way");
    candidates.splice(candidates.indexOf(candidate), 1);
  }

  /** Where the next task goes; null when no node can take it. */
  best(): Candidate | null {
    return this.#bestOf(this.#root);
  }

  /** The candidate has one more task of the service. */
  count({ load }: Candidate): void {
    for (const branch of this.#wayTo(load)) branch.tasks++;
  }

  #bestOf(branch: Branch): Candidate | null {
    if (branch.branches.size === 0) return branch.candidates.reduce(this.#better, null);
    const open = [...branch.branches.values()].filter((each) => each.open > 0);
    const fewest = open.reduce((least, { tasks }) => Math.min(least, tasks), Number.POSITIVE_INFINITY);
    let best: Candidate | null = null;
    for (const each of open) {
      const found = each.tasks === fewest ? this.#bestOf(each) : null;
      if (found !== null) best = this.#better(best, found);
    }
    return best;
  }

  readonly #better = (best: Candidate | null, other: Candidate): Candidate | null =>
    best === null || this.#isBetter(other, best) ? other : best;

  /** The branches that contain a node, from the root down. */
  #wayTo({ node }: NodeLoad): readonly Branch[] {
    let branch = this.#root;
    const way = [branch];
    for (const key of this.#keys) {
      const value = labelAt(node, key) ?? "";
      let next = branch.branches.get(value);
      if (next === undefined) {
        next = createBranch();
        branch.branches.set(value, next);
      }
      branch = next;
      way.push(branch);
    }
    return way;
  }
}

function createBranch(): Branch {
  return { tasks: 0, open: 0, branches: new Map(), candidates: [] };
}
