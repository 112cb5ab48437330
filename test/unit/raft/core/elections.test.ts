import assert from "node:assert/strict";
import { test } from "node:test";
import type { CampaignReason } from "../../../../raft/core/message.ts";
import { toTerm } from "../../../../raft/ids.ts";
import { changeOf, entry, entryId, exchange, id, logOf, Member, type MemberSetup, NOTHING } from "./fixture.ts";

const GUARDED = { preVote: true, checkQuorum: true } as const;
const heartbeat = (term: number) =>
  ({ kind: "heartbeat", from: id(2), term: toTerm(term), commit: entryId(0, 0).index, readSequence: null }) as const;
const voteRequest = (from: number, term: number, reason: CampaignReason = "timeout") =>
  ({
    kind: "voteRequest",
    from: id(from),
    term: toTerm(term),
    last: entryId(9, 9),
    reason,
    committed: NOTHING,
  }) as const;
const preVoteRequest = (from: number, term: number, reason: CampaignReason = "timeout") =>
  ({ ...voteRequest(from, term, reason), kind: "preVoteRequest" }) as const;

/** A follower of 2 that heard of it a moment ago. */
function follower(setup: MemberSetup = {}): Member {
  const member = new Member({ term: 1, options: GUARDED, ...setup });
  member.receive(heartbeat(1));
  member.take();
  return member;
}

test("a pre-vote changes nobody's term and binds nobody", () => {
  const member = new Member({ term: 1, options: GUARDED });
  member.receive(preVoteRequest(3, 2));
  const [answer] = member.take("preVoteResponse");
  assert.deepEqual(
    [answer?.granted, Number(answer?.term)],
    [true, 2],
    "the answer speaks of the term that was asked for",
  );
  assert.deepEqual([Number(member.core.term), member.core.vote], [1, null]);
  member.receive(preVoteRequest(2, 2));
  assert.equal(member.take("preVoteResponse")[0]?.granted, true, "another one may be told the same");
});

test("a pre-candidate becomes a candidate only when a majority would vote for it", () => {
  const member = new Member({ term: 1, options: GUARDED });
  member.step({ kind: "campaign" });
  assert.deepEqual([member.core.role, Number(member.core.term)], ["preCandidate", 1]);
  member.receive({ kind: "preVoteResponse", from: id(2), term: toTerm(2), granted: true, committed: NOTHING });
  assert.deepEqual([member.core.role, Number(member.core.term), member.core.vote], ["candidate", 2, 1]);
});

test("a pre-candidate that a majority refuses goes back to follow, in its old term", () => {
  const member = new Member({ term: 1, options: GUARDED });
  member.step({ kind: "campaign" });
  for (const from of [2, 3])
    member.receive({ kind: "preVoteResponse", from: id(from), term: toTerm(1), granted: false, committed: NOTHING });
  assert.deepEqual([member.core.role, Number(member.core.term)], ["follower", 1]);
});

test("a refusal of a pre-vote by someone in a greater term brings the asker up to it", () => {
  const member = new Member({ term: 1, options: GUARDED });
  member.step({ kind: "campaign" });
  member.receive({ kind: "preVoteResponse", from: id(2), term: toTerm(5), granted: false, committed: NOTHING });
  assert.deepEqual([member.core.role, Number(member.core.term)], ["follower", 5]);
});

test("a pre-vote of a lower term is refused aloud, so that nobody waits for ever", () => {
  const member = new Member({ term: 5, options: GUARDED });
  member.receive(preVoteRequest(2, 3));
  assert.deepEqual(
    member.take("preVoteResponse").map(({ term, granted }) => [Number(term), granted]),
    [[5, false]],
  );
});

test("a stale request for a vote is refused aloud if we have not heard that the asker is a member: it will not hear our own", () => {
  const member = new Member({ term: 5 });
  member.receive(voteRequest(2, 3));
  assert.deepEqual(member.take(), [], "a known member hears our requests");
  member.receive(voteRequest(9, 3));
  assert.deepEqual(
    member.take("voteResponse").map(({ to, term, granted }) => [Number(to), Number(term), granted]),
    [[9, 5, false]],
  );
});

