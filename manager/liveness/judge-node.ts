import { PROBES_UNANSWERED_MIN, type ProbeAnswer } from "../../shared/host-probe/prober.ts";
import { invariant, unreachable } from "../../shared/invariant.ts";
import type { ClusterSpec, NodeStatus } from "../../shared/rpc/gen/objects.ts";
import {
  areSeveral,
  describeState,
  describeWitnesses,
  type GossipEvidence,
  isDead,
  isSeenLost,
} from "./gossip-evidence.ts";

/**
 * One missed heartbeat of the default period: check whether the host is there. The check alone changes nothing. With a
 * longer period hosts are checked between heartbeats, too.
 */
export const PROBE_AFTER_SILENT_MS = 700;
/** So many missed heartbeats: the node is unreachable, and is shown as such. */
export const LIVENESS_SILENT_BEATS = 3;
/** But not earlier than this, however fast the heartbeat: three of the default period. */
export const LIVENESS_SILENT_MS_MIN = 1_500;
/**
 * How long a worker needs after an election to find the new leader, if the old one's host lost power: missed
 * heartbeats, then a connection. (100 ms if only the process ended.) With a longer wait the scheduler would use hosts
 * that are gone; hosts that do not even answer a connection attempt are judged without it.
 */
export const NEW_LEADER_GRACE_BEATS = 5;
/** The same with the default period or a faster one. */
export const NEW_LEADER_GRACE_MS_MIN = 2_500;

invariant(
  PROBE_AFTER_SILENT_MS < LIVENESS_SILENT_MS_MIN,
  "the evidence is on its way when the node is called unreachable",
);

/** All that is known about one node at one moment. */
export interface Evidence {
  /** `never` = not since this leader took over. */
  readonly session: "open" | "closed" | "never";
  /** Time since anything came from it; infinite for `never`. */
  readonly heardAgoMs: number;
  /** The same, counted from when this leader could listen: since it took over, or since it last stalled itself. */
  readonly silentMs: number;
  /** The newest answer in this silence; null = none. */
  readonly probeAnswer: ProbeAnswer | null;
  /** Attempts without an answer since the last answered one. */
  readonly probesUnanswered: number;
  /** null = gossip knows nothing: a single node, its port blocked from the start, an old daemon. */
  readonly gossip: GossipEvidence | null;
}

/** The previous judgement, by whichever leader. */
export interface Before {
  readonly state: NodeStatus["state"];
  readonly finding: string;
  /** How long its session has been silent according to the store; null = it was not. */
  readonly silentForMs: number | null;
}

/** What to write into the node's status. */
export interface Verdict {
  readonly state: NodeStatus["state"];
  /** The evidence, in a sentence. */
  readonly message: string;
  /** The same without its numbers, which change all the time and are not worth a write. */
  readonly finding: string;
  /** Whether its session is silent, whatever gossip says. */
  readonly isSilent: boolean;
}

/** The cluster's settings that a judgement depends on. */
export type LivenessRules = Pick<ClusterSpec, "disconnectGraceMs" | "heartbeatPeriodMs">;

/** Silence of a session that is more than chance. */
export function silenceMs({ heartbeatPeriodMs }: LivenessRules): number {
  return Math.max(LIVENESS_SILENT_MS_MIN, LIVENESS_SILENT_BEATS * heartbeatPeriodMs);
}

function newLeaderGraceMs({ heartbeatPeriodMs }: LivenessRules): number {
  return Math.max(NEW_LEADER_GRACE_MS_MIN, NEW_LEADER_GRACE_BEATS * heartbeatPeriodMs);
}

/**
 * Judges one node; null = nothing to write. The grace is how long a lost node keeps its tasks while its host is or may
 * be alive.
 *
 * | session | gossip | the host's answer to a connection          | verdict                                  |
 * |---------|--------|--------------------------------------------|------------------------------------------|
 * | speaks  | alive  |                                            | READY                                    |
 * | speaks  | dead   |                                            | DISCONNECTED: nothing moves              |
 * | silent  | alive  |                                            | DISCONNECTED: nothing moves              |
 * | silent  | dead   | refused, accepted, or not known by several | DISCONNECTED, after the grace DOWN       |
 * | silent  | dead   | none, as several see it                    | DOWN                                     |
 * | silent  | left   |                                            | DOWN: its own word                       |
 * | silent  | null   | none                                       | DOWN                                     |
 * | silent  | null   | refused or accepted                        | DISCONNECTED, after the grace DOWN       |
 */
