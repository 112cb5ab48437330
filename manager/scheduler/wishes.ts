import type { Task } from "../../shared/objects/types.ts";
import { affinitiesOf, isOfOwn, meeter } from "./affinity-filters.ts";
import type { Neighbourhood } from "./neighbours.ts";
import type { NodeLoad } from "./node-load.ts";

/** What tasks would like of their node: fewer wishes that are not met are better. */
export interface Wishes {
  unmet(load: NodeLoad): number;
  /** Of a node that is not among `near`. */
  readonly unmetElsewhere: number;
  /** The nodes for which it may be another number. */
  readonly near: Iterable<NodeLoad>;
}

const NO_WISHES: Wishes = { unmet: () => 0, unmetElsewhere: 0, near: [] };

/** The soft affinities of tasks like this one. */
export function wishesOf(task: Task, neighbours: Neighbourhood): Wishes {
  const soft = affinitiesOf(task).filter((affinity) => affinity.soft);
  if (soft.length === 0) return NO_WISHES;
  const meeters = soft.map((affinity) => meeter(task, affinity, neighbours));
  const unmet = (load: NodeLoad): number => meeters.filter((meets) => !meets(load)).length;
  const near = function* (): Generator<NodeLoad> {
    for (const affinity of soft) {
      const id = isOfOwn(task, affinity) ? task.serviceId : neighbours.idOf(affinity.service);
      if (id !== undefined) yield* neighbours.loadsNear(id, affinity.topology);
    }
  };
  return { unmet, unmetElsewhere: soft.filter(({ avoid }) => !avoid).length, near: near() };
}