for (const request of [voteRequest, preVoteRequest]) {
  test(`a voter that hears its leader ignores a ${request(3, 9).kind} altogether, term and all`, () => {
    const member = follower();
    member.receive(request(3, 9));
    assert.deepEqual(member.take(), []);
    assert.equal(Number(member.core.term), 1);
    assert.equal(member.traced("voteIgnored"), 1);
  });
}

test("the lease ends with an election timeout of silence", () => {
  const member = follower();
  member.tick(10);
  member.receive(preVoteRequest(3, 2));
  assert.equal(member.take("preVoteResponse")[0]?.granted, true);
});

test("an election for a hand-over does not wait for the lease", () => {
  const member = follower();
  member.receive(voteRequest(3, 2, "transfer"));
  assert.equal(member.take("voteResponse")[0]?.granted, true);
});

test("a leader that does not hear from a quorum steps down, within its term", () => {
  const leader = new Member({ options: { checkQuorum: true } }).lead(2);
  leader.acknowledge(2, 1);
  leader.tick(10);
  assert.equal(leader.core.role, "leader", "2 was heard in the first interval");
  leader.tick(10);
  assert.deepEqual([leader.core.role, Number(leader.core.term), leader.core.leader], ["follower", 1, null]);
});

test("a node in a greater term frees itself: it answers the leader it cannot follow, and that one steps down", () => {
  const stuck = new Member({ term: 3, options: GUARDED });
  stuck.receive({ ...heartbeat(2), term: toTerm(2) });
  const [answer] = stuck.take("appendEntriesResponse");
  assert.deepEqual([answer?.to, Number(answer?.term)], [2, 3]);
});

test("a learner votes: it may be a voter in a configuration that it has not seen", () => {
  const learner = new Member({ id: 4, learners: [4] });
  learner.receive(voteRequest(2, 2));
  assert.equal(learner.take("voteResponse")[0]?.granted, true);
});

test("a learner, a stranger and a node with a pending snapshot do not stand for election", () => {
  for (const setup of [{ id: 4, learners: [4] }, { id: 9 }]) {
    const member = new Member(setup);
    member.tick(50);
    member.step({ kind: "campaign" });
    assert.equal(member.core.role, "follower");
  }
});

test("nobody stands for election while it has not applied a membership change that is committed", () => {
  const change = {
    kind: "confChange",
    term: toTerm(1),
    index: entryId(1, 1).index,
    change: changeOf({ kind: "addVoter", id: id(4) }),
  } as const;
  const member = new Member({ term: 1, entries: [change], commit: 1 });
  member.core.step({ kind: "campaign" });
  assert.equal(member.core.role, "follower");
  assert.equal(member.traced("campaignIgnored"), 1);
  member.run();
  member.step({ kind: "campaign" });
  assert.equal(member.core.role, "candidate", "now it knows whom to ask");
});

test("an answer of someone who is no member counts for nothing", () => {
  const member = new Member();
  member.step({ kind: "campaign" });
  const outcome = member.receive({
    kind: "voteResponse",
    from: id(9),
    term: member.core.term,
    granted: true,
    committed: NOTHING,
  });
  assert.deepEqual(outcome, { kind: "peerNotFound" });
  assert.equal(member.core.role, "candidate");
});

// The leader's process is gone.

test("who sees the connection to its leader closed asks for pre-votes at once, if it is the first in line", () => {
  const member = follower();
  member.step({ kind: "leaderConnectionClosed", peer: id(2) });
  assert.equal(member.core.role, "preCandidate");
  assert.deepEqual(
    member.take("preVoteRequest").map(({ reason }) => reason),
    ["leaderGone", "leaderGone"],
  );
});

