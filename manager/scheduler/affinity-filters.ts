import { affinityText } from "../../shared/affinity.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { Affinity } from "../../shared/rpc/gen/objects.ts";
import { type Filter, nodesText } from "./filter.ts";
import type { Neighbours } from "./neighbours.ts";
import type { NodeLoad } from "./node-load.ts";

/** One for each affinity that must hold, and one for each service that keeps away from the task's. */
export function affinityFilters(task: Task, neighbours: Neighbours): readonly Filter[] {
  const own = affinitiesOf(task)
    .filter(({ soft }) => !soft)
    .map((affinity): Filter => {
      const meets = meeter(task, affinity, neighbours);
      return {
        passes: meets,
        explain: (nodes) => `affinity not satisfied on ${nodesText(nodes)}: ${affinityText(affinity)}`,
      };
    });
  const others = neighbours
    .avoidersOf(task.serviceAnnotations.name)
    .filter(({ serviceId }) => serviceId !== task.serviceId)
    .map(
      ({ serviceId, name, topology }): Filter => ({
        passes: (load) => neighbours.near(load, serviceId, topology) === 0,
        explain: (nodes) => `service ${name} keeps away from it on ${nodesText(nodes)}`,
      }),
    );
  return [...own, ...others];
}

/** Whether a node meets an affinity of the task. */
export function meeter(task: Task, affinity: Affinity, neighbours: Neighbours): (load: NodeLoad) => boolean {
  const { avoid, topology } = affinity;
  // Its own name means this very service, and not a later one that has taken the name.
  const isOwn = isOfOwn(task, affinity);
  const id = isOwn ? task.serviceId : neighbours.idOf(affinity.service);
  if (id === undefined) return () => avoid;
  if (avoid) return (load) => neighbours.near(load, id, topology) === 0;
  // The first of tasks that want to be together may be anywhere: otherwise there would never be one.
  return (load) => neighbours.near(load, id, topology) > 0 || (isOwn && !neighbours.isAnywhere(id));
}

export const affinitiesOf = ({ spec }: Task): readonly Affinity[] => spec.placement?.affinities ?? [];

/** Whether an affinity is to tasks of the task's own service: then each placement changes where the next may go. */
export function isOfOwn({ serviceAnnotations }: Task, { service }: Affinity): boolean {
  return service.toLowerCase() === serviceAnnotations.name.toLowerCase();
}
