import type { RaftFrameAck } from "../../shared/rpc/gen/raft.ts";
import type { RaftId, RaftMember } from "../ids.ts";

export type Refusal = Exclude<RaftFrameAck["refusal"], "NONE">;

/** What the head of a frame or of a snapshot claims. */
export interface Claim {
  readonly from: number;
  readonly to: number;
  readonly clusterId: string;
  readonly era: number;
}

/** What the receiver knows. */
export interface Knowledge {
  readonly self: RaftId;
  readonly clusterId: string;
  readonly era: number;
  readonly members: ReadonlyMap<RaftId, RaftMember>;
  readonly removed: ReadonlySet<RaftId>;
}

/**
 * Why a frame is refused; null = it is taken. `nodeId` is what the sender's certificate says.
 *
 * An unknown id is accepted: this member may lag, and not know its leader yet. The sender's certificate makes it a
 * manager of this cluster, and used-up ids are remembered for ever. Not so across eras: members that the old group took
 * in behind our back may have the same ids as ours.
 */
export function whyRefused(claim: Claim, nodeId: string, knowledge: Knowledge): Refusal | null {
  if (claim.clusterId !== knowledge.clusterId) return "OTHER_CLUSTER";
  if (claim.era !== knowledge.era) return claim.era < knowledge.era ? "OUTDATED" : "BEHIND";
  const from = claim.from as RaftId;
  if (knowledge.removed.has(from)) return "REMOVED";
  if (claim.to !== knowledge.self) return "OTHER_MEMBER";
  const member = knowledge.members.get(from);
  if (member !== undefined && member.nodeId !== nodeId) return "NOT_THE_SENDER";
  return null;
}

/** Whether who is refused so is no member any more, and will never be again under its id. */
export function saysOut(refusal: RaftFrameAck["refusal"]): boolean {
  return refusal === "REMOVED" || refusal === "OUTDATED";
}

/** The same as a sentence. */
export function describeRefusal(refusal: Refusal, claim: Claim): string {
  switch (refusal) {
    case "OTHER_CLUSTER":
      return `member ${claim.from} belongs to another swarm (${claim.clusterId})`;
    case "OTHER_MEMBER":
      return `this is not member ${claim.to}`;
    case "REMOVED":
      return `member ${claim.from} was removed from the managers of this swarm`;
    case "NOT_THE_SENDER":
      return `the certificate is not that of member ${claim.from}`;
    case "OUTDATED":
      return `member ${claim.from} is one of the managers that were lost: the swarm was made anew without them`;
    case "BEHIND":
      return `member ${claim.from} is a manager of the swarm that was made anew without this one`;
    default:
      return refusal satisfies never;
  }
}
