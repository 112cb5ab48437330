import { PROBES_UNANSWERED_MIN, type ProbeAnswer } from "../../shared/host-probe/prober.ts";
import { invariant, unreachable } from "../../shared/invariant.ts";
import type { NodeStatus } from "../../shared/rpc/gen/objects.ts";
import {
  areSeveral,
  describeState,
  describeWitnesses,
  type GossipEvidence,
  isDead,
  isSeenLost,
} from "./gossip-evidence.ts";

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

/** All that is known of one node at one moment. */
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
  /** null = gossip knows nothing: a single node, its port blocked from the start, an old daemon. */
  readonly gossip: GossipEvidence | null;
}

/** What was judged before, by whichever leader. */
export interface Before {
  readonly state: NodeStatus["state"];
  readonly finding: string;
  /** How long its session has been silent by what was written down; null = it was not. */
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

/**
 * Judges one node; null = nothing to write. `graceMs` is how long a node that is lost keeps its tasks while
 * its host lives or may live.
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
export function judgeNode(before: Before, evidence: Evidence, graceMs: number): Verdict | null {
  const { session, silentMs, gossip } = evidence;
  const isLost = gossip !== null && isDead(gossip);
  if (session === "open" && evidence.heardAgoMs < LIVENESS_SILENT_MS) {
    // A leader that is cut off from gossip has everybody dead, alone.
    if (!isLost || !areSeveral(gossip.seenBy, gossip)) return become(before, "READY", NOTHING, false);
    return become(before, "DISCONNECTED", describeUngossiped(gossip), false);
  }
  // Only its own session brings a node back from DOWN; a new leader does not begin to doubt again.
  if (before.state === "DOWN") return null;
  // Gossip's word stands for the silence a new leader has not heard yet: it need not begin to count anew.
  const isSilent = silentMs >= LIVENESS_SILENT_MS || (session === "never" && isLost && before.state === "READY");
  if (!isSilent) return null;
  const said = describe(evidence);
  if (isGone(evidence) || isGraceOver(before, evidence, graceMs)) return become(before, "DOWN", said, true);
  if (session === "never" && (silentMs < NEW_LEADER_GRACE_MS || before.state === "UNKNOWN")) return null;
  return become(before, "DISCONNECTED", said, true);
}

/** Whether the host itself is gone, its containers with it: there is nothing to wait for. */
function isGone(evidence: Evidence): boolean {
  const { gossip } = evidence;
  if (gossip === null) return isUnanswered(evidence);
  if (!isDead(gossip)) return false;
  return gossip.state === "left" || (isUnanswered(evidence) && areSeveral(gossip.unansweredBy, gossip));
}

/**
 * Whether the host left enough attempts of this leader unanswered, or of its own host's membership, which looks
 * earlier.
 */
function isUnanswered({ gossip, probesUnanswered }: Evidence): boolean {
  return probesUnanswered >= PROBES_UNANSWERED_MIN || gossip?.isUnanswered === true;
}

function isGraceOver(before: Before, { session, silentMs, gossip }: Evidence, graceMs: number): boolean {
  if (session === "never" && silentMs < NEW_LEADER_GRACE_MS) return false;
  if (gossip === null) return silentMs >= graceMs;
  // What an earlier leader wrote down is by its clock, which may be wrong; gossip's word is by our own. The lesser
  // counts.
  const earlierMs = Math.min(before.silentForMs ?? 0, gossip.forMs);
  return isDead(gossip) && Math.max(silentMs, earlierMs) >= graceMs;
}

/** The evidence in words for people, and what of it is worth a write when it changes. */
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
