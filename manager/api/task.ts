import type { Service, Task } from "../../shared/objects/types.ts";
import type { ListTasksRequest } from "../../shared/rpc/gen/control.ts";
import type { ReadView } from "../store/store-types.ts";
import { preDeployJob } from "../tasks/pre-deploy.ts";
import { isDirty } from "../tasks/task-dirty.ts";
import { type ApiContext, readCommitted } from "./api-context.ts";
import { anyOrNone, isAskedFor } from "./filters.ts";
import { findObject } from "./reference.ts";

export async function getTask(api: ApiContext, ref: string): Promise<Task> {
  return findObject(await readCommitted(api), "task", ref);
}

/** @throws SwarmError notFound for an unknown service or node. */
export async function listTasks(api: ApiContext, filter: ListTasksRequest): Promise<readonly Task[]> {
  const view = await readCommitted(api);
  return candidates(view, filter).filter(
    (task) =>
      isAskedFor("task", task, filter) &&
      anyOrNone(filter.desiredStates, (state) => state === task.desiredState) &&
      (!filter.upToDate || isUpToDate(view, task)),
  );
}

function isUpToDate(view: ReadView, task: Task): boolean {
  const service = view.get("service", task.serviceId);
  return service !== undefined && !isDirty(view, task, service);
}

/** The job of a pre-deploy command belongs to its service. */
const withJob =
  (view: ReadView) =>
  (service: Service): readonly Service["id"][] => {
    const job = preDeployJob(view, service);
    return job === undefined ? [service.id] : [service.id, job.id];
  };

/** Found by index where the request names services or nodes: a list for one of them must not read all tasks. */
function candidates(view: ReadView, { services, nodes }: ListTasksRequest): readonly Task[] {
  const nodeIds = new Set(nodes.map((ref) => findObject(view, "node", ref).id));
  if (services.length === 0) {
    return nodes.length === 0 ? view.all("task") : [...nodeIds].flatMap((id) => view.tasksOfNode(id));
  }
  const serviceIds = new Set(services.map((ref) => findObject(view, "service", ref)).flatMap(withJob(view)));
  return [...serviceIds]
    .flatMap((id) => view.tasksOfService(id))
    .filter(({ nodeId }) => nodes.length === 0 || (nodeId !== "" && nodeIds.has(nodeId)));
}
