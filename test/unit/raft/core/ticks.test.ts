import assert from "node:assert/strict";
import { test } from "node:test";
import { toTerm } from "../../../../raft/ids.ts";
import { id, logOf, Member } from "./fixture.ts";

const GUARDED = { electionTicks: 15, heartbeatTicks: 4, preVote: true, checkQuorum: true } as const;

/** Ticks until the member sends something or becomes something else. */
function ticksUntilItActs(member: Member): number {
  const { role, term } = member.core;
  member.sent = [];
  for (let ticks = 1; ; ticks++) {
    member.tick();
    if (member.sent.length > 0 || member.core.role !== role || member.core.term !== term) return ticks;
  }
}

function leader(): Member {
  const member = new Member({ entries: logOf(1), options: GUARDED });
  member.step({ kind: "campaign" });
  for (const kind of ["preVoteResponse", "voteResponse"] as const) {
    const committed = { term: toTerm(0), index: member.core.commit };
    const term = toTerm(2);
    for (const from of [id(2), id(3)]) member.receive({ kind, from, term, granted: true, committed });
  }
  assert.equal(member.core.role, "leader");
  return member;
}

test("a core says how many ticks it lets pass: a leader to its heartbeat, a follower to its campaign", () => {
  const lead = leader();
  for (let beat = 0; beat < 3; beat++) {
    assert.equal(lead.core.ticksUntilAction, 4);
    lead.tick();
    assert.equal(lead.core.ticksUntilAction, 3);
    assert.equal(ticksUntilItActs(lead), 3);
  }

  const follower = new Member({ id: 2, entries: logOf(1), options: GUARDED });
  follower.core.randomizedElectionTicks = 20;
  assert.equal(follower.core.ticksUntilAction, 20);
  assert.equal(ticksUntilItActs(follower), 20);
});

test("a leader that nobody answers says when it will step down, and who is in haste counts every tick", () => {
  const lead = leader();
  lead.tick(12);
  assert.equal(lead.core.ticksUntilAction, 3, "its quorum is checked before the next heartbeat but one");
  assert.equal(ticksUntilItActs(lead) <= 4, true);

  const follower = new Member({ id: 3, entries: logOf(1), options: GUARDED });
  const commit = follower.core.commit;
  follower.receive({ kind: "heartbeat", from: id(1), term: toTerm(1), commit, readSequence: null });
  follower.step({ kind: "leaderConnectionClosed", peer: id(1) });
  assert.equal(follower.core.ticksUntilAction, 1);
});

test("who may not stand is asked about at each tick once its time is over", () => {
  const learner = new Member({ id: 3, voters: [1, 2], learners: [3], options: GUARDED });
  learner.core.randomizedElectionTicks = 20;
  learner.tick(50);
  assert.equal(learner.core.ticksUntilAction, 1);
});
