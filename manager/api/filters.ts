import { KINDS } from "../../shared/objects/kinds.ts";
import type { ObjectKind, ObjectKinds } from "../../shared/objects/types.ts";

/** An empty filter lets everything pass; otherwise any one of its values may match. */
export function anyOrNone<T>(wanted: readonly T[], matches: (value: T) => boolean): boolean {
  return wanted.length === 0 || wanted.some(matches);
}

/** Prefixes, ignoring case. */
function startsWithAny(prefixes: readonly string[], text: string): boolean {
  return anyOrNone(prefixes, (prefix) => text.toLowerCase().startsWith(prefix.toLowerCase()));
}

/** Whether an object matches a list request by the beginnings of ids and names. */
export function isAskedFor<Kind extends ObjectKind>(
  kind: Kind,
  object: ObjectKinds[Kind],
  { idPrefixes, namePrefixes }: { readonly idPrefixes: readonly string[]; readonly namePrefixes: readonly string[] },
): boolean {
  return startsWithAny(idPrefixes, object.id) && startsWithAny(namePrefixes, KINDS[kind].nameOf(object));
}
