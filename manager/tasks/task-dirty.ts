import type { Service, Task, TaskSpec } from "../../shared/objects/types.ts";
import type { Affinity } from "../../shared/rpc/gen/objects.ts";
import type { ReadView } from "../store/store-types.ts";
import { namespaceOf } from "./attachments.ts";
import { serviceAt } from "./canary.ts";
import { canServePorts } from "./endpoint.ts";
import { meetsPlacement } from "./node-fitness.ts";
import { sameData } from "./same-data.ts";

/**
 * Whether the task runs something other than its service's spec now says, so that an update must replace it
 * (docs/docker-behaviour.md#rolling-updates). If only the placement differs, that is fine as long as the task's node
 * satisfies the new one. Networks and ports of the routing mesh are added to and taken from a task while it runs
 * (manager/allocator); a port of its host, by which it was placed, is not. While a canary tries a spec, it is the one
 * of the task's place that counts.
 */
export function isDirty(view: ReadView, task: Task, of: Service): boolean {
  const service = serviceAt(of, task);
  if (task.generation === service.generation) return false;
  const wanted = service.spec.task;
  if (!runsTheSame(task.spec, wanted)) return true;
  if (namespaceOf(view, task.spec) !== namespaceOf(view, wanted)) return true;
  if (!sameData(task.spec.placement, wanted.placement)) {
    const node = task.nodeId === "" ? undefined : view.get("node", task.nodeId);
    if (node === undefined || !meetsPlacement(node, wanted)) return true;
    // Whether its node would meet these, only the scheduler knows.
    if (!sameData(hardAffinities(task.spec), hardAffinities(wanted))) return true;
  }
  return task.endpoint !== null && !canServePorts(task.endpoint, service.spec);
}

/**
 * Found once for two specs, which never change: of a service with thousands of tasks, whose loops look at all of them
 * whenever one changes, only that one is compared anew.
 */
const found = new WeakMap<TaskSpec, { readonly wanted: TaskSpec; readonly isSame: boolean }>();

/** Whether both are the same, wherever they may run and whatever networks they are on. */
export function runsTheSame(has: TaskSpec, wanted: TaskSpec): boolean {
  const known = found.get(has);
  if (known?.wanted === wanted) return known.isSame;
  const fixed = { placement: null, networks: [] };
  const isSame = sameData({ ...has, ...fixed }, { ...wanted, ...fixed });
  found.set(has, { wanted, isSame });
  return isSame;
}

const hardAffinities = ({ placement }: TaskSpec): readonly Affinity[] =>
  (placement?.affinities ?? []).filter(({ soft }) => !soft);
