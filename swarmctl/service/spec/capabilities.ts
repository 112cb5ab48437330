import type { ContainerSpec } from "../../../shared/rpc/gen/objects.ts";

type Capabilities = Pick<ContainerSpec, "capabilityAdd" | "capabilityDrop">;

/**
 * The capabilities of a spec after `--cap-add` and `--cap-drop`. An option first undoes an earlier one: a capability
 * that was dropped and is now added counts as neither, so that every setting can be undone; given once more, it is
 * added.
 */
export function changeCapabilities(
  { capabilityAdd, capabilityDrop }: Capabilities,
  given: { readonly add: readonly string[]; readonly drop: readonly string[] },
): Capabilities {
  return {
    capabilityAdd: changed(capabilityAdd, given.add, { before: capabilityDrop, given: given.drop }),
    capabilityDrop: changed(capabilityDrop, given.drop, { before: capabilityAdd, given: given.add }),
  };
}

function changed(
  before: readonly string[],
  given: readonly string[],
  opposite: { readonly before: readonly string[]; readonly given: readonly string[] },
): readonly string[] {
  const kept = before.filter((name) => !has(opposite.given, name));
  const fresh = given.filter((name, at) => !has([...kept, ...opposite.before, ...given.slice(0, at)], name));
  return [...kept, ...fresh];
}

function has(names: readonly string[], wanted: string): boolean {
  return names.some((name) => key(name) === key(wanted));
}

/** With or without CAP_ and in upper or lower case, as capability names are read everywhere. */
const key = (name: string): string => name.toUpperCase().replace(/^CAP_/, "");
