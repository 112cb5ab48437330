import type { Task } from "../../shared/objects/types.ts";
import type { GenericResource } from "../../shared/rpc/gen/objects.ts";

/**
 * A task that waits for others to stop, as it counts on its node meanwhile: with what it will need beyond what these
 * still have. So the node is neither given away twice, nor kept free for both.
 */
export function withoutRoomOf(task: Task, stopping: readonly Task[]): Task {
  const { reservations } = task.spec;
  if (reservations === null || stopping.length === 0) return task;
  const sum = (amountOf: (each: Task) => number): number => stopping.reduce((total, each) => total + amountOf(each), 0);
  const given = (kind: string): number =>
    sum(({ genericResources }) => genericResources.find((each) => each.kind === kind)?.value ?? 0);
  const generic = reservations.generic
    .map((wanted): GenericResource => ({ ...wanted, value: Math.max(0, wanted.value - given(wanted.kind)) }))
    .filter(({ value }) => value > 0);
  const left = {
    ...reservations,
    nanoCpus: Math.max(0, reservations.nanoCpus - sum(({ spec }) => spec.reservations?.nanoCpus ?? 0)),
    memoryBytes: Math.max(0, reservations.memoryBytes - sum(({ spec }) => spec.reservations?.memoryBytes ?? 0)),
    generic,
  };
  return { ...task, spec: { ...task.spec, reservations: left } };
}
