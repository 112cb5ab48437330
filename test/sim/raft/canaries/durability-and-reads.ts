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
    'if (raft.options.readMode === "lease" ||',
    "if (raft.id > 0 ||",
  ),
] as const;
