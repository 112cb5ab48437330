import { Bell } from "../../shared/bell.ts";
import type { NodeId, TaskId } from "../../shared/ids.ts";
import { comparePositions, isNewSince, LogCursor, type LogPosition } from "../../shared/log-cursor.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { LogLine, LogOptions, LogSubscription } from "../../shared/rpc/gen/dispatcher.ts";
import type { SubscribeLogsResponse } from "../../shared/rpc/gen/logs.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { LogTarget } from "./log-targets.ts";
import { believable, sentences } from "./worker-logs.ts";

/** Lines that came in this time are put in order of time before the reader gets them. */
export const LOG_GATHER_MS = 40;
/** Without `follow` all hosts are waited for, at most so long, so that the whole is in order. */
export const LOG_HOLD_MS = 1_000;
/** Lines, and bytes of them, kept for a reader; beyond it hosts are not read until the reader has taken some. */
export const LOG_BUFFER_LINES_MAX = 5_000;
export const LOG_BUFFER_BYTES_MAX = 8 << 20;
/** Lines in one message to the reader, and bytes of them unless one alone has more: well below a message's limit. */
export const LOG_MESSAGE_LINES_MAX = 500;
export const LOG_MESSAGE_BYTES_MAX = 1 << 20;
/** A host that has not begun to publish after this is given up, or asked again when following. */
export const PUBLISH_START_MS_MAX = 5_000;
/** A host whose logs broke off is asked again after this. */
export const RESUBSCRIBE_MS = 1_000;

export type Answer = Sendable<SubscribeLogsResponse>;

/** One request to one host. */
export interface Publication {
  readonly id: string;
  readonly nodeId: NodeId;
  readonly taskIds: readonly TaskId[];
  readonly resumedFrom: ReadonlyMap<string, LogPosition>;
  state: "asked" | "open" | "ended" | "broken";
}

export interface LogReadingOptions {
  readonly options: LogOptions;
  readonly clock: Clock;
  readonly createPublicationId: () => string;
  /** Passes the request to the node's session; false = it has none. */
  readonly subscribe: (nodeId: NodeId, subscription: Sendable<LogSubscription>) => boolean;
}

/** One reader's logs: asks the hosts, gathers what they publish, hands it on in order, asks again what broke off. */
export class LogReading implements Disposable {
  readonly #options: LogReadingOptions;
  readonly #cursor = new LogCursor();
  readonly #publications = new Map<string, Publication>();
  readonly #timers = new Map<string, Disposable>();
  /** Which publication a task's log comes through; tasks whose log has ended stay. */
  readonly #covered = new Map<TaskId, Publication | "givenUp">();
  readonly #bell = new Bell();
  readonly #saidErrors = new Set<string>();
  /** Tasks there were when the reader came: only of those it does not want more than the tail. */
  #firstTaskIds: ReadonlySet<TaskId> | null = null;
  #room = Promise.withResolvers<void>();
  #lines: LogLine[] = [];
  #bytes = 0;
  #errors: string[] = [];

  constructor(options: LogReadingOptions) {
    this.#options = options;
  }

