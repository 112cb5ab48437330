import { isDeepStrictEqual } from "node:util";
import type { TaskId } from "../../shared/ids.ts";
import { HOST_LIMITS } from "../../shared/objects/limits.ts";
import { statusBytes } from "../../shared/objects/status-text.ts";
import { isBefore, isFinal } from "../../shared/objects/task-state.ts";
import type { StatusReport } from "../../shared/rpc/gen/dispatcher.ts";
import type { TaskStatus } from "../../shared/rpc/gen/objects.ts";

/** Approximate bytes of one report: well below what the leader accepts, so that a wrong estimate causes no refusal. */
export const REPORT_BYTES = HOST_LIMITS.reportBytes.max / 4;

/** Reports that the leader has not accepted, with those that do not wait for the one before. */
export const REPORTS_UNDER_WAY_MAX = 3;

/**
 * The statuses that the leader has not accepted yet. While a report is under way they accumulate, and only a task's
 * newest one counts. What others wait for (a task runs, or is over) does not wait: the leader stores reports in order.
 * Nothing here needs to survive: the full set of each session shows what the leader knows, and what differs is reported
 * again.
 */
export class StatusQueue {
  #pending = new Map<TaskId, TaskStatus>();
  /** By number; of each, what no later one says better. */
  #underWay = new Map<number, Map<TaskId, TaskStatus>>();
  #number = 0;
  #isUrgent = false;

  note(taskId: TaskId, status: TaskStatus): void {
    this.#pending.set(taskId, status);
    this.#isUrgent ||= status.state === "RUNNING" || isFinal(status.state);
  }

  /** The next report, numbered; null while it waits for those under way, or there is nothing to report. */
  take(): StatusReport | null {
    const most = this.#isUrgent ? REPORTS_UNDER_WAY_MAX : 1;
    if (this.#underWay.size >= most || this.#pending.size === 0) return null;
    const updates: [TaskId, TaskStatus][] = [];
    let bytes = 0;
    for (const [taskId, status] of this.#pending) {
      bytes += statusBytes(status);
      if (updates.length > 0 && (bytes > REPORT_BYTES || updates.length === HOST_LIMITS.statusUpdates.max)) break;
      updates.push([taskId, status]);
      this.#pending.delete(taskId);
    }
    this.#isUrgent &&= this.#pending.size > 0;
    for (const older of this.#underWay.values()) for (const [taskId] of updates) older.delete(taskId);
    this.#number++;
    this.#underWay.set(this.#number, new Map(updates));
    return toReport(this.#number, updates);
  }

  /** The oldest report that the leader has not answered, to be repeated. */
  get underWay(): StatusReport | null {
    const [oldest] = this.#underWay;
    return oldest === undefined ? null : toReport(...oldest);
  }

  onAccepted(number: number): void {
    this.#underWay.delete(number);
  }

  /** A session begins: numbers start again, and its full set will show what to report. */
  beginSession(): void {
    this.#number = 0;
    this.#isUrgent = false;
    this.#underWay = new Map();
    this.#pending = new Map();
  }
}

function toReport(number: number, updates: Iterable<readonly [TaskId, TaskStatus]>): StatusReport {
  return { number, updates: [...updates].map(([taskId, status]) => ({ taskId, status })) };
}

/** Whether the leader, which believes `theirs`, has to be told `ours`. */
export function isNews(ours: TaskStatus, theirs: TaskStatus): boolean {
  if (isBefore(ours.state, theirs.state)) return false;
  return !isDeepStrictEqual({ ...ours, appliedAtMs: 0 }, { ...theirs, appliedAtMs: 0 });
}
