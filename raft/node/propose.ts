import { SwarmError } from "../../shared/errors.ts";
import { unreachable } from "../../shared/invariant.ts";
import { payloadBytes } from "../core/entry.ts";
import type { RaftCore } from "../core/raft-core.ts";
import type { DropReason } from "../core/trace.ts";
import { indexPlus } from "../ids.ts";
import { PROPOSAL_BYTES_MAX, PROPOSALS_PENDING_MAX, PROPOSE_BATCH_BYTES } from "./limits.ts";
import { changeRefused, type PendingProposal, type PendingProposals } from "./pending-proposals.ts";

/** Proposes what has come in during one turn, in order, in lists of bounded size; each proposal learns its index. */
export function proposeInBatches(
  core: RaftCore,
  waiting: readonly PendingProposal[],
  inFlight: PendingProposals,
): void {
  let batch: PendingProposal[] = [];
  let bytes = 0;
  for (const pending of waiting) {
    batch.push(pending);
    bytes += payloadBytes(pending.proposal);
    if (bytes < PROPOSE_BATCH_BYTES) continue;
    proposeBatch(core, batch, inFlight);
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) proposeBatch(core, batch, inFlight);
}

/** Why a change is not accepted while many others are waiting; null = it is accepted. */
export function checkProposal(data: Uint8Array, pending: number): SwarmError | null {
  if (data.length > PROPOSAL_BYTES_MAX) {
    const message = `a change of ${data.length} bytes is larger than the ${PROPOSAL_BYTES_MAX} that fit into one entry`;
    return new SwarmError("resourceExhausted", message);
  }
  if (pending > PROPOSALS_PENDING_MAX) {
    const message = `more than ${PROPOSALS_PENDING_MAX} changes are waiting for agreement: try again later`;
    return new SwarmError("resourceExhausted", message);
  }
  return null;
}

function proposeBatch(core: RaftCore, batch: readonly PendingProposal[], inFlight: PendingProposals): void {
  const before = core.lastIndex;
  const outcome = core.step({ kind: "propose", proposals: batch.map(({ proposal }) => proposal) });
  switch (outcome.kind) {
    case "done":
      for (const [at, pending] of batch.entries()) {
        const index = indexPlus(before, at + 1);
        const why = core.whyStruckOut(index);
        if (why === null) inFlight.add(index, core.term, pending);
        else pending.reject(changeRefused(why));
      }
      return;
    case "dropped":
      for (const { reject } of batch) reject(dropped(outcome.why));
      return;
    case "peerNotFound":
      throw new Error("a proposal has no peer");
    default:
      unreachable(outcome);
  }
}

function dropped(why: DropReason): SwarmError {
  switch (why) {
    case "noLeader":
    case "notForwarded":
    case "notMember":
      return new SwarmError("unavailable", "this manager does not lead the swarm");
    case "transferring":
      return new SwarmError("unavailable", "leadership is being handed over: try again in a moment");
    case "tooMuchUncommitted":
      return new SwarmError("unavailable", "too many changes are waiting for agreement: try again in a moment");
    default:
      return unreachable(why);
  }
}
