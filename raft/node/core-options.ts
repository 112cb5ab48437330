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

/** How all our members run their core. */
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
    // Proposals are made only on the leader, where their outcome is awaited.
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