export function judgeNode(before: Before, evidence: Evidence, rules: LivenessRules): Verdict | null {
  const { session, silentMs, gossip } = evidence;
  const isLost = gossip !== null && isDead(gossip);
  if (session === "open" && evidence.heardAgoMs < silenceMs(rules)) {
    // A leader that is cut off from gossip is alone in seeing everybody dead.
    if (!isLost || !areSeveral(gossip.seenBy, gossip)) return become(before, "READY", NOTHING, false);
    return become(before, "DISCONNECTED", describeUngossiped(gossip), false);
  }
  // Only its own session brings a node back from DOWN; a new leader does not judge it afresh.
  if (before.state === "DOWN") return null;
  // What gossip says replaces the silence that a new leader has not observed yet: the leader need not count from zero.
  const isSilent = silentMs >= silenceMs(rules) || (session === "never" && isLost && before.state === "READY");
  if (!isSilent) return null;
  const said = describe(evidence);
  if (isGone(evidence) || isGraceOver(before, evidence, rules)) return become(before, "DOWN", said, true);
  if (session === "never" && (silentMs < newLeaderGraceMs(rules) || before.state === "UNKNOWN")) return null;
  return become(before, "DISCONNECTED", said, true);
}

/** Whether the host itself is gone, along with its containers: there is nothing to wait for. */
function isGone(evidence: Evidence): boolean {
  const { gossip } = evidence;
  if (gossip === null) return isUnanswered(evidence);
  if (!isDead(gossip)) return false;
  return gossip.state === "left" || (isUnanswered(evidence) && areSeveral(gossip.unansweredBy, gossip));
}

/**
 * Whether the host left enough attempts unanswered, by this leader or by its own host's membership, which tries
 * earlier.
 */
function isUnanswered({ gossip, probesUnanswered }: Evidence): boolean {
  return probesUnanswered >= PROBES_UNANSWERED_MIN || gossip?.isUnanswered === true;
}

function isGraceOver(before: Before, { session, silentMs, gossip }: Evidence, rules: LivenessRules): boolean {
  if (session === "never" && silentMs < newLeaderGraceMs(rules)) return false;
  const graceMs = rules.disconnectGraceMs;
  if (gossip === null) return silentMs >= graceMs;
  // What an earlier leader wrote goes by that leader's clock, which may be wrong; what gossip says goes by our own. The
  // shorter time counts.
  const earlierMs = Math.min(before.silentForMs ?? 0, gossip.forMs);
  return isDead(gossip) && Math.max(silentMs, earlierMs) >= graceMs;
}

/** The evidence in words for people, and the part of it whose change is worth a write. */
type Description = Pick<Verdict, "message" | "finding">;

const NOTHING: Description = { message: "", finding: "" };

function become(before: Before, state: NodeStatus["state"], said: Description, isSilent: boolean): Verdict | null {
  const isSame =
    before.state === state &&
    (before.silentForMs !== null) === isSilent &&
    (state === "READY" || before.finding === said.finding);
  return isSame ? null : { state, ...said, isSilent };
}

function describeUngossiped(gossip: GossipEvidence): Description {
  const what = `${describeState(gossip)}, ${describeWitnesses(gossip)}, but its session speaks`;
  return {
    message: `${what}: is port 7946 open to it, TCP and UDP?`,
    finding: `session speaks, gossip ${gossip.state}`,
  };
}

function describe(evidence: Evidence): Description {
  const { session, gossip } = evidence;
  const silence = describeSilence(evidence);
  const host = hostState(evidence);
  const isLost = gossip !== null && isSeenLost(gossip);
  const finding = `session ${session}, gossip ${isLost ? gossip.state : gossip && "alive"}, host ${host}`;
  const answers = HOST_SENTENCES[host];
  if (gossip === null) return { message: `${silence}; ${answers}`, finding };
  if (!isLost) return { message: `${describeState(gossip)}, but ${silence}; ${answers}`, finding };
  return { message: `${describeState(gossip)}, ${silence}, ${describeWitnesses(gossip)}; ${answers}`, finding };
}

function describeSilence({ session, silentMs }: Evidence): string {
  const seconds = `${(silentMs / 1000).toFixed(1)} s`;
  switch (session) {
    case "open":
      return `session silent for ${seconds}`;
    case "closed":
      return `session closed and silent for ${seconds}`;
    case "never":
      return `no session with this leader for ${seconds}`;
    default:
      return unreachable(session);
  }
}

type HostState = ProbeAnswer | "unanswered" | "unknown";

function hostState(evidence: Evidence): HostState {
  if (isUnanswered(evidence)) return "unanswered";
  return evidence.probeAnswer ?? "unknown";
}

const HOST_SENTENCES: { readonly [State in HostState]: string } = {
  unanswered: "its host does not answer",
  refused: "its host answers, so the daemon is gone and its containers may be alive",
  accepted: "its host answers and the daemon accepts connections but says nothing",
  unknown: "whether its host answers is not known yet",
};
