import type { Message } from "../../../raft/core/message.ts";
import { describeTrace } from "../../../raft/core/printer.ts";
import type { TraceEvent } from "../../../raft/core/trace.ts";
import type { RaftId } from "../../../raft/ids.ts";
import { printMessage } from "../../support/print-messages.ts";

/** Shown when a run fails. */
const RECENT_MAX = 200;

/**
 * What happened in a run: a running hash of all of it (the same seed must give the same one), how often each kind of
 * thing happened (a fault that never does proves nothing), and, if asked for, the last lines as text.
 */
export class TraceHash {
  readonly counts = new Map<string, number>();
  readonly #now: () => number;
  readonly #keepLines: boolean;
  readonly #recent: string[] = [];
  /** Words come again and again; each is hashed letter by letter only once. */
  readonly #words = new Map<string, number>();
  #hash = 0x811c9dc5 | 0;

  constructor(now: () => number, keepLines: boolean) {
    this.#now = now;
    this.#keepLines = keepLines;
  }

  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }

  get recent(): readonly string[] {
    return this.#recent;
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  onMessage(direction: "send" | "deliver", message: Message): void {
    this.#mixWord(direction);
    this.#mixWord(message.kind);
    this.#mix(message.from);
    this.#mix(message.to);
    this.#mix(message.term);
    this.#mixFields(message);
    if (this.#keepLines) this.#line(`${direction} ${printMessage(message)}`);
  }

  onTrace(id: RaftId, event: TraceEvent): void {
    this.count(event.kind);
    this.#mix(id);
    this.#mixWord(event.kind);
    if (this.#keepLines) this.#line(`${id}: ${describeTrace(event)}`);
  }

  /** `text` is counted by its first word. */
  note(text: string): void {
    this.count(text.split(" ")[0] ?? text);
    this.#mix(hashOf(text));
    if (this.#keepLines) this.#line(text);
  }

  #line(text: string): void {
    this.#recent.push(`${this.#now()} ${text}`);
    if (this.#recent.length > RECENT_MAX) this.#recent.shift();
  }

  #mixFields(message: Message): void {
    switch (message.kind) {
      case "appendEntries":
        this.#mix(message.prev.index);
        this.#mix(message.prev.term);
        this.#mix(message.entries.length);
        this.#mix(message.commit);
        return;
      case "appendEntriesResponse":
        this.#mix(message.index);
        this.#mix(message.rejection?.hintIndex ?? -1);
        return;
      case "heartbeat":
        this.#mix(message.commit);
        return;
      default:
        return;
    }
  }

  #mixWord(word: string): void {
    let hash = this.#words.get(word);
    if (hash === undefined) {
      hash = hashOf(word);
      this.#words.set(word, hash);
    }
    this.#mix(hash);
  }

  #mix(value: number): void {
    this.#hash = Math.imul(this.#hash ^ value, 0x01000193);
  }
}

/** FNV-1a, as a signed number: those stay small integers for the engine. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5 | 0;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}
