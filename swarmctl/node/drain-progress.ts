import { slotName } from "../../shared/objects/task-name.ts";
import { isBefore, isFinal } from "../../shared/objects/task-state.ts";
import type { Node, Task } from "../../shared/rpc/gen/objects.ts";
import { naturalCompare } from "../format/natural-order.ts";
import { pretty } from "../names.ts";

/** Tasks that are named, a line each; the others are counted. */
const NAMED_MAX = 20;

export type DrainProgress =
  /** Nothing runs on the node, and nothing will. */
  | { readonly kind: "drained" }
  /** Somebody wants something else of the node now. */
  | { readonly kind: "givenUp" }
  | { readonly kind: "under way"; readonly lines: readonly string[] };

/** How far a node is, of which tasks are those on it, and `others` those of the same services elsewhere. */
export function drainProgress(node: Node, tasks: readonly Task[], others: readonly Task[]): DrainProgress {
  const { availability = "ACTIVE", evacuation = null } = node.spec ?? {};
  if (availability !== "DRAIN" && evacuation === null) return { kind: "givenUp" };
  const left = tasks.filter(({ status }) => !isFinal(status?.state ?? "NEW"));
  // What runs on a host that cannot be reached, nobody can wait for: it is replaced all the same.
  if (availability === "DRAIN" && (left.length === 0 || node.status?.state === "DOWN")) return { kind: "drained" };
  const words = left.map((task) => `${slotName(task)}: ${wordsFor(task, others)}`).sort(naturalCompare);
  const named = words.length > NAMED_MAX ? [...words.slice(0, NAMED_MAX), `${words.length - NAMED_MAX} more`] : words;
  return { kind: "under way", lines: [left.length === 1 ? "1 task left" : `${left.length} tasks left`, ...named] };
}

function wordsFor(task: Task, others: readonly Task[]): string {
  if (!isWanted(task)) return "stops";
  // One of a global service has no other place.
  if (task.jobIteration !== undefined) return "works to its end, for a job is not begun a second time";
  if (task.slot === 0) return "stays until the node is drained";
  if (task.spec?.restart?.condition === "NONE") return "runs to its end, for its restart condition allows no other";
  const heir = others.find(
    (other) => other.serviceId === task.serviceId && other.slot === task.slot && isWanted(other),
  );
  if (heir === undefined) return "waits for its turn";
  const state = heir.status?.state ?? "NEW";
  const err = heir.status?.err ?? "";
  return `waits for its successor (${pretty(state).toLowerCase()}${err === "" ? "" : `: ${err}`})`;
}

const isWanted = ({ desiredState }: Task): boolean => isBefore(desiredState, "SHUTDOWN");
