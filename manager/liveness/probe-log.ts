import type { NodeId } from "../../shared/ids.ts";
import type { InstantMs } from "../../shared/ports/clock.ts";
import { type Evidence, PROBE_AFTER_SILENT_MS, PROBE_EVERY_MS, type ProbeAnswer } from "./judge-node.ts";

interface Entry {
  /** The silence it belongs to: evidence of an older one means nothing. */
  readonly silentSinceMs: InstantMs;
  lastStartMs: InstantMs;
  /** Beginning of the newest attempt that was answered. */
  answeredStartMs: InstantMs;
  answer: ProbeAnswer | null;
  unanswered: number;
}

/** What connection attempts told of each silent node, and which of them are due. Pure bookkeeping. */
export class ProbeLog {
  readonly #entries = new Map<NodeId, Entry>();

  /** The evidence in the silence that began at `silentSinceMs`. */
  evidence(nodeId: NodeId, silentSinceMs: InstantMs): Pick<Evidence, "probeAnswer" | "probesUnanswered"> {
    const entry = this.#entries.get(nodeId);
    if (entry === undefined || entry.silentSinceMs !== silentSinceMs) return { probeAnswer: null, probesUnanswered: 0 };
    return { probeAnswer: entry.answer, probesUnanswered: entry.unanswered };
  }

  /** Whether to look at the host now; without an open stream there is no heartbeat to wait for. Marks it as begun. */
  maybeBegin(nodeId: NodeId, silentSinceMs: InstantMs, nowMs: InstantMs, isOpen: boolean): boolean {
    const entry = this.#entries.get(nodeId);
    if (entry !== undefined && entry.silentSinceMs === silentSinceMs) {
      if (nowMs - entry.lastStartMs < PROBE_EVERY_MS) return false;
      entry.lastStartMs = nowMs;
      return true;
    }
    if (isOpen && nowMs - silentSinceMs < PROBE_AFTER_SILENT_MS) return false;
    this.#entries.set(nodeId, {
      silentSinceMs,
      lastStartMs: nowMs,
      answeredStartMs: Number.NEGATIVE_INFINITY,
      answer: null,
      unanswered: 0,
    });
    return true;
  }

  /**
   * What became of the attempt begun at `startMs`. Attempts overlap, and one that gets no answer ends last: when a cable
   * was out for a second, those begun meanwhile fail after a later one was answered, and must not count.
   */
  onAnswer(
    nodeId: NodeId,
    silentSinceMs: InstantMs,
    startMs: InstantMs,
    answer: ProbeAnswer | "noAnswer" | "notTried",
  ): void {
    const entry = this.#entries.get(nodeId);
    if (entry === undefined || entry.silentSinceMs !== silentSinceMs || answer === "notTried") return;
    if (answer === "noAnswer") {
      if (startMs > entry.answeredStartMs) entry.unanswered++;
      return;
    }
    entry.answer = answer;
    entry.unanswered = 0;
    entry.answeredStartMs = Math.max(entry.answeredStartMs, startMs);
  }

  /** Forgets nodes that are no longer there. */
  keepOnly(nodeIds: ReadonlySet<NodeId>): void {
    for (const nodeId of this.#entries.keys()) if (!nodeIds.has(nodeId)) this.#entries.delete(nodeId);
  }
}
