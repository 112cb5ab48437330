import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { TaskId } from "../../shared/ids.ts";
import type { Logger } from "../../shared/log.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { LogFault, LogLine, LogSubscription } from "../../shared/rpc/gen/dispatcher.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { LogEntry, LogQuery, TaskExecutor } from "../ports/task-executor.ts";
import type { PublishStream } from "./session-transport.ts";
import { SilenceWatch } from "./silence-watch.ts";

/** Lines that arrive within this time are sent together. */
export const PUBLISH_GATHER_MS = 20;
/** At this many lines or bytes a message is full; the task's log is not read further until it has been sent. */
export const PUBLISH_LINES_MAX = 200;
export const PUBLISH_BYTES_MAX = 256 * 1024;
/**
 * After this long without lines, an empty message is sent: the leader takes a host that is silent for 10 s to be hung.
 */
export const PUBLISH_ALIVE_MS = 2_000;
/**
 * A log that gives nothing for this long, although it is not followed, is given up: its disk hangs. Searching a log of
 * 3 GB for its last lines takes about this long.
 */
export const READ_SILENCE_MS_MAX = 30_000;
/** Subscriptions served concurrently. */
export const PUBLICATIONS_MAX = 64;

/** Lost lines are told of once in so much time. */
const MISSED_EVERY_MS = 5_000;
const missed = (files: number): string =>
  `the lines of ${files === 1 ? "a file" : `${files} files`} of its log were dropped before they could be read, ` +
  "because more was written than is kept (see --log-opt max-size and max-file)";

export interface LogPublisherOptions {
  readonly executor: TaskExecutor;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Answers log subscriptions: reads the logs of this host's tasks and sends them, as fast as the leader takes them. */
export class LogPublisher {
  readonly #options: LogPublisherOptions;
  readonly #publications = new Map<string, AbortController>();

  constructor(options: LogPublisherOptions) {
    this.#options = options;
  }

