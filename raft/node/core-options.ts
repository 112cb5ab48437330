import type { Random } from "../../shared/ports/random.ts";
import type { CoreOptions } from "../core/options.ts";
import type { TraceSink } from "../core/trace.ts";
import type { RaftId } from "../ids.ts";
import {
  APPLYING_BYTES_MAX,
  INFLIGHT_BYTES_MAX,
  INFLIGHT_COUNT_MAX,
  MESSAGE_BYTES_MAX,
  UNCOMMITTED_BYTES_MAX,
} from "./limits.ts";
import { ELECTION_TICKS, HEARTBEAT_TICKS } from "./timing.ts";

/** How every member of ours runs its core. */
export function createCoreOptions(id: RaftId, random: Random, trace: TraceSink): CoreOptions {
  return {
    id,
    electionTicks: ELECTION_TICKS,
    heartbeatTicks: HEARTBEAT_TICKS,
    preVote: true,
    checkQuorum: true,
    readMode: "safe",
    leaseDriftPercent: 0,
    stepDownOnRemoval: true,
    // Proposals are made where the answer is awaited: on the leader.
    disableProposalForwarding: true,
    disableConfChangeValidation: false,
    messageBytesMax: MESSAGE_BYTES_MAX,
    applyingBytesMax: APPLYING_BYTES_MAX,
    uncommittedBytesMax: UNCOMMITTED_BYTES_MAX,
    inflightCountMax: INFLIGHT_COUNT_MAX,
    inflightBytesMax: INFLIGHT_BYTES_MAX,
    // Writes run beside the loop: what is applied is on this disk.
    applyUnstable: false,
    random: random.fork(`raft/${id}`),
    trace,
  };
}
