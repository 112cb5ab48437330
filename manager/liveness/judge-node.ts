import { PROBES_UNANSWERED_MIN, type ProbeAnswer } from "../../shared/host-probe/prober.ts";
import { invariant, unreachable } from "../../shared/invariant.ts";
import type { NodeStatus } from "../../shared/objects/types.ts";

/** A heartbeat missed: look whether the host is there. A look changes nothing by itself. */
export const PROBE_AFTER_SILENT_MS = 700;
/** Three heartbeats missed: the node is unreachable, and people see it. */
export const LIVENESS_SILENT_MS = 1_500;
/**
 * After an election a worker needs this to find the new leader, when the old one's host lost power: heartbeat silence,
 * then a connection. (When only its process ended, 100 ms.) A longer wait would let the scheduler use hosts that are
 * gone; hosts that do not even answer a connection attempt are judged without it.
 */
export const NEW_LEADER_GRACE_MS = 2_500;

invariant(PROBE_AFTER_SILENT_MS < LIVENESS_SILENT_MS, "the evidence is on its way when the node is called unreachable");

/** All that is known of one node at one moment. Gossip will add its own field. */
export interface Evidence {
  /** `never` = not since this leader leads. */
  readonly session: "open" | "closed" | "never";
  /** Since anything came from it; infinite for `never`. */
  readonly heardAgoMs: number;
  /** The same, counted from the moment this leader could listen: since it leads, or since it last stalled itself. */
  readonly silentMs: number;
  /** The newest answer in this silence; null = none. */
  readonly probeAnswer: ProbeAnswer | null;
  /** Attempts without an answer since the last one with. */
  readonly probesUnanswered: number;
}

/** What to write into the node's status; null = leave it as it is. */
export interface Verdict {
  readonly state: NodeStatus["state"];
  /** The evidence, in a sentence. */
  readonly message: string;
}

/**
 * Judges one node (DESIGN.md D7). `disconnectGraceMs` is how long a silent node whose host still answers keeps its tasks.
 *
 *     READY --silent 1.5 s--> DISCONNECTED --host answers, grace over--> DOWN
 *       ^                          |------- host does not answer ---------^ |
 *       '--------------- heard again, or a new session --------------------'
 */
export function judgeNode(before: NodeStatus["state"], evidence: Evidence, disconnectGraceMs: number): Verdict | null {
  const { session, silentMs } = evidence;
  if (session === "open" && evidence.heardAgoMs < LIVENESS_SILENT_MS) return become(before, "READY", "");
  // Only its own session brings a node back from DOWN; a new leader does not begin to doubt again.
  if (before === "DOWN") return null;
  if (silentMs < LIVENESS_SILENT_MS) return null;
  if (evidence.probesUnanswered >= PROBES_UNANSWERED_MIN) {
    return become(before, "DOWN", `${describeSilence(evidence)}, and its host does not answer`);
  }
  if (silentMs >= Math.max(disconnectGraceMs, session === "never" ? NEW_LEADER_GRACE_MS : 0)) {
    return become(before, "DOWN", `${describeSilence(evidence)}; ${describeHost(evidence.probeAnswer)}`);
  }
  if (session === "never" && (silentMs < NEW_LEADER_GRACE_MS || before === "UNKNOWN")) return null;
  return become(before, "DISCONNECTED", `${describeSilence(evidence)}; ${describeHost(evidence.probeAnswer)}`);
}

function become(before: NodeStatus["state"], state: NodeStatus["state"], message: string): Verdict | null {
  return before === state ? null : { state, message };
}

function describeSilence({ session, silentMs }: Evidence): string {
  const seconds = `${(silentMs / 1000).toFixed(1)} s`;
  switch (session) {
    case "open":
      return `no sign of life for ${seconds}`;
    case "closed":
      return `its session ended and it has been silent for ${seconds}`;
    case "never":
      return `it has not opened a session with this leader for ${seconds}`;
    default:
      return unreachable(session);
  }
}

function describeHost(answer: ProbeAnswer | null): string {
  switch (answer) {
    case "refused":
      return "its host answers, so the daemon is gone and its containers may live";
    case "accepted":
      return "its host answers and the daemon accepts connections but says nothing";
    case null:
      return "whether its host answers is not known yet";
    default:
      return unreachable(answer);
  }
}
