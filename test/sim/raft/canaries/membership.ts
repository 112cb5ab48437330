import { type Canary, canary } from "./canary.ts";

/** The voters as they are, but for the leader, which counts its own log whether it is one of them or not. */
const removedLeaderCounts: Canary = {
  name: "removedLeaderCounts",
  what: "a removed leader counts itself",
  edits: [
    {
      file: "tracker.ts",
      find: "committed(): LogIndex {\n    const index = jointCommitted(this.configuration.voters, (id) => this.progress.get(id)?.match);",
      replace:
        "committed(self: RaftId, last: LogIndex): LogIndex {\n" +
        "    const { incoming, outgoing } = this.configuration.voters;\n" +
        "    const counted = { incoming: new Set([...incoming, self]), outgoing };\n" +
        "    const own = (id: RaftId) => (id === self ? last : undefined);\n" +
        "    const index = jointCommitted(counted, (id) => this.progress.get(id)?.match ?? own(id));",
    },
    {
      file: "replication.ts",
      find: "raft.tracker.committed()",
      replace: "raft.tracker.committed(raft.id, raft.log.lastIndex())",
    },
  ],
};

const jointCountsHalf: Canary = {
  name: "jointCountsHalf",
  what: "a joint quorum counts only the incoming half",
  edits: [
    {
      file: "quorum.ts",
      find: "return Math.min(majorityCommitted(voters.incoming, acked), majorityCommitted(voters.outgoing, acked));",
      replace: "return majorityCommitted(voters.incoming, acked);",
    },
    {
      file: "quorum.ts",
      find: "const outgoing = majorityVote(voters.outgoing, votes);",
      replace: "const outgoing = incoming;",
    },
  ],
};

export const membershipCanaries = [
  removedLeaderCounts,
  jointCountsHalf,
  canary(
    "twoChangesPending",
    "two changes of membership under way",
    "membership.ts",
    "if (pendingConfIndex > log.applied) {",
    "if (pendingConfIndex > log.lastIndex()) {",
  ),
  canary(
    "newLeaderChangesAtOnce",
    "a new leader allows a change of membership at once",
    "roles.ts",
    "raft.pendingConfIndex = raft.log.lastIndex();",
    "",
  ),
  canary(
    "campaignsUnapplied",
    "campaigns with a change of membership not applied",
    "election.ts",
    'if (raft.log.hasConfChange(raft.log.applied, raft.log.committed)) return "unappliedConfChange";',
    "",
  ),
  canary(
    "proposalsDuringTransfer",
    "proposals are taken during a transfer",
    "membership.ts",
    'if (raft.transferee !== null) return "transferring";',
    "",
  ),
  canary(
    "lastWordUnsaid",
    "a leader that is removed goes without telling everyone what is committed",
    "membership.ts",
    "    tellCommitted(raft);\n",
    "",
  ),
] as const;
