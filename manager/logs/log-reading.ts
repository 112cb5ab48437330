import { Bell } from "../../shared/bell.ts";
import type { NodeId, TaskId } from "../../shared/ids.ts";
import { compareInstants, isNewSince, LogCursor } from "../../shared/log-cursor.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type {
  LogLine,
  LogOptions,
  LogPosition,
  LogSubscription,
  PublishLogsRequest,
} from "../../shared/rpc/gen/dispatcher.ts";
import type { SubscribeLogsResponse } from "../../shared/rpc/gen/logs.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import { Complaints, complaintOf } from "./complaints.ts";
import type { LogTarget } from "./log-targets.ts";
import { believable, complaintsOf } from "./worker-logs.ts";

/** Lines that arrive within this time are sorted by time before the reader gets them. */
export const LOG_GATHER_MS = 40;
/** Without `follow`, how long to wait for all hosts, so that the whole is in order. */
export const LOG_HOLD_MS = 1_000;
/** Lines, and their bytes, kept for a reader; beyond this, hosts are not read until the reader has taken some. */
export const LOG_BUFFER_LINES_MAX = 5_000;
export const LOG_BUFFER_BYTES_MAX = 8 << 20;
/** Lines in one message to the reader, and their bytes, unless a single line has more: well below a message's limit. */
export const LOG_MESSAGE_LINES_MAX = 500;
export const LOG_MESSAGE_BYTES_MAX = 1 << 20;
/** A host that has not begun to publish after this time is given up, or asked again when following. */
export const PUBLISH_START_MS_MAX = 5_000;
/**
 * A publishing host sends something at least every 2 s, if only that it is there; after this long a silence it counts
 * as broken.
 */
export const PUBLISH_SILENCE_MS_MAX = 10_000;
/** While following, a break lasts about a second, and is reported only if it lasts longer than this. */
const BREAKS_MAX = 3;
/** After this time a reader is told that all has come that was there, whatever hosts have not said so. */
const CAUGHT_UP_MS_MAX = 5_000;
/** A reading that follows until an instant goes on for so long, in case a host's clock is behind. */
const UNTIL_SLACK_MS = 3_000;
/** The longest a timer of this platform can run: about 25 days. */
const TIMER_MS_MAX = 2 ** 31 - 1;
/** A host whose logs broke off is asked again after this time. */
export const RESUBSCRIBE_MS = 1_000;

export type Answer = Sendable<SubscribeLogsResponse>;

/** One request to one host. */
export interface Publication {
  readonly id: string;
  readonly nodeId: NodeId;
  readonly targets: readonly LogTarget[];
  readonly taskIds: readonly TaskId[];
  readonly resumedFrom: ReadonlyMap<string, LogPosition>;
  state: "asked" | "open" | "ended" | "broken";
  /** The host has given all that was there. */
  isCaughtUp: boolean;
}

export interface LogReadingOptions {
  readonly options: LogOptions;
  /** How far the reader came before. */
  readonly resume: readonly LogPosition[];
  readonly clock: Clock;
  readonly createPublicationId: () => string;
  /** Passes the request to the node's session; false = it has none. */
  readonly subscribe: (nodeId: NodeId, subscription: Sendable<LogSubscription>) => boolean;
}

/** One reader's logs: asks the hosts, gathers what they publish, hands it on in order, asks again what broke off. */
export class LogReading implements Disposable {
  readonly #options: LogReadingOptions;
  readonly #cursor: LogCursor;
  readonly #publications = new Map<string, Publication>();
  readonly #timers = new Map<string, Disposable>();
  /** The publication through which a task's log comes; tasks whose log has ended stay. */
  readonly #covered = new Map<TaskId, Publication | "givenUp">();
  readonly #bell = new Bell();
  /** Rung when so much has come that there is no point in gathering more. */
  readonly #fullBell = new Bell();
  readonly #complaints = new Complaints();
  /** Of each host, since it last published a line. */
  readonly #breaks = new Map<NodeId, number>();
  /** Tasks that existed when the reader came: only for those does its tail apply. */
  #firstTaskIds: ReadonlySet<TaskId> | null = null;
  /** Of these, whose hosts have given all that was there. */
  readonly #caughtUp = new Set<TaskId>();
  readonly #beganAtMs: number;
  #room = Promise.withResolvers<void>();
  #lines: LogLine[] = [];
  #bytes = 0;
  #isDisposed = false;

  constructor(options: LogReadingOptions) {
    this.#options = options;
    this.#cursor = new LogCursor(options.resume);
    this.#beganAtMs = options.clock.wallNow();
  }

