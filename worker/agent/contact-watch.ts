import { messageOf } from "../../shared/errors.ts";
import { type Logger, levelOfFailure } from "../../shared/log.ts";
import { type Clock, type InstantMs, sleep } from "../../shared/ports/clock.ts";
import type { AgentDatabase } from "../ports/agent-database.ts";
import type { BootClock, BootMoment } from "../ports/boot-clock.ts";
import type { TaskManager } from "./task-manager.ts";

/** How often to look whether a leader has been silent for too long: the error of `--stop-after`. */
export const CONTACT_TICK_MS = 500;

export interface ContactWatchOptions {
  readonly clock: Clock;
  readonly bootClock: BootClock;
  readonly database: Pick<AgentDatabase, "write">;
  readonly tasks: Pick<TaskManager, "hasTimed" | "onSilence">;
  readonly log: Logger;
}

/**
 * Knows when a leader was heard last, and has tasks stopped whose spec says that they may not run so long unheard.
 *
 * What counts is when the heartbeat was sent that a leader has answered, not when the answer came: the leader cannot
 * have heard this host any earlier than that, so its own count of the silence never runs ahead of this one. The moment
 * is on disk, so a daemon that is started again goes on with the count; it is stored at each tick, so that it is older
 * there than it was, never newer. On a machine that was started again no container of before runs.
 */
export class ContactWatch {
  readonly #options: ContactWatchOptions;
  #last: BootMoment;
  #stored: BootMoment | null;
  #writesFailed = 0;

  /** `stored`: what the daemon before this one has stored. */
  constructor(stored: BootMoment | null, options: ContactWatchOptions) {
    this.#options = options;
    this.#stored = stored;
    const now = options.bootClock();
    this.#last = stored?.bootId === now.bootId ? stored : now;
  }

  /** A leader has answered what was sent at that instant. */
  onContact(sentAtMs: InstantMs): void {
    const { bootId, upMs } = this.#options.bootClock();
    const atMs = upMs - (this.#options.clock.now() - sentAtMs);
    if (bootId !== this.#last.bootId || atMs > this.#last.upMs) this.#last = { bootId, upMs: atMs };
  }

  /** Looks now; tasks whose time is over are told to stop. */
  look(): void {
    const { tasks, bootClock } = this.#options;
    if (tasks.hasTimed) tasks.onSilence(bootClock().upMs - this.#last.upMs);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.look();
      if (this.#options.tasks.hasTimed && this.#stored !== this.#last) await this.#store();
      await sleep(this.#options.clock, CONTACT_TICK_MS, "agent: contact", signal).catch(() => {});
    }
  }

  // A host whose disk is full stops its tasks all the same, and earlier after its daemon was started again.
  async #store(): Promise<void> {
    const heard = this.#last;
    try {
      await this.#options.database.write({ heard });
      this.#stored = heard;
      this.#writesFailed = 0;
    } catch (error) {
      const failures = ++this.#writesFailed;
      this.#options.log[levelOfFailure(failures)]("last contact not stored", { error: messageOf(error), failures });
    }
  }
}