  /**
   * Begins or, if the subscription says so, ends a publication. `open` makes its stream; `signal` ends with the
   * session.
   */
  onSubscription(
    subscription: LogSubscription,
    open: (signal: AbortSignal) => PublishStream,
    signal: AbortSignal,
  ): void {
    const { subscriptionId } = subscription;
    if (subscription.close) {
      this.#publications.get(subscriptionId)?.abort(new SwarmError("cancelled", "the reader has gone"));
      return;
    }
    if (this.#publications.has(subscriptionId)) return;
    const controller = new AbortController();
    const both = AbortSignal.any([signal, controller.signal]);
    const isTooMany = this.#publications.size >= PUBLICATIONS_MAX;
    this.#publications.set(subscriptionId, controller);
    const publication = new Publication(subscription, open(both), this.#options);
    publication
      .run(isTooMany, both)
      .catch((error: unknown) => {
        // The reader or the session is gone: the leader knows, and asks again if it still wants the lines.
        this.#options.log.debug("logs not published", { subscriptionId, error: messageOf(error) });
      })
      .finally(() => {
        controller.abort();
        this.#publications.delete(subscriptionId);
      })
      .catch(() => {});
  }
}

class Publication {
  readonly #subscription: LogSubscription;
  readonly #stream: PublishStream;
  readonly #options: LogPublisherOptions;
  #lines: Sendable<LogLine>[] = [];
  #bytes = 0;
  #faults: Sendable<LogFault>[] = [];
  #sentAtMs: number;
  /** Of each task, files of its log that were gone before they could be read, and have not been told of. */
  readonly #missed = new Map<TaskId, number>();
  #missedToldAtMs = Number.NEGATIVE_INFINITY;
  /** Tasks of which not all that was there at the beginning has been read. */
  #behind: number;
  #isCaughtUpUnsaid = false;
  /** Messages are sent one after another; whoever fills one waits for it here. */
  #sending: Promise<void> = Promise.resolve();

  constructor(subscription: LogSubscription, stream: PublishStream, options: LogPublisherOptions) {
    this.#subscription = subscription;
    this.#stream = stream;
    this.#options = options;
    this.#sentAtMs = options.clock.now();
    this.#behind = subscription.taskIds.length;
  }

  async run(isTooMany: boolean, signal: AbortSignal): Promise<void> {
    // An empty message first: the leader learns at once that this host is answering.
    await this.#flush();
    const reason = `its node serves ${PUBLICATIONS_MAX} log readers already`;
    if (isTooMany) this.#faults.push(...this.#subscription.taskIds.map((taskId) => ({ taskId, reason })));
    else await this.#readAll(signal);
    this.#tellMissed();
    await this.#flush();
    this.#stream.end();
    await this.#stream.done;
  }

  async #readAll(signal: AbortSignal): Promise<void> {
    const { taskIds, options, resume } = this.#subscription;
    const query: LogQuery = options ?? { follow: false, tail: -1, sinceMs: 0 };
    // Managers that do not know places tell none.
    const places = new Map(resume.filter(({ generation }) => generation > 0).map((each) => [each.taskId, each]));
    const queryOf = (taskId: string): LogQuery => ({ ...query, resume: places.get(taskId) ?? null });
    const reading = Promise.all(taskIds.map((taskId) => this.#read(taskId as TaskId, queryOf(taskId), signal)));
    const read = new AbortController();
    const flushing = this.#flushForever(AbortSignal.any([signal, read.signal]));
    try {
      await Promise.race([reading, flushing]);
    } finally {
      read.abort();
    }
  }

  async #read(taskId: TaskId, query: LogQuery, signal: AbortSignal): Promise<void> {
    // One log that hangs must not keep the others from ending.
    using watch = new SilenceWatch(this.#options.clock, query.follow ? null : READ_SILENCE_MS_MAX);
    let isBehind = true;
    const onCaughtUp = (): void => {
      if (isBehind && --this.#behind === 0) this.#isCaughtUpUnsaid = true;
      isBehind = false;
    };
    try {
      await Promise.race([
        this.#readToEnd(taskId, query, watch, { onCaughtUp, signal: AbortSignal.any([signal, watch.signal]) }),
        watch.silence,
      ]);
    } catch (error) {
      signal.throwIfAborted();
      this.#faults.push({ taskId, reason: messageOf(error) });
    } finally {
      onCaughtUp();
    }
  }

  async #readToEnd(
    taskId: TaskId,
    query: LogQuery,
    watch: SilenceWatch,
    { onCaughtUp, signal }: { readonly onCaughtUp: () => void; readonly signal: AbortSignal },
  ): Promise<void> {
    const onMissed = (files: number): void => {
      this.#missed.set(taskId, (this.#missed.get(taskId) ?? 0) + files);
    };
    for await (const entry of this.#options.executor.logs(taskId, query, signal, { onMissed, onCaughtUp })) {
      signal.throwIfAborted();
      watch.stop();
      await this.#add(taskId, entry);
      watch.start();
    }
  }

  async #add(taskId: TaskId, entry: LogEntry): Promise<void> {
    // The leader knows which node it is talking to.
    this.#lines.push({ ...entry, taskId, nodeId: "" });
    this.#bytes += entry.text.length;
    if (this.#lines.length >= PUBLISH_LINES_MAX || this.#bytes >= PUBLISH_BYTES_MAX) await this.#flush();
  }

  async #flushForever(signal: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(this.#options.clock, PUBLISH_GATHER_MS, "agent: gather log lines", signal);
      const nowMs = this.#options.clock.now();
      if (nowMs - this.#missedToldAtMs >= MISSED_EVERY_MS) this.#tellMissed();
      const isDue = nowMs - this.#sentAtMs >= PUBLISH_ALIVE_MS || this.#isCaughtUpUnsaid;
      if (this.#lines.length > 0 || this.#faults.length > 0 || isDue) await this.#flush();
    }
  }

  #tellMissed(): void {
    if (this.#missed.size === 0) return;
    for (const [taskId, files] of this.#missed) this.#faults.push({ taskId, reason: missed(files) });
    this.#missed.clear();
    this.#missedToldAtMs = this.#options.clock.now();
  }

  #flush(): Promise<void> {
    const message = {
      subscriptionId: this.#subscription.subscriptionId,
      lines: this.#lines,
      faults: this.#faults,
      caughtUp: this.#isCaughtUpUnsaid,
    };
    this.#isCaughtUpUnsaid = false;
    this.#lines = [];
    this.#bytes = 0;
    this.#faults = [];
    this.#sentAtMs = this.#options.clock.now();
    this.#sending = this.#sending.then(() => this.#stream.send(message));
    return this.#sending;
  }
}
