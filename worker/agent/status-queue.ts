import { isDeepStrictEqual } from "node:util";
import type { TaskId } from "../../shared/ids.ts";
import { HOST_LIMITS } from "../../shared/objects/limits.ts";
import { statusBytes } from "../../shared/objects/status-text.ts";
import { isBefore } from "../../shared/objects/task-state.ts";
import type { StatusReport } from "../../shared/rpc/gen/dispatcher.ts";
import type { TaskStatus } from "../../shared/rpc/gen/objects.ts";

/** Approximate bytes of one report: well below what the leader accepts, so that a wrong estimate causes no refusal. */
export const REPORT_BYTES = HOST_LIMITS.reportBytes.max / 4;

/**
 * The statuses that the leader has not accepted yet. One report is under way at a time, so that they are stored in
 * order; statuses accumulate in the meantime, and only a task's newest one counts. Nothing here needs to survive: the
 * full set of each session shows what the leader knows, and what differs is reported again.
 */
export class StatusQueue {
  #pending = new Map<TaskId, TaskStatus>();
  #underWay: StatusReport | null = null;
  #number = 0;

  note(taskId: TaskId, status: TaskStatus): void {
    this.#pending.set(taskId, status);
  }

  /** The next report, numbered; null while one is under way or there is nothing to report. */
  take(): StatusReport | null {
    if (this.#underWay !== null || this.#pending.size === 0) return null;
    const updates: [TaskId, TaskStatus][] = [];
    let bytes = 0;
    for (const [taskId, status] of this.#pending) {
      bytes += statusBytes(status);
      if (updates.length > 0 && (bytes > REPORT_BYTES || updates.length === HOST_LIMITS.statusUpdates.max)) break;
      updates.push([taskId, status]);
      this.#pending.delete(taskId);
    }
    this.#number++;
    this.#underWay = { number: this.#number, updates: updates.map(([taskId, status]) => ({ taskId, status })) };
    return this.#underWay;
  }

  /** The report that the leader has not answered, to be repeated. */
  get underWay(): StatusReport | null {
    return this.#underWay;
  }

  onAccepted(number: number): void {
    if (this.#underWay?.number === number) this.#underWay = null;
  }

  /** A session begins: numbers start again, and its full set will show what to report. */
  beginSession(): void {
    this.#number = 0;
    this.#underWay = null;
    this.#pending = new Map();
  }
}

/** Whether the leader, which believes `theirs`, has to be told `ours`. */
export function isNews(ours: TaskStatus, theirs: TaskStatus): boolean {
  if (isBefore(ours.state, theirs.state)) return false;
  return !isDeepStrictEqual({ ...ours, appliedAtMs: 0 }, { ...theirs, appliedAtMs: 0 });
}
