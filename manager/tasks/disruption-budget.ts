import { unreachable } from "../../shared/invariant.ts";
import { isRunnable } from "../../shared/objects/task-state.ts";
import type { Service, Task } from "../../shared/objects/types.ts";
import { unavailableMax } from "../../shared/service-spec/max-unavailable.ts";
import type { ReadView } from "../store/store-types.ts";
import { isJob } from "./jobs.ts";
import { replicasOf } from "./replicas.ts";
import { type Slot, slotsOf } from "./slots.ts";

/**
 * How many more tasks of a service may be taken away now on purpose (`--max-unavailable`): by an update, by moving them
 * to other nodes, by making room for others. All who do that ask here, in the transaction in which they do it, so that
 * together they stay within the limit. Tasks that are missing for other reasons count as well: who has lost a node
 * should not lose more. What nobody decides, the loss of a node or the end of a process, is not asked about; nor is
 * what a person orders at once: fewer replicas, a node drained without waiting, a node whose time to be emptied is up.
 */
export class DisruptionBudget {
  readonly #view: ReadView;
  /** Tasks that there should be, that serve, and that may be missing; null = any number. */
  readonly #wanted: number;
  readonly #most: number | null;
  #serving: number;

  constructor(view: ReadView, service: Service, slots = slotsOf(service, view.tasksOfService(service.id))) {
    this.#view = view;
    this.#wanted = wantedOf(service, slots);
    this.#most = isJob(service) ? null : unavailableMax(service.spec.maxUnavailable, this.#wanted);
    // Without a limit nobody counts: this is asked in every pass over a service.
    this.#serving = this.#most === null ? 0 : slots.filter(({ runnable }) => runnable.some(this.#serves)).length;
  }

  /**
   * Whether these tasks of a slot may be told to stop now; then they are counted as gone. That costs nothing where
   * another task of the slot serves, or none of them does: what does not run can always be replaced.
   */
  take({ runnable }: Slot, leaving: readonly Task[]): boolean {
    if (this.#most === null || !leaving.some(this.#serves)) return true;
    if (runnable.some((task) => !leaving.includes(task) && this.#serves(task))) return true;
    if (this.#serving <= this.#wanted - this.#most) return false;
    this.#serving--;
    return true;
  }

  /** Why `take` says no. */
  get sentence(): string {
    const most = `at most ${this.#most ?? "all"} may be unavailable`;
    return `waiting for more of its tasks to run: ${this.#serving} of ${this.#wanted} do, and ${most}`;
  }

  readonly #serves = (task: Task): boolean => {
    if (!isRunnable(task) || task.status.state !== "RUNNING" || task.nodeId === "") return false;
    const node = this.#view.get("node", task.nodeId);
    return node !== undefined && node.status.state !== "DOWN";
  };
}

/** A global service should have a task wherever it has one that is wanted to run. */
function wantedOf(service: Service, slots: readonly Slot[]): number {
  const { spec } = service;
  switch (spec.mode) {
    case "replicated":
      return replicasOf(service);
    case "replicatedJob":
    case "global":
    case "globalJob":
      return slots.filter(({ runnable }) => runnable.length > 0).length;
    default:
      return unreachable(spec);
  }
}
