/** The Raft paper from section 5.5 on and Ongaro's thesis, claim by claim; paper.test.ts has the sections before. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Entry } from "../../../../raft/core/entry.ts";
import { toLogIndex, toTerm } from "../../../../raft/ids.ts";
import {
  changeOf,
  entry,
  entryId,
  exchange,
  id,
  logOf,
  Member,
  type MemberSetup,
  NOTHING,
  snapshotOf,
} from "./fixture.ts";

const append = (from: number, term: number, prev: readonly [number, number], entries: readonly Entry[], commit = 0) =>
  ({
    kind: "appendEntries",
    from: id(from),
    term: toTerm(term),
    prev: entryId(...prev),
    entries,
    commit: toLogIndex(commit),
  }) as const;
const confChange = (term: number, index: number, ...operations: Parameters<typeof changeOf>): Entry => ({
  ...entryId(term, index),
  kind: "confChange",
  change: changeOf(...operations),
});
const GUARDED: MemberSetup["options"] = { checkQuorum: true, preVote: true };

test("5.3: a follower deletes a conflicting entry and all that follow it, and keeps what does not conflict", () => {
  const follower = new Member({ id: 2, entries: logOf(1, 1, 2, 2) });
  follower.receive(append(1, 3, [1, 1], [entry(1, 2)]));
  assert.deepEqual(follower.log, ["1/1", "1/2", "2/3", "2/4"], "it holds more, and nothing contradicts it");
  follower.receive(append(1, 3, [1, 2], [entry(3, 3)]));
  assert.deepEqual(follower.log, ["1/1", "1/2", "3/3"]);
});

test("5.3: a leader never overwrites or deletes entries of its own log", () => {
  const leader = new Member({ entries: logOf(1, 1) }).lead(2);
  const before = leader.log;
  leader.receive(append(2, leader.core.term, [1, 1], [entry(1, 2, "other")]));
  assert.deepEqual(leader.log, before);
});

test("5.5: requests are idempotent: an append that comes again changes nothing, and is answered the same", () => {
  const follower = new Member({ id: 2 });
  const message = append(1, 1, [0, 0], [entry(1, 1), entry(1, 2)], 1);
  follower.receive(message);
  const [first, log] = [follower.take("appendEntriesResponse"), follower.log];
  follower.receive(append(1, 1, [1, 2], [entry(1, 3)], 2));
  follower.take();
  follower.receive(message);
  assert.deepEqual(follower.log, [...log, "1/3"]);
  // What is committed by now need not be said again; it holds at least as much.
  assert.ok(Number(follower.take("appendEntriesResponse")[0]?.index) >= Number(first[0]?.index));
});

test("6, thesis 4.3: in a joint configuration entries need a majority of the old and one of the new servers", () => {
  const leader = new Member({ voters: [1, 2, 3] }).lead(2);
  leader.acknowledge(2, 1);
  const operations = [4, 5].map((added) => ({ kind: "addVoter", id: id(added) }) as const);
  leader.proposeChange(...operations);
  leader.acknowledge(2, 2);
  assert.deepEqual([...leader.core.configuration.voters.outgoing], [1, 2, 3]);
  leader.propose("x");
  const last = leader.core.lastIndex;
  leader.acknowledge(4, last);
  leader.acknowledge(5, last);
  assert.ok(leader.core.commit < last, "three of the five new ones, but one of the three old ones");
  leader.acknowledge(2, last);
  assert.equal(leader.core.commit, last);
});

test("6, thesis 4.3: so do elections", () => {
  const operations = [4, 5].map((added) => ({ kind: "addVoter", id: id(added) }) as const);
  const candidate = new Member({ entries: [entry(1, 1), confChange(1, 2, ...operations)], commit: 2 });
  candidate.run();
  candidate.step({ kind: "campaign" });
  const answer = { kind: "voteResponse", term: candidate.core.term, granted: true, committed: NOTHING } as const;
  for (const voter of [4, 5]) candidate.receive({ ...answer, from: id(voter) });
  assert.equal(candidate.core.role, "candidate");
  candidate.receive({ ...answer, from: id(3) });
  assert.equal(candidate.core.role, "leader");
});

test("6, thesis 4.2.1: a new server is sent the log before its acknowledgements count", () => {
  const leader = new Member({ voters: [1, 2, 3], learners: [4] }).lead(2);
  leader.propose("x");
  assert.ok(leader.take("appendEntries").some(({ to }) => to === id(4)));
  const last = leader.core.lastIndex;
  leader.acknowledge(4, last);
  assert.ok(leader.core.commit < last);
  leader.acknowledge(2, last);
  assert.equal(leader.core.commit, last);
});

test("6, thesis 4.2.2: a leader that is removed leads until that is committed, and then no longer", () => {
  const leader = new Member({ voters: [1, 2, 3] }).lead(2);
  leader.acknowledge(2, 1);
  leader.proposeChange({ kind: "remove", id: id(1) });
  assert.equal(leader.core.role, "leader");
  leader.acknowledge(2, 2);
  assert.equal(leader.core.role, "follower");
  leader.take();
  leader.tick(100);
  assert.deepEqual(leader.take("voteRequest"), [], "nor does it stand again");
});

test("6, thesis 4.2.3: servers that hear a leader do not let a removed one disturb it", () => {
  const voter = new Member({ id: 2, term: 1, options: GUARDED });
  voter.receive(append(1, 1, [0, 0], []));
  voter.take();
  const request = { kind: "voteRequest", from: id(9), term: toTerm(50), last: entryId(9, 9) } as const;
  voter.receive({ ...request, reason: "timeout", committed: NOTHING });
  assert.deepEqual([Number(voter.core.term), voter.take()], [1, []]);
});

test("thesis 4.1: a leader makes one change at a time", () => {
  const leader = new Member({ voters: [1, 2, 3] }).lead(2);
  leader.acknowledge(2, 1);
  leader.proposeChange({ kind: "addVoter", id: id(4) });
  leader.proposeChange({ kind: "remove", id: id(3) });
  assert.match(leader.core.whyStruckOut(leader.core.lastIndex) ?? "", /possible unapplied conf change at index/);
  leader.propose("x");
  assert.equal(leader.core.whyStruckOut(leader.core.lastIndex), null, "what follows is not refused with it");
  leader.acknowledge(2, leader.core.lastIndex);
  leader.acknowledge(3, leader.core.lastIndex);
  assert.deepEqual([...leader.core.configuration.voters.incoming], [1, 2, 3, 4]);
  assert.equal(leader.traced("confChangeIgnored"), 1);
});

test("thesis 4.1, as mended in 2015: a new leader makes no change before an entry of its own term is committed", () => {
  const leader = new Member({ entries: logOf(1) }).lead(2);
  leader.proposeChange({ kind: "addVoter", id: id(4) });
  assert.equal(leader.traced("confChangeIgnored"), 1);
});

test("7: a snapshot of entries that the log holds keeps what follows them; any other takes the log's place", () => {
  const message = { kind: "installSnapshot", from: id(1), term: toTerm(2) } as const;
  const holds = new Member({ id: 2, entries: logOf(1, 1, 1, 1) });
  holds.receive({ ...message, snapshot: snapshotOf(1, 2, [1, 2, 3]) });
  assert.deepEqual([holds.log.length, Number(holds.core.commit)], [4, 2]);
  const lacks = new Member({ id: 2, entries: logOf(1, 1, 1, 1) });
  lacks.receive({ ...message, snapshot: snapshotOf(2, 3, [1, 2, 3]) });
  assert.deepEqual([lacks.log, Number(lacks.core.firstIndex), Number(lacks.core.commit)], [[], 4, 3]);
});

test("7: a leader sends a snapshot where the next entry a follower needs is gone", () => {
  const leader = new Member({ voters: [1, 2, 3], entries: logOf(1, 1, 1) }).lead(2);
  leader.acknowledge(2, 4);
  leader.stable.setSnapshot(snapshotOf(1, 3, [1, 2, 3]));
  leader.stable.compact(toLogIndex(3));
  leader.take();
  const rejection = { hintIndex: toLogIndex(0), hintTerm: toTerm(0) };
  const answer = { kind: "appendEntriesResponse", from: id(3), term: leader.core.term, index: toLogIndex(3) } as const;
  leader.receive({ ...answer, rejection });
  assert.deepEqual(
    leader.take("installSnapshot").map(({ to, snapshot }) => [Number(to), Number(snapshot.meta.index)]),
    [[3, 3]],
  );
});

test("8, thesis 6.4: a read waits for an entry of the leader's term, then for a majority that still follows it", () => {
  const leader = new Member({ entries: logOf(1) }).lead(2);
  leader.step({ kind: "readIndex", token: 7 });
  leader.take();
  leader.acknowledge(2, 2);
  assert.deepEqual(leader.reads, [], "its commit index may be old until then; now it asks");
  const [asked] = leader.take("heartbeat");
  const answer = {
    kind: "heartbeatResponse",
    term: leader.core.term,
    readSequence: asked?.readSequence ?? null,
  } as const;
  leader.receive({ ...answer, from: id(3) });
  assert.deepEqual(leader.reads, [{ token: 7, index: 2 }]);
});

test("8, thesis 6.4: a leader that was replaced answers no read", () => {
  const group = [1, 2, 3].map((own) => new Member({ id: own })) as [Member, Member, Member];
  const [old, next] = group;
  old.step({ kind: "campaign" });
  exchange(group);
  next.step({ kind: "campaign" });
  exchange(group, ({ to }) => to === id(1));
  assert.deepEqual([old.core.role, next.core.role], ["leader", "leader"]);
  old.step({ kind: "readIndex", token: 7 });
  exchange(group);
  assert.deepEqual(old.reads, []);
});

test("thesis 3.10: a leader that hands over takes no more requests, brings its heir up to date, and tells it to stand", () => {
  const leader = new Member({ voters: [1, 2, 3] }).lead(2, 3);
  leader.acknowledge(2, 1);
  leader.propose("x");
  leader.step({ kind: "transferLeadership", to: id(3) });
  assert.deepEqual(leader.propose("y"), { kind: "dropped", why: "transferring" });
  assert.deepEqual(leader.take("timeoutNow"), [], "it lacks an entry");
  leader.acknowledge(3, 2);
  assert.deepEqual(
    leader.take("timeoutNow").map(({ to }) => Number(to)),
    [3],
  );
});

test("thesis 3.10: the heir stands at once, whatever voters heard of their leader", () => {
  const group = [1, 2, 3].map((own) => new Member({ id: own, term: 1, options: GUARDED })) as [Member, Member, Member];
  const [first, second] = group;
  first.step({ kind: "campaign" });
  exchange(group);
  first.step({ kind: "transferLeadership", to: id(2) });
  exchange(group);
  assert.deepEqual([first.core.role, second.core.role], ["follower", "leader"]);
});

test("thesis 3.10: when the heir does not lead after an election timeout, the leader goes on", () => {
  const leader = new Member().lead(2);
  leader.step({ kind: "transferLeadership", to: id(3) });
  leader.tick(10);
  assert.equal(leader.core.transferee, null);
  assert.deepEqual(leader.propose("y"), { kind: "done" });
});

test("thesis 9.6: a pre-vote raises no term, and without a majority for it nobody's term rises", () => {
  const cutOff = new Member({ id: 2, term: 1, options: GUARDED });
  cutOff.tick(200);
  assert.equal(Number(cutOff.core.term), 1);
  assert.ok(
    cutOff.take("preVoteRequest").every(({ term }) => term === 2),
    "it asks for the term that it would begin",
  );
});

test("thesis 9.6: a pre-vote is granted to a log that is up to date, by who has not heard of a leader for a while", () => {
  const request = {
    kind: "preVoteRequest",
    from: id(3),
    term: toTerm(2),
    reason: "timeout",
    committed: NOTHING,
  } as const;
  const answerOf = (voter: Member, last: readonly [number, number]) => {
    voter.receive({ ...request, last: entryId(...last) });
    return voter.take("preVoteResponse")[0]?.granted;
  };
  const entries = logOf(1, 1);
  assert.equal(answerOf(new Member({ id: 2, entries, options: GUARDED }), [1, 2]), true);
  assert.equal(answerOf(new Member({ id: 2, entries, options: GUARDED }), [1, 1]), false);
  const hears = new Member({ id: 2, entries, options: GUARDED });
  hears.receive(append(1, 1, [1, 2], []));
  assert.equal(answerOf(hears, [1, 2]), undefined);
  hears.tick(10);
  assert.equal(answerOf(hears, [1, 2]), true);
});
