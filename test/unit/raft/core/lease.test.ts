import assert from "node:assert/strict";
import { test } from "node:test";
import { leaseTicksOf } from "../../../../raft/core/lease.ts";
import type { CoreOptions } from "../../../../raft/core/options.ts";
import { toTerm } from "../../../../raft/ids.ts";
import { entryId, exchange, id, Member, type MemberSetup, NOTHING } from "./fixture.ts";

/** Leases of 9 ticks. */
const LEASE: Partial<CoreOptions> = { checkQuorum: true, preVote: true, readMode: "lease" };

function newMember(own: number, setup: MemberSetup = {}): Member {
  return new Member({ id: own, ...setup, options: { ...LEASE, ...setup.options } });
}

/** 1 leads 2 and 3, and both have answered its heartbeat of the tick just past. */
function newGroup(): readonly [Member, Member, Member] {
  const group = [newMember(1, { term: 1 }), newMember(2, { term: 1 }), newMember(3, { term: 1 })] as const;
  for (const member of group) member.tick(10);
  group[0].step({ kind: "campaign" });
  exchange(group);
  group[0].tick();
  exchange(group);
  assert.equal(group[0].core.role, "leader");
  return group;
}

function reads(member: Member): number {
  member.step({ kind: "readIndex", token: 7 });
  return member.reads.length;
}

test("a lease is shorter than a voter's promise by the drift of both clocks", () => {
  assert.deepEqual(
    [leaseTicksOf(10, 0), leaseTicksOf(10, 10), leaseTicksOf(14, 5), leaseTicksOf(5, 20)],
    [9, 7, 11, 2],
  );
});

test("with a lease a read is answered at once, and without a message", () => {
  const [leader] = newGroup();
  leader.take();
  assert.equal(reads(leader), 1);
  assert.deepEqual(leader.take(), []);
});

test("a lease counts from when the heartbeat left, and a read after it waits for a new answer", () => {
  const [leader, second, third] = newGroup();
  // Its heartbeats are lost from now on; check-quorum would let it lead for up to twenty ticks.
  leader.tick(8);
  assert.equal(reads(leader), 1, "eight ticks later");
  leader.tick();
  leader.take();
  assert.equal(reads(leader), 1, "nine ticks later it only asks");
  assert.equal(leader.core.role, "leader");
  exchange([leader, second, third]);
  assert.equal(leader.reads.length, 2, "and is answered when voters are heard again");
});

test("an answer to an old heartbeat does not prolong a lease", () => {
  const [leader, second] = newGroup();
  const late = leader.core.term;
  leader.tick(9);
  leader.take();
  second.take();
  leader.receive({ kind: "heartbeatResponse", from: id(2), term: late, readSequence: 2 });
  leader.receive({ kind: "heartbeatResponse", from: id(2), term: late, readSequence: 1_000 });
  assert.equal(reads(leader), 0, "nor does one from the future");
});

test("time that no tick told of voids a lease", () => {
  const [leader] = newGroup();
  leader.step({ kind: "timeMissed" });
  assert.equal(reads(leader), 0);
});

test("who was asked to take over need not heed promises, so the lease is over for good", () => {
  const [leader, second, third] = newGroup();
  leader.step({ kind: "transferLeadership", to: id(2) });
  // The request is lost, and the leader goes on.
  leader.take();
  leader.tick(10);
  exchange([leader, third]);
  assert.deepEqual([leader.core.role, leader.core.transferee], ["leader", null]);
  leader.step({ kind: "readIndex", token: 7 });
  assert.equal(leader.reads.length, 0, "it asks a quorum");
  // An answer that brings back a round of the lease is none to this read.
  leader.receive({ kind: "heartbeatResponse", from: id(2), term: leader.core.term, readSequence: 1 });
  assert.equal(leader.reads.length, 0);
  exchange([leader, second, third]);
  assert.equal(leader.reads.length, 1);
});

for (const [what, end] of [
  ["a restart", (): Member => newMember(2, { term: 1 })],
  [
    "a higher term",
    (): Member => {
      const voter = newMember(2, { term: 1 });
      voter.tick(10);
      voter.receive({ kind: "heartbeat", from: id(1), term: toTerm(1), commit: entryId(0, 0).index, readSequence: 1 });
      voter.receive({
        kind: "appendEntriesResponse",
        from: id(3),
        term: toTerm(5),
        index: entryId(0, 0).index,
        rejection: null,
      });
      return voter;
    },
  ],
] as const) {
  test(`${what} does not free a voter from its promise`, () => {
    const voter = end();
    const request = {
      kind: "voteRequest",
      from: id(3),
      term: toTerm(9),
      last: entryId(1, 1),
      reason: "timeout",
      committed: NOTHING,
    } as const;
    voter.receive(request);
    assert.deepEqual(voter.take("voteResponse"), []);
    voter.receive({ ...request, reason: "leaderGone" });
    assert.deepEqual(voter.take("voteResponse"), [], "nor does a hint");
    voter.tick(10);
    voter.receive({ ...request, term: toTerm(voter.core.term + 9) });
    assert.equal(voter.take("voteResponse")[0]?.granted, true);
  });
}

test("a member that has nothing on disk has promised nothing", () => {
  const voter = newMember(2, { isNew: true });
  voter.receive({
    kind: "voteRequest",
    from: id(3),
    term: toTerm(1),
    last: entryId(0, 0),
    reason: "timeout",
    committed: NOTHING,
  });
  assert.equal(voter.take("voteResponse")[0]?.granted, true);
});

test("by lease reads a heartbeat's answer is a promise, and leaves after the write of its term", () => {
  const voter = newMember(2);
  const heartbeat = { kind: "heartbeat", from: id(1), to: id(2), term: toTerm(4), readSequence: 1 } as const;
  voter.core.step({ kind: "message", message: { ...heartbeat, commit: entryId(0, 0).index } });
  const ready = voter.core.takeReady();
  assert.deepEqual([ready.messages.length, ready.messagesAfterPersist.length, ready.mustSync], [0, 1, true]);
});

test("lease reads with a timeout too short for any lease are refused at the start", () => {
  assert.throws(
    () => newMember(1, { options: { electionTicks: 5, heartbeatTicks: 2, leaseDriftPercent: 20 } }),
    /longer than a heartbeat/,
  );
  assert.throws(() => newMember(1, { options: { checkQuorum: false } }), /need checkQuorum/);
});
