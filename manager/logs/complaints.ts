import { HOST_LIMITS } from "../../shared/objects/limits.ts";
import { cutText } from "../../shared/objects/status-text.ts";
import type { LogTarget } from "./log-targets.ts";

/**
 * Sentences to one reader: enough for each task of a large service. Without a limit, hosts could send them for ever.
 */
export const COMPLAINTS_MAX = 1_000;
const NO_MORE = `more than ${COMPLAINTS_MAX} reasons why logs cannot be read: further ones are left out`;

/** What a reader is told besides lines: each sentence once, however often it is added. */
export class Complaints {
  readonly #said = new Set<string>();
  #unsaid: string[] = [];

  add(sentence: string): void {
    if (this.#said.has(sentence) || this.#said.size > COMPLAINTS_MAX) return;
    const isLast = this.#said.size === COMPLAINTS_MAX;
    this.#said.add(sentence);
    this.#unsaid.push(isLast ? NO_MORE : sentence);
  }

  /** Those not taken yet. */
  take(): readonly string[] {
    const unsaid = this.#unsaid;
    this.#unsaid = [];
    return unsaid;
  }
}

/** Which task, which node, why. */
export function complaintOf({ name, taskId, hostname }: LogTarget, reason: string): string {
  const why = cutText(reason, HOST_LIMITS.logError.max);
  return `logs of ${name} (task ${taskId.slice(0, 12)} on ${hostname}) cannot be read: ${why}`;
}
