import { canary } from "./canary.ts";

export const durabilityAndReadCanaries = [
  canary(
    "acknowledgesBeforeWrite",
    "acknowledgements leave before the write",
    "raft-state.ts",
    '      case "appendEntriesResponse":\n      case "voteResponse":',
    '      case "appendEntriesResponse":\n' +
      "        (full.to === this.id ? this.messagesAfterPersist : this.messages).push(full);\n" +
      '        return;\n      case "voteResponse":',
  ),
  canary(
    "votesBeforeWrite",
    "votes leave before the write",
    "raft-state.ts",
    '      case "voteResponse":\n      case "preVoteResponse":',
    '      case "voteResponse":\n' +
      "        (full.to === this.id ? this.messagesAfterPersist : this.messages).push(full);\n" +
      '        return;\n      case "preVoteResponse":',
  ),
  canary(
    "oldWriteCounts",
    "a write of an earlier term counts for what replaced it (ABA)",
    "raft-core.ts",
    "if (input.term < raft.term) {",
    "if (input.term < 0) {",
  ),
  canary(
    "readBeforeOwnCommit",
    "a read is answered before the leader committed in its term",
    "reads.ts",
    "if (raft.hasCommittedInTerm()) startRead",
    "if (raft.id > 0) startRead",
  ),
  canary(
    "onlyVoterReadsAtOnce",
    "the only voter answers a read before it committed in its term",
    "reads.ts",
    "if (raft.hasCommittedInTerm()) startRead",
    "if (raft.hasCommittedInTerm() || raft.tracker.isOnlyVoter(raft.id)) startRead",
  ),
  canary(
    "readUnconfirmed",
    "a read is answered without asking a quorum",
    "reads.ts",
    "if (raft.tracker.isOnlyVoter(raft.id)) {",
    "if (raft.id > 0) {",
  ),
  canary(
    "leaseByQuorumCheck",
    "a leader answers by lease for as long as it leads",
    "lease.ts",
    "return since > 0 && this.#round - since < this.#ticksMax;",
    "return since >= 0;",
  ),
  canary(
    "restartForgetsPromise",
    "a voter that restarts does not hold to the promise of its last life",
    "raft-state.ts",
    "this.promiseElapsed = initial.hardState === null ? options.electionTicks : 0;",
    "this.promiseElapsed = options.electionTicks;",
  ),
  canary(
    "promiseEndsWithLeader",
    "a voter that loses its leader to a higher term holds to no promise",
    "election.ts",
    'if (readMode === "lease" && raft.promiseElapsed < electionTicks) return true;',
    "",
  ),
  canary(
    "leaseOutlivesTransfer",
    "a leader answers by lease after it asked somebody to take over",
    "leader.ts",
    "  endLease(raft);\n",
    "",
  ),
] as const;
