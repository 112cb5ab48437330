import { unreachable } from "../../shared/invariant.ts";
import { KINDS, type KindEntry } from "../../shared/objects/kinds.ts";
import { taskName } from "../../shared/objects/task-name.ts";
import { isFinal } from "../../shared/objects/task-state.ts";
import type { Node, ObjectKind, ObjectKinds, Service, Task } from "../../shared/objects/types.ts";
import type { Change, Commit } from "../store/store-types.ts";
import { replicasOf } from "../tasks/replicas.ts";
import { sameData } from "../tasks/same-data.ts";

/** Something that happened to an object of the swarm, in Docker's words. */
export interface SwarmEvent {
  /** service, node, network, secret, config; task, which Docker does not tell of. */
  readonly type: string;
  /** create, update, remove; of a task, the state it has come to. */
  readonly action: string;
  /** The object's id. */
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}

type Pairs = readonly (readonly [what: string, was: string, is: string])[];

/** What a commit means to people; most of what is written is the managers' own business. */
export function eventsOf({ changes }: Pick<Commit, "changes">): readonly SwarmEvent[] {
  return changes.flatMap((change) => eventOf(change) ?? []);
}

function eventOf(change: Change): SwarmEvent | null {
  switch (change.kind) {
    case "cluster":
    case "login":
    case "earlierSpec":
    case "guest":
      return null;
    case "task":
      return eventOfTask(change.object, change.action === "create" ? null : change.old, change.action);
    case "node":
      return told(change, change.old === null ? [] : nodeChanges(change.old, change.object));
    case "service":
      return told(change, change.old === null ? [] : serviceChanges(change.old, change.object));
    case "network": {
      const event = told(change, []);
      const type = change.object.spec.driver || "overlay";
      return event === null ? null : { ...event, attributes: { ...event.attributes, type } };
    }
    case "secret":
    case "config":
      return told(change, []);
    default:
      return unreachable(change);
  }
}

function told({ kind, action, object, old }: Change, changed: Pairs): SwarmEvent | null {
  const { nameOf } = KINDS[kind] as KindEntry<ObjectKind>;
  const name = nameOf(object as ObjectKinds[ObjectKind]);
  const pairs = changed.filter(([, was, is]) => was !== is);
  // A node or service is written whenever one of its tasks is of interest to a loop of the leader.
  const isSilent = action === "update" && pairs.length === 0 && isSameSpec(object, old);
  if (isSilent) return null;
  const attributes = pairs.flatMap(([what, was, is]) => [
    ...(was === "" ? [] : [[`${what}.old`, was] as const]),
    ...(is === "" ? [] : [[`${what}.new`, is] as const]),
  ]);
  return { type: kind, action, id: object.id, attributes: { name, ...Object.fromEntries(attributes) } };
}

function isSameSpec(object: object, old: object | null): boolean {
  return old !== null && "spec" in object && "spec" in old && sameData(object.spec, old.spec);
}

function nodeChanges(old: Node, node: Node): Pairs {
  return [
    ["state", old.status.state.toLowerCase(), node.status.state.toLowerCase()],
    ["availability", old.spec.availability.toLowerCase(), node.spec.availability.toLowerCase()],
    ["desiredrole", old.spec.desiredRole.toLowerCase(), node.spec.desiredRole.toLowerCase()],
    ["role", old.role.toLowerCase(), node.role.toLowerCase()],
  ];
}

function serviceChanges(old: Service, service: Service): Pairs {
  return [
    ["image", old.spec.task.container.image, service.spec.task.container.image],
    ["replicas", replicasText(old), replicasText(service)],
    ["autoscale", old.autoscaleStatus?.reason ?? "", service.autoscaleStatus?.reason ?? ""],
    ["updatestate", updateState(old), updateState(service)],
  ];
}

function replicasText(service: Service): string {
  return service.spec.mode === "replicated" ? String(replicasOf(service)) : "";
}

function updateState({ updateStatus }: Service): string {
  return updateStatus === null ? "" : updateStatus.state.toLowerCase();
}

/** That it runs, that it has ended and how, and that it is forgotten. */
function eventOfTask(task: Task, old: Task | null, action: Change["action"]): SwarmEvent | null {
  const { state, err } = task.status;
  const isNew = action === "remove" || old?.status.state !== state;
  if (!isNew || (action !== "remove" && state !== "RUNNING" && !isFinal(state))) return null;
  return {
    type: "task",
    action: action === "remove" ? "remove" : state.toLowerCase(),
    id: task.id,
    attributes: {
      name: taskName(task),
      image: task.spec.container.image,
      "service.id": task.serviceId,
      "service.name": task.serviceAnnotations.name,
      "node.id": task.nodeId,
      ...(err === "" ? {} : { error: err }),
    },
  };
}
