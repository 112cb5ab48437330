import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { TaskId } from "../../shared/ids.ts";
import type { Logger } from "../../shared/log.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { LogLine, LogSubscription } from "../../shared/rpc/gen/dispatcher.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { LogEntry, LogQuery, TaskExecutor } from "../ports/task-executor.ts";
import type { PublishStream } from "./session-transport.ts";

/** Lines that come in this time go out together. */
export const PUBLISH_GATHER_MS = 20;
/** At so many lines or bytes a message is full; the task's log is not read on until it has been sent. */
export const PUBLISH_LINES_MAX = 200;
export const PUBLISH_BYTES_MAX = 256 * 1024;
/** Subscriptions served at once. */
export const PUBLICATIONS_MAX = 64;

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

  /** Begins or, when it says so, ends a publication. `open` makes its stream; `signal` ends with the session. */
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
        // The reader has gone, or the session: the leader knows, and asks again if it still wants them.
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
  #errors: string[] = [];
  /** Sends follow each other; whoever fills a message waits for it here. */
  #sending: Promise<void> = Promise.resolve();

  constructor(subscription: LogSubscription, stream: PublishStream, options: LogPublisherOptions) {
    this.#subscription = subscription;
    this.#stream = stream;
    this.#options = options;
  }

  async run(isTooMany: boolean, signal: AbortSignal): Promise<void> {
    // An empty message first: the leader learns at once that this host is answering.
    await this.#flush();
    if (isTooMany) this.#errors.push(`this host serves ${PUBLICATIONS_MAX} log readers already`);
    else await this.#readAll(signal);
    await this.#flush();
    this.#stream.end();
    await this.#stream.done;
  }

  async #readAll(signal: AbortSignal): Promise<void> {
    const { taskIds, options } = this.#subscription;
    const query: LogQuery = options ?? { follow: false, tail: -1, sinceMs: 0 };
    const reading = Promise.all(taskIds.map((taskId) => this.#read(taskId as TaskId, query, signal)));
    const read = new AbortController();
    const flushing = this.#flushForever(AbortSignal.any([signal, read.signal]));
    try {
      await Promise.race([reading, flushing]);
    } finally {
      read.abort();
    }
  }

  async #read(taskId: TaskId, query: LogQuery, signal: AbortSignal): Promise<void> {
    try {
      for await (const entry of this.#options.executor.logs(taskId, query, signal)) {
        signal.throwIfAborted();
        await this.#add(taskId, entry);
      }
    } catch (error) {
      signal.throwIfAborted();
      this.#errors.push(`logs of task ${taskId.slice(0, 12)}: ${messageOf(error)}`);
    }
  }

  async #add(taskId: TaskId, entry: LogEntry): Promise<void> {
    // The leader knows which node it talks to.
    this.#lines.push({ ...entry, taskId, nodeId: "" });
    this.#bytes += entry.text.length;
    if (this.#lines.length >= PUBLISH_LINES_MAX || this.#bytes >= PUBLISH_BYTES_MAX) await this.#flush();
  }

  async #flushForever(signal: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(this.#options.clock, PUBLISH_GATHER_MS, "agent: gather log lines", signal);
      if (this.#lines.length > 0 || this.#errors.length > 0) await this.#flush();
    }
  }

  #flush(): Promise<void> {
    const message = { subscriptionId: this.#subscription.subscriptionId, lines: this.#lines, errors: this.#errors };
    this.#lines = [];
    this.#bytes = 0;
    this.#errors = [];
    this.#sending = this.#sending.then(() => this.#stream.send(message));
    return this.#sending;
  }
}
