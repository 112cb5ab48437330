import { invariant } from "../../shared/invariant.ts";
import { isBefore } from "../../shared/objects/task-state.ts";
import type { ObjectKind, ObjectKinds, Service, Task } from "../../shared/objects/types.ts";
import type { Meta } from "../../shared/rpc/gen/objects.ts";

/**
 * What every replacement of an object must respect, checked when a transaction writes it and again when it is applied.
 * @throws InvariantError when a task would go back a state, or move to another service, slot or node.
 */
export function checkReplacement<Kind extends ObjectKind>(
  kind: Kind,
  old: ObjectKinds[Kind],
  next: ObjectKinds[Kind],
): void {
  if (kind !== "task") return;
  const before = old as Task;
  const after = next as Task;
  invariant(
    !isBefore(after.status.state, before.status.state),
    () => `task ${before.id} goes back from ${before.status.state} to ${after.status.state}`,
  );
  invariant(
    !isBefore(after.desiredState, before.desiredState),
    () => `task ${before.id} is wanted back from ${before.desiredState} to ${after.desiredState}`,
  );
  invariant(after.serviceId === before.serviceId, () => `task ${before.id} changes its service`);
  invariant(
    before.nodeId === "" || after.nodeId === before.nodeId,
    () => `task ${before.id} moves from node ${before.nodeId} to ${after.nodeId}`,
  );
}

/** The same object with the store's own meta data, whatever its writer put there. `old` is null when it is created. */
export function stamped<Kind extends ObjectKind>(
  kind: Kind,
  object: ObjectKinds[Kind],
  old: ObjectKinds[Kind] | null,
  meta: Meta,
): ObjectKinds[Kind] {
  if (kind !== "service") return { ...object, meta };
  const after = object as Service;
  const before = old as Service | null;
  // For a write in flight (version 0) it is not known yet, like its version.
  const specVersion = before?.generation === after.generation ? before.specVersion : meta.version;
  return { ...object, meta, specVersion };
}

/** Freezes an object and everything it holds, so that an accidental write throws. Stops at what is already frozen. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
  return value;
}
