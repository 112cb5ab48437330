import type { Message } from "../../../raft/core/message.ts";
import { describeTrace, printMessage } from "../../../raft/core/printer.ts";
import type { TraceEvent } from "../../../raft/core/trace.ts";
import type { RaftId } from "../../../raft/raft-handle.ts";

/** Shown when a run fails. */
const RECENT_MAX = 200;

/**
 * What happened in a run: a running hash of all of it (the same seed must give the same one), how often each kind of
 * thing happened (a fault that never does proves nothing), and, if asked for, the last lines as text.
 */
export class TraceHash {
  readonly counts = new Map<string, number>();
  events = 0;
  readonly #now: () => number;
  readonly #keepLines: boolean;
  readonly #recent: string[] = [];
  #hash = 0x811c9dc5;

  constructor(now: () => number, keepLines: boolean) {
    this.#now = now;
    this.#keepLines = keepLines;
  }

  get hash(): string {
    return this.#hash.toString(16).padStart(8, "0");
  }

  get recent(): readonly string[] {
    return this.#recent;
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  onMessage(direction: "send" | "deliver", message: Message): void {
    if (direction === "deliver") this.events++;
    this.#mixText(direction);
    this.#mixText(message.kind);
    for (const number of numbersOf(message)) this.#mix(number);
    if (this.#keepLines) this.#line(`${direction} ${printMessage(message)}`);
  }

  onTrace(id: RaftId, event: TraceEvent): void {
    this.count(event.kind);
    this.#mix(id);
    this.#mixText(event.kind);
    if (this.#keepLines) this.#line(`${id}: ${describeTrace(event)}`);
  }

  note(text: string): void {
    this.count(text.split(" ")[0] ?? text);
    this.#mixText(text);
    if (this.#keepLines) this.#line(text);
  }

  #line(text: string): void {
    this.#recent.push(`${this.#now()} ${text}`);
    if (this.#recent.length > RECENT_MAX) this.#recent.shift();
  }

  #mixText(text: string): void {
    for (let at = 0; at < text.length; at++) this.#mix(text.charCodeAt(at));
  }

  #mix(value: number): void {
    this.#hash = Math.imul(this.#hash ^ (value | 0), 0x01000193) >>> 0;
  }
}

function numbersOf(message: Message): readonly number[] {
  const { from, to, term } = message;
  switch (message.kind) {
    case "appendEntries":
      return [from, to, term, message.prev.index, message.prev.term, message.entries.length, message.commit];
    case "appendEntriesResponse":
      return [from, to, term, message.index, message.rejection?.hintIndex ?? -1];
    case "heartbeat":
      return [from, to, term, message.commit];
    default:
      return [from, to, term];
  }
}
