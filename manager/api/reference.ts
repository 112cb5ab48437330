import { KINDS, type KindEntry } from "../../shared/objects/kinds.ts";
import type { ObjectKind, ObjectKinds } from "../../shared/objects/types.ts";
import { check, refuse } from "../../shared/spec-checks/refuse.ts";
import type { ReadView } from "../store/store-types.ts";

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
  const { hasUniqueName, nameOf } = KINDS[kind] as KindEntry<Kind>;
  if (hasUniqueName) {
    const holder = view.byName(kind, wanted);
    if (holder !== undefined) return holder;
  }
  const all = view.all(kind);
  const named = hasUniqueName ? [] : all.filter((object) => nameOf(object).toLowerCase() === wanted);
  const matches = named.length > 0 ? named : all.filter(({ id }) => id.startsWith(wanted));
  const [match] = matches;
  if (match === undefined) return refuse("notFound", `${kind} ${ref} not found`);
  if (matches.length > 1)
    refuse("invalidArgument", `${kind} ${ref} is ambiguous (${matches.length} matches found): give its whole id`);
  return match;
}
