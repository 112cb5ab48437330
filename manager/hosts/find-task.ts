import { SwarmError } from "../../shared/errors.ts";
import { containerIdOf } from "../../shared/objects/container-id.ts";
import { slotName, taskName } from "../../shared/objects/task-name.ts";
import { rankOf } from "../../shared/objects/task-state.ts";
import type { Task } from "../../shared/objects/types.ts";

/** Fewer digits are a service's name rather than a container's. */
const CONTAINER_PREFIX = /^[0-9a-f]{6,64}$/;

/**
 * The task that a person means, tried in this order: its id, SERVICE.SLOT.ID, SERVICE.SLOT (the one that runs, or else
 * the one that was last created), a unique prefix of its id or of SERVICE.SLOT.ID, and of its container's id.
 * @throws SwarmError notFound, or invalidArgument when several match.
 */
export function findTask(tasks: readonly Task[], ref: string): Task {
  const exact = tasks.find((task) => task.id === ref || taskName(task) === ref);
  if (exact !== undefined) return exact;
  const inSlot = tasks.filter((task) => slotName(task) === ref);
  if (inSlot.length > 0) return inSlot.reduce(better);
  const isDotted = ref.includes(".");
  const byPrefix = tasks.filter((task) => (isDotted ? taskName(task) : task.id).startsWith(ref));
  const matches =
    byPrefix.length === 0 && CONTAINER_PREFIX.test(ref)
      ? tasks.filter(({ id }) => containerIdOf(id).startsWith(ref))
      : byPrefix;
  const [match, second] = ref === "" ? [] : matches;
  if (match === undefined) throw new SwarmError("notFound", `No such container: ${ref}`);
  if (second !== undefined) {
    const sentence = `task ${ref} is ambiguous (${matches.length} matches found): give its whole id`;
    throw new SwarmError("invalidArgument", sentence);
  }
  return match;
}

/** Of two tasks of a slot the one that people mean: it runs, or is on its way, or is the later one. */
function better(one: Task, other: Task): Task {
  const [first, second] = [weightOf(one), weightOf(other)];
  if (first !== second) return first > second ? one : other;
  return one.meta.createdAtMs > other.meta.createdAtMs ? one : other;
}

function weightOf({ status: { state }, desiredState }: Task): number {
  // Its service is gone, or its slot: where another one has the name by now, nobody means what still stops.
  if (desiredState === "REMOVE") return 0;
  if (state === "RUNNING") return 2;
  return rankOf(state) < rankOf("RUNNING") ? 1 : 0;
}