  /** Asks for the logs of the targets for which no host has been asked. */
  cover(targets: readonly LogTarget[]): void {
    this.#firstTaskIds ??= new Set(targets.map(({ taskId }) => taskId));
    const firstTaskIds = this.#firstTaskIds;
    const missing = targets.filter((target) => !this.#isCovered(target.taskId));
    const { options } = this.#options;
    const [first, later] = partition(missing, ({ taskId }) => firstTaskIds.has(taskId));
    const [silent, unread] = partition(first, ({ taskId }) => this.#caughtUp.has(taskId));
    this.#askHosts(unread, options);
    // Of these there was nothing to read: what they have said since is new.
    const sinceMs = options.tail < 0 ? options.sinceMs : Math.max(options.sinceMs, this.#beganAtMs);
    this.#askHosts(silent, { ...options, tail: -1, sinceMs });
    // They began while we were following, up to a second ago: all of their output is new.
    this.#askHosts(later, { ...options, tail: -1 });
  }

  /** Tells the reader a sentence, once. */
  say(sentence: string): void {
    this.#complaints.add(sentence);
    this.#bell.ring();
  }

  /** The publication that a host is answering; null = none of this reading and host. */
  open(id: string, nodeId: NodeId): Publication | null {
    const publication = this.#publications.get(id);
    if (publication?.nodeId !== nodeId || publication.state !== "asked") return null;
    publication.state = "open";
    this.#expectWord(publication);
    return publication;
  }

  /**
   * Takes what a host published; resolves when there is room for more. Nothing is taken from a publication that was
   * given up, because its host may have been asked again.
   */
  async push(
    publication: Publication,
    { lines, faults, caughtUp }: Pick<PublishLogsRequest, "lines" | "faults" | "caughtUp">,
  ): Promise<void> {
    if (publication.state !== "open") return;
    this.#stopTimer(publication.id);
    const believed = believable(lines, publication.taskIds);
    for (const line of believed) {
      if (!isNewSince(publication.resumedFrom, line)) continue;
      this.#cursor.take(line);
      this.#lines.push({ ...line, nodeId: publication.nodeId });
      this.#bytes += line.text.length;
    }
    if (believed.length > 0) this.#breaks.delete(publication.nodeId);
    if (believed.length < lines.length) this.say(rubbishOf(publication));
    for (const complaint of complaintsOf(faults, publication.targets)) this.say(complaint);
    if (caughtUp) {
      publication.isCaughtUp = true;
      for (const taskId of publication.taskIds) this.#caughtUp.add(taskId);
    }
    this.#bell.ring();
    if (this.#isFull()) {
      this.#fullBell.ring();
      await this.#room.promise;
    }
    // Only now, because while there was no room the host could send nothing.
    this.#expectWord(publication);
  }

  /** `reason`: why it broke. */
  close(publication: Publication, ...how: readonly ["ended"] | readonly ["broken", reason: string]): void {
    if (publication.state === "ended" || publication.state === "broken") return;
    const [state, reason] = how;
    publication.state = state;
    this.#publications.delete(publication.id);
    this.#stopTimer(publication.id);
    if (state === "broken") this.#onBroken(publication, reason);
    this.#bell.ring();
  }

  /** Passes on what comes until everything has come; when following, only an instant to follow until ends it. */
  async run(send: (answer: Answer) => Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock, options } = this.#options;
    const { follow, untilMs } = options;
    const holdUntilMs = clock.now() + LOG_HOLD_MS;
    const tellByMs = clock.now() + CAUGHT_UP_MS_MAX;
    const endMs = untilMs === 0 ? Number.POSITIVE_INFINITY : untilMs + UNTIL_SLACK_MS;
    const ring = (): void => this.#bell.ring();
    using _late = clock.schedule(CAUGHT_UP_MS_MAX, "logs: wait for what was there", ring);
    using _end = clock.schedule(
      Math.min(TIMER_MS_MAX, Math.max(0, endMs - clock.wallNow())),
      "logs: wait for --until",
      ring,
    );
    let isTold = false;
    for (;;) {
      const isComplete = (!follow || clock.wallNow() >= endMs) && this.#publications.size === 0;
      const isHolding = !follow && !isComplete && clock.now() < holdUntilMs;
      const hasAll = this.#hasCaughtUp() || clock.now() >= tellByMs;
      if (!isHolding || this.#isFull()) await this.#flush(send);
      if (hasAll && !isTold && !isHolding) {
        await send({ caughtUp: true });
        isTold = true;
      }
      if (isComplete) return;
      if (!isHolding) await this.#bell.next(signal);
      await this.#gather(signal);
    }
  }

  /** Lets lines come in for a moment, but no longer than there is room for them: a reader of much waits for nothing. */
  async #gather(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let isOver = false;
    using _timer = clock.schedule(LOG_GATHER_MS, "logs: gather lines", () => {
      isOver = true;
      this.#fullBell.ring();
    });
    // A ring may be one of before.
    while (!isOver && !this.#isFull()) await this.#fullBell.next(signal);
    signal.throwIfAborted();
  }

  /** Tells the hosts that the reader is gone. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    for (const { id, nodeId } of this.#publications.values()) {
      this.#stopTimer(id);
      this.#options.subscribe(nodeId, { subscriptionId: id, close: true });
    }
    this.#publications.clear();
    this.#room.resolve();
  }

  #hasCaughtUp(): boolean {
    return [...this.#publications.values()].every(({ isCaughtUp }) => isCaughtUp);
  }

  #isFull(): boolean {
    return this.#lines.length >= LOG_BUFFER_LINES_MAX || this.#bytes >= LOG_BUFFER_BYTES_MAX;
  }

  /** A host that has hung must not hold up the reader for ever. */
  #expectWord(publication: Publication): void {
    if (publication.state !== "open" || this.#isDisposed) return;
    this.#stopTimer(publication.id);
    this.#timers.set(
      publication.id,
      this.#options.clock.schedule(PUBLISH_SILENCE_MS_MAX, "logs: wait for a host's word", () =>
        this.close(publication, "broken", `its node has been silent for ${PUBLISH_SILENCE_MS_MAX / 1000} s`),
      ),
    );
  }

  #onBroken({ nodeId, targets, taskIds }: Publication, reason: string): void {
    const breaks = (this.#breaks.get(nodeId) ?? 0) + 1;
    this.#breaks.set(nodeId, breaks);
    const { follow } = this.#options.options;
    if (!follow || breaks >= BREAKS_MAX) for (const target of targets) this.say(complaintOf(target, reason));
    if (!follow) this.#giveUp(taskIds);
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
    const publication: Publication = { id, nodeId, targets, taskIds, resumedFrom, state: "asked", isCaughtUp: false };
    const options = resumeOptions(logOptions, taskIds, resumedFrom);
    const resume = [...resumedFrom.values()];
    if (!this.#options.subscribe(nodeId, { subscriptionId: id, taskIds, options, resume })) {
      this.#sayUnreachable(targets, "its node is not in session");
      return;
    }
    this.#publications.set(id, publication);
    for (const taskId of taskIds) this.#covered.set(taskId, publication);
    this.#timers.set(
      id,
      this.#options.clock.schedule(PUBLISH_START_MS_MAX, "logs: wait for a host", () => {
        this.#sayUnreachable(targets, `its node did not answer within ${PUBLISH_START_MS_MAX / 1000} s`);
        this.close(publication, "broken", "its node did not answer");
      }),
    );
  }

  // While following, the host is asked again every second.
  #sayUnreachable(targets: readonly LogTarget[], reason: string): void {
    for (const target of targets) this.say(complaintOf(target, reason));
    if (!this.#options.options.follow) this.#giveUp(targets.map(({ taskId }) => taskId));
  }

  #giveUp(taskIds: readonly TaskId[]): void {
    for (const taskId of taskIds) this.#covered.set(taskId, "givenUp");
  }

  async #flush(send: (answer: Answer) => Promise<void>): Promise<void> {
    const lines = inOrder(this.#lines);
    const errors = this.#complaints.take();
    this.#lines = [];
    this.#bytes = 0;
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

/** About lines that were not accepted. */
function rubbishOf({ targets }: Publication): string {
  const hostname = targets[0]?.hostname ?? "";
  return `some lines from node ${hostname} were left out: they do not belong to the tasks that were asked for, or are malformed`;
}

/** For hosts that know no places: after a break, a log is read from where it was left, if any of it was read. */
function resumeOptions(
  options: LogOptions,
  taskIds: readonly TaskId[],
  resumedFrom: ReadonlyMap<string, LogPosition>,
): LogOptions {
  if (taskIds.some((taskId) => !resumedFrom.has(taskId))) return options;
  const sinceMs = Math.min(...[...resumedFrom.values()].map(({ timestampMs }) => timestampMs));
  return { ...options, tail: -1, sinceMs };
}

/** By time; lines of one task stay in their order, even if its host's clock was set back. */
function inOrder(lines: readonly LogLine[]): readonly LogLine[] {
  const last = new Map<string, LogLine>();
  const placed = lines.map((line) => {
    const before = last.get(line.taskId);
    const at = before !== undefined && compareInstants(before, line) > 0 ? before : line;
    last.set(line.taskId, at);
    return { line, at };
  });
  // A stable sort: lines of the same instant stay in the order in which they came.
  return placed.sort((a, b) => compareInstants(a.at, b.at)).map(({ line }) => line);
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