  /** Asks for the logs of those targets that nobody is asked for. */
  cover(targets: readonly LogTarget[]): void {
    this.#firstTaskIds ??= new Set(targets.map(({ taskId }) => taskId));
    const firstTaskIds = this.#firstTaskIds;
    const missing = targets.filter((target) => !this.#isCovered(target.taskId));
    const [first, later] = partition(missing, ({ taskId }) => firstTaskIds.has(taskId));
    this.#askHosts(first, this.#options.options);
    // They began while we followed, up to a second ago: all they said is news.
    this.#askHosts(later, { ...this.#options.options, tail: -1 });
  }

  /** Tells the reader a sentence, once. */
  say(sentence: string): void {
    if (this.#saidErrors.has(sentence)) return;
    this.#saidErrors.add(sentence);
    this.#errors.push(sentence);
    this.#bell.ring();
  }

  /** The publication a host answers to; null = none of this reading and host. */
  open(id: string, nodeId: NodeId): Publication | null {
    const publication = this.#publications.get(id);
    if (publication?.nodeId !== nodeId || publication.state !== "asked") return null;
    publication.state = "open";
    this.#stopTimer(id);
    return publication;
  }

  /** Takes what a host published; resolves when there is room for more. */
  async push(publication: Publication, lines: readonly LogLine[], errors: readonly string[]): Promise<void> {
    for (const line of believable(lines, publication.taskIds)) {
      if (!isNewSince(publication.resumedFrom, line)) continue;
      this.#cursor.take(line);
      this.#lines.push({ ...line, nodeId: publication.nodeId });
      this.#bytes += line.text.length;
    }
    this.#errors.push(...sentences(errors));
    this.#bell.ring();
    if (this.#isFull()) await this.#room.promise;
  }

  close(publication: Publication, state: "ended" | "broken"): void {
    publication.state = state;
    this.#publications.delete(publication.id);
    this.#stopTimer(publication.id);
    if (state === "broken" && !this.#options.options.follow) this.#giveUp(publication.taskIds);
    this.#bell.ring();
  }

  /** Hands on what comes until everything has come; never returns when following. `look` covers new targets. */
  async run(send: (answer: Answer) => Promise<void>, signal: AbortSignal): Promise<void> {
    const { follow } = this.#options.options;
    const holdUntilMs = this.#options.clock.now() + LOG_HOLD_MS;
    for (;;) {
      const isComplete = !follow && this.#publications.size === 0;
      const isHolding = !follow && !isComplete && this.#options.clock.now() < holdUntilMs;
      if (!isHolding || this.#isFull()) await this.#flush(send);
      if (isComplete) return;
      if (!isHolding) await this.#bell.next(signal);
      await sleep(this.#options.clock, LOG_GATHER_MS, "logs: gather lines", signal);
    }
  }

  /** Tells the hosts that the reader has gone. */
  [Symbol.dispose](): void {
    for (const { id, nodeId } of this.#publications.values()) {
      this.#stopTimer(id);
      this.#options.subscribe(nodeId, { subscriptionId: id, close: true });
    }
    this.#publications.clear();
    this.#room.resolve();
  }

  #isFull(): boolean {
    return this.#lines.length >= LOG_BUFFER_LINES_MAX || this.#bytes >= LOG_BUFFER_BYTES_MAX;
  }

  #isCovered(taskId: TaskId): boolean {
    const how = this.#covered.get(taskId);
    return how !== undefined && (how === "givenUp" || how.state !== "broken");
  }

  #askHosts(targets: readonly LogTarget[], logOptions: LogOptions): void {
    for (const [nodeId, own] of Map.groupBy(targets, (target) => target.nodeId)) this.#ask(nodeId, own, logOptions);
  }

  #ask(nodeId: NodeId, targets: readonly LogTarget[], logOptions: LogOptions): void {
    const taskIds = targets.map(({ taskId }) => taskId);
    const resumedFrom = this.#cursor.positions(taskIds);
    const id = this.#options.createPublicationId();
    const publication: Publication = { id, nodeId, taskIds, resumedFrom, state: "asked" };
    const options = resumeOptions(logOptions, taskIds, resumedFrom);
    if (!this.#options.subscribe(nodeId, { subscriptionId: id, taskIds, options })) {
      this.#sayUnreachable(targets, "its node is not in session");
      return;
    }
    this.#publications.set(id, publication);
    for (const taskId of taskIds) this.#covered.set(taskId, publication);
    this.#timers.set(
      id,
      this.#options.clock.schedule(PUBLISH_START_MS_MAX, "logs: wait for a host", () => {
        this.#sayUnreachable(targets, `its node did not answer within ${PUBLISH_START_MS_MAX / 1000} s`);
        this.close(publication, "broken");
      }),
    );
  }

  // Said once for each task and reason: while following, the host is asked again every second.
  #sayUnreachable(targets: readonly LogTarget[], reason: string): void {
    for (const { name, taskId, hostname } of targets) {
      this.say(`logs of ${name} (task ${taskId.slice(0, 12)} on ${hostname}) cannot be had: ${reason}`);
    }
    if (!this.#options.options.follow) this.#giveUp(targets.map(({ taskId }) => taskId));
    this.#bell.ring();
  }

  #giveUp(taskIds: readonly TaskId[]): void {
    for (const taskId of taskIds) this.#covered.set(taskId, "givenUp");
  }

  async #flush(send: (answer: Answer) => Promise<void>): Promise<void> {
    const lines = inOrder(this.#lines);
    const errors = this.#errors;
    this.#lines = [];
    this.#bytes = 0;
    this.#errors = [];
    if (errors.length > 0) await send({ errors });
    for (const message of inMessages(lines)) await send({ lines: message });
    this.#room.resolve();
    this.#room = Promise.withResolvers<void>();
  }

  #stopTimer(id: string): void {
    this.#timers.get(id)?.[Symbol.dispose]();
    this.#timers.delete(id);
  }
}

/** After a break a log is read from where it was; only if none of it was read, as the reader asked. */
function resumeOptions(
  options: LogOptions,
  taskIds: readonly TaskId[],
  resumedFrom: ReadonlyMap<string, LogPosition>,
): LogOptions {
  if (taskIds.some((taskId) => !resumedFrom.has(taskId))) return options;
  const sinceMs = Math.min(...[...resumedFrom.values()].map(({ timestampMs }) => timestampMs));
  return { ...options, tail: -1, sinceMs };
}

/** By time; lines of one task stay in their order, also where its host's clock was set back. */
function inOrder(lines: readonly LogLine[]): readonly LogLine[] {
  const last = new Map<string, LogPosition>();
  const placed = lines.map((line) => {
    const before = last.get(line.taskId);
    const at = before !== undefined && comparePositions(before, line) > 0 ? before : line;
    last.set(line.taskId, at);
    return { line, at };
  });
  // A stable sort: lines of the same instant stay as they came.
  return placed.sort((a, b) => comparePositions(a.at, b.at)).map(({ line }) => line);
}

function* inMessages(lines: readonly LogLine[]): Generator<readonly LogLine[], void, void> {
  let from = 0;
  let bytes = 0;
  for (const [at, { text }] of lines.entries()) {
    const isFull = at - from >= LOG_MESSAGE_LINES_MAX || bytes + text.length > LOG_MESSAGE_BYTES_MAX;
    if (isFull && at > from) {
      yield lines.slice(from, at);
      from = at;
      bytes = 0;
    }
    bytes += text.length;
  }
  if (from < lines.length) yield lines.slice(from);
}

function partition<T>(all: readonly T[], test: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [all.filter(test), all.filter((item) => !test(item))];
}
