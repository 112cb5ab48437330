import { labelAt } from "../../shared/label-key.ts";
import type { Node } from "../../shared/objects/types.ts";
import type { NodeLoad } from "./node-load.ts";
import { OrderedSet } from "./ordered-set.ts";
import type { Comparator, Standing } from "./ranking.ts";

/** Nodes with the same values of some labels, and below it those that share the value of the next one, too. */
export interface Branch {
  /** By the value of the next label; nodes without it are one branch. None at the end. */
  readonly branches: Map<string, Branch>;
  /** Nodes that take tasks, best first; only at the end. */
  readonly standings: OrderedSet<Standing>;
}

/**
 * Nodes that take tasks, in their order, divided as placement preferences divide them: by the value of the first label,
 * each branch by that of the second one, and so on. Without labels there is only the root.
 */
export class Partition {
  readonly root: Branch;
  readonly #keys: readonly string[];
  readonly #compare: Comparator<Standing>;

  constructor(keys: readonly string[], compare: Comparator<Standing>) {
    this.#keys = keys;
    this.#compare = compare;
    this.root = createBranch(compare);
  }

  /** The branches that contain a node, from the root down. */
  wayTo(node: Node): readonly Branch[] {
    let branch = this.root;
    const way = [branch];
    for (const key of this.#keys) {
      const value = labelAt(node, key) ?? "";
      let next = branch.branches.get(value);
      if (next === undefined) {
        next = createBranch(this.#compare);
        branch.branches.set(value, next);
      }
      branch = next;
      way.push(branch);
    }
    return way;
  }

  /** Where a node stands among others. */
  endFor({ node }: NodeLoad): Branch {
    return this.wayTo(node).at(-1) ?? this.root;
  }
}

function createBranch(compare: Comparator<Standing>): Branch {
  return { branches: new Map(), standings: new OrderedSet(compare) };
}
