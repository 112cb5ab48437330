import { type ProbePace, ProbeRecord } from "../../shared/host-probe/probe-record.ts";
import type { Prober } from "../../shared/host-probe/prober.ts";
import type { NodeId } from "../../shared/ids.ts";
import type { InstantMs } from "../../shared/ports/clock.ts";
import { type Evidence, PROBE_AFTER_SILENT_MS } from "./judge-node.ts";

/** Interval between probes while a node stays silent. */
const PROBE_EVERY_MS = 250;
/** About two seconds of quick probes: a host may lose power just after it answered. */
const PACE: ProbePace = {
  everyMs: PROBE_EVERY_MS,
  quickAnswers: 8,
  answeredEveryMs: 1_000,
  unansweredEveryMs: PROBE_EVERY_MS,
};

interface Entry {
  /** The silence it belongs to: evidence from an older one means nothing. */
  readonly silentSinceMs: InstantMs;
  readonly record: ProbeRecord;
}

/** What connection attempts have shown about each silent node, and which attempts are due. Pure bookkeeping. */
export class ProbeLog {
  readonly #entries = new Map<NodeId, Entry>();

  /** The evidence in the silence that began at `silentSinceMs`. */
  evidence(nodeId: NodeId, silentSinceMs: InstantMs): Pick<Evidence, "probeAnswer" | "probesUnanswered"> {
    const entry = this.#entries.get(nodeId);
    if (entry === undefined || entry.silentSinceMs !== silentSinceMs) return { probeAnswer: null, probesUnanswered: 0 };
    return { probeAnswer: entry.record.answer, probesUnanswered: entry.record.unanswered };
  }

  /**
   * Whether to probe the host now; without an open stream there is no heartbeat to wait for. Marks the attempt as
   * begun.
   */
  maybeBegin(nodeId: NodeId, silentSinceMs: InstantMs, nowMs: InstantMs, isOpen: boolean): boolean {
    let entry = this.#entries.get(nodeId);
    if (entry?.silentSinceMs !== silentSinceMs) {
      if (isOpen && nowMs - silentSinceMs < PROBE_AFTER_SILENT_MS) return false;
      entry = { silentSinceMs, record: new ProbeRecord(PACE) };
      this.#entries.set(nodeId, entry);
    }
    if (!entry.record.isDue(nowMs)) return false;
    entry.record.begin(nowMs);
    return true;
  }

  /** Records the outcome of the attempt begun at `startMs`. */
  onAnswer(
    nodeId: NodeId,
    silentSinceMs: InstantMs,
    startMs: InstantMs,
    answer: Awaited<ReturnType<Prober["probe"]>>,
  ): void {
    const entry = this.#entries.get(nodeId);
    if (entry?.silentSinceMs === silentSinceMs) entry.record.onAnswer(startMs, answer);
  }

  /** Forgets nodes that are no longer there. */
  keepOnly(isThere: (nodeId: NodeId) => boolean): void {
    for (const nodeId of this.#entries.keys()) if (!isThere(nodeId)) this.#entries.delete(nodeId);
  }
}
