import type { Network, Node, ObjectKind, ObjectKinds, Service, Task } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";
import { check, refuse } from "./refuse.ts";

/** The kinds people refer to. */
type NamedKind = Exclude<ObjectKind, "cluster">;

/**
 * The object meant by an id, a name (host name for nodes, SERVICE.SLOT.ID for tasks) or a unique id prefix, tried in
 * this order.
 * @throws SwarmError notFound, or invalidArgument when several match.
 */
export function findObject<Kind extends NamedKind>(view: ReadView, kind: Kind, ref: string): ObjectKinds[Kind] {
  check(ref !== "", `which ${kind}? give its name or id`);
  const exact = view.get(kind, ref);
  if (exact !== undefined) return exact;
  const wanted = ref.toLowerCase();
  const all = view.all(kind);
  const named = all.filter((object) => nameOf(kind, object).toLowerCase() === wanted);
  const matches = named.length > 0 ? named : all.filter(({ id }) => id.startsWith(wanted));
  const [match] = matches;
  if (match === undefined) return refuse("notFound", `${kind} ${ref} not found`);
  if (matches.length > 1) refuse("invalidArgument", `${kind} ${ref} is ambiguous (${matches.length} matches found)`);
  return match;
}

/** The name by which people know an object. */
export function nameOf<Kind extends NamedKind>(kind: Kind, object: ObjectKinds[Kind]): string {
  switch (kind) {
    case "node":
      return (object as Node).description?.hostname ?? "";
    case "task":
      return taskName(object as Task);
    default:
      return (object as Service | Network).spec.annotations.name;
  }
}

/** SERVICE.SLOT.ID; for global services, whose tasks have no slot, SERVICE.NODE.ID. */
export function taskName({ serviceAnnotations, slot, nodeId, id }: Task): string {
  return `${serviceAnnotations.name}.${slot === 0 ? nodeId : slot}.${id}`;
}