test("the others wait for their turn, so that they do not split the vote", () => {
  const member = follower({ id: 3, options: { ...GUARDED, heartbeatTicks: 2 } });
  member.step({ kind: "leaderConnectionClosed", peer: id(2) });
  assert.deepEqual([member.core.role, member.core.leader], ["follower", null], "but it grants votes from now on");
  member.tick(2);
  assert.equal(member.core.role, "follower");
  member.tick(1);
  assert.equal(member.core.role, "preCandidate");
});

test("the hint about someone else than the leader means nothing, nor does it to a leader", () => {
  const member = follower();
  member.step({ kind: "leaderConnectionClosed", peer: id(3) });
  assert.deepEqual([member.core.role, member.core.leader], ["follower", 2]);
  const leader = new Member({ options: GUARDED });
  leader.step({ kind: "campaign" });
  leader.receive({ kind: "preVoteResponse", from: id(2), term: toTerm(1), granted: true, committed: NOTHING });
  leader.receive({ kind: "voteResponse", from: id(2), term: toTerm(1), granted: true, committed: NOTHING });
  leader.step({ kind: "leaderConnectionClosed", peer: id(1) });
  assert.equal(leader.core.role, "leader");
});

test("a voter without the hint grants it once its leader has been silent for more than a heartbeat interval", () => {
  const member = follower({ id: 3, options: { ...GUARDED, heartbeatTicks: 2 } });
  member.tick(2);
  member.receive(preVoteRequest(1, 2, "leaderGone"));
  assert.deepEqual(member.take("preVoteResponse"), [], "the leader may just be between two heartbeats");
  member.tick(1);
  member.receive(preVoteRequest(1, 2, "leaderGone"));
  assert.equal(member.take("preVoteResponse")[0]?.granted, true);
});

test("a wrong hint is over with the leader's next heartbeat", () => {
  const member = follower();
  member.step({ kind: "leaderConnectionClosed", peer: id(2) });
  member.receive(heartbeat(1));
  assert.deepEqual([member.core.role, Number(member.core.term), member.core.leader], ["follower", 1, 2]);
  member.tick(5);
  assert.equal(member.core.role, "follower", "and nothing of it is left");
});

test("a leader that lives does not step down for a candidate that believes it dead", () => {
  const leader = new Member({ options: { checkQuorum: true } }).lead(2);
  leader.tick(5);
  leader.take();
  leader.receive(voteRequest(3, 9, "leaderGone"));
  assert.equal(leader.core.role, "leader");
});

test("two of three replace a crashed leader within a few ticks when both see its connections close", () => {
  const options = { ...GUARDED, heartbeatTicks: 2, electionTicks: 20 };
  const members = [1, 2, 3].map((own) => new Member({ id: own, options }));
  const [first, second, third] = members as [Member, Member, Member];
  second.step({ kind: "campaign" });
  exchange(members);
  assert.equal(second.core.role, "leader");
  const survivors = [first, third];
  for (const member of survivors) member.step({ kind: "leaderConnectionClosed", peer: id(2) });
  exchange(survivors);
  assert.equal(first.core.role, "leader", "without a single tick");
  assert.equal(third.core.leader, 1);
});

test("the first in line has lost the race for the log: the next one leads a turn later", () => {
  const options = { ...GUARDED, heartbeatTicks: 2, electionTicks: 20 };
  const behind = new Member({ id: 1, options, term: 1, entries: logOf(1) });
  const ahead = new Member({ id: 3, options, term: 1, entries: [...logOf(1), entry(1, 2)] });
  for (const member of [behind, ahead]) {
    member.receive(heartbeat(1));
    member.take();
    member.step({ kind: "leaderConnectionClosed", peer: id(2) });
  }
  exchange([behind, ahead]);
  assert.equal(behind.core.role, "preCandidate", "one refused, and the dead one will not answer");
  for (let ticks = 0; ticks < 3; ticks++) {
    behind.tick();
    ahead.tick();
    exchange([behind, ahead]);
  }
  assert.equal(ahead.core.role, "leader");
});
