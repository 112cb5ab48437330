import { SwarmError } from "../../shared/errors.ts";
import type { NodeId, ServiceId, TaskId } from "../../shared/ids.ts";
import { rankOf } from "../../shared/objects/task-state.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";

/** Whose logs are read. */
export type LogSubject =
  | { readonly kind: "service"; readonly serviceId: ServiceId }
  | { readonly kind: "task"; readonly taskId: TaskId };

/** One task whose logs are on a host. */
export interface LogTarget {
  readonly taskId: TaskId;
  readonly nodeId: NodeId;
  /** As people know it: SERVICE.SLOT. */
  readonly name: string;
  /** Hostname of its node, or the id of one that was removed. */
  readonly hostname: string;
}

/**
 * A service or, when there is none, a task: by id, by name, or by a unique prefix of the id. A task's name is
 * SERVICE.SLOT (its latest task) or SERVICE.SLOT.ID; of a global service, the slot is the node's id or hostname.
 * @throws SwarmError notFound, or invalidArgument when the prefix fits several.
 */
export function resolveLogSubject(view: ReadView, ref: string): LogSubject {
  const service =
    view.get("service", ref) ?? view.byName("service", ref) ?? oneByPrefix(view.all("service"), ref, "service");
  if (service !== undefined) return { kind: "service", serviceId: service.id };
  const task = view.get("task", ref) ?? oneByPrefix(view.all("task"), ref, "task");
  if (task !== undefined) return { kind: "task", taskId: task.id };
  const named = byTaskName(view, ref);
  if (named !== undefined) return { kind: "task", taskId: named.id };
  throw new SwarmError("notFound", `no such task or service: ${ref}`);
}

/** The tasks whose logs are on a host, sorted by id. */
export function logTargets(view: ReadView, subject: LogSubject): readonly LogTarget[] {
  return withContainers(view, subject).flatMap((task) => {
    const { nodeId } = task;
    if (nodeId === "" || !keepsLog(task)) return [];
    const hostname = view.get("node", nodeId)?.description?.hostname ?? nodeId;
    const place = task.slot === 0 ? nodeId : String(task.slot);
    return [{ taskId: task.id, nodeId, name: `${task.serviceAnnotations.name}.${place}`, hostname }];
  });
}

/** Why there is nothing from tasks whose log is not kept; null = there are no such tasks. */
export function complaintOfNoLog(view: ReadView, subject: LogSubject): string | null {
  const silent = withContainers(view, subject).filter((task) => !keepsLog(task));
  const [first, second] = silent;
  if (first === undefined) return null;
  if (subject.kind === "task") return `task ${first.id} keeps no log: its log driver is none`;
  const { name } = first.serviceAnnotations;
  const service = view.get("service", subject.serviceId);
  if (service?.spec.task.logDriver?.name === "none") return `service ${name} keeps no log: its log driver is none`;
  const tasks = second === undefined ? "a task" : `${silent.length} tasks`;
  return `${tasks} of service ${name} kept no log: the log driver was none`;
}

/** Whether more logs may still come from it. */
export function isThere(view: ReadView, subject: LogSubject): boolean {
  if (subject.kind === "service") return view.get("service", subject.serviceId) !== undefined;
  return view.get("task", subject.taskId) !== undefined;
}

/**
 * The tasks that have or had a container. Before READY there is none: its host would report its log as ended, and a
 * reader following the service would never see its later output.
 */
function withContainers(view: ReadView, subject: LogSubject): readonly Task[] {
  return tasksOf(view, subject).filter(
    ({ nodeId, status }) => nodeId !== "" && rankOf(status.state) >= rankOf("READY"),
  );
}

function keepsLog({ spec }: Task): boolean {
  return spec.logDriver?.name !== "none";
}

function tasksOf(view: ReadView, subject: LogSubject): readonly Task[] {
  if (subject.kind === "service") return view.tasksOfService(subject.serviceId);
  const task = view.get("task", subject.taskId);
  return task === undefined ? [] : [task];
}

function byTaskName(view: ReadView, ref: string): Task | undefined {
  // A service's name has no dots.
  const [name = "", place = "", id = ""] = ref.split(/\.(.*?)(?:\.([0-9a-z]+))?$/s);
  const service = view.byName("service", name);
  if (service === undefined || place === "") return undefined;
  return view
    .tasksOfService(service.id)
    .filter((task) => isAt(view, task, place) && task.id.startsWith(id))
    .reduce<Task | undefined>((latest, task) => (isLater(task, latest) ? task : latest), undefined);
}

function isAt(view: ReadView, { slot, nodeId }: Task, place: string): boolean {
  if (slot !== 0) return String(slot) === place;
  return nodeId === place || view.get("node", nodeId)?.description?.hostname === place;
}

function isLater(task: Task, than: Task | undefined): boolean {
  return than === undefined || task.meta.createdAtMs > than.meta.createdAtMs;
}

function oneByPrefix<T extends { readonly id: string }>(
  objects: readonly T[],
  ref: string,
  what: string,
): T | undefined {
  if (ref === "") return undefined;
  const matches = objects.filter(({ id }) => id.startsWith(ref));
  if (matches.length > 1) {
    const sentence = `${what} ${ref} is ambiguous (${matches.length} matches found): give its whole id`;
    throw new SwarmError("invalidArgument", sentence);
  }
  return matches[0];
}
