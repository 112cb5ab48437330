import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfChangeRefused } from "../../../../raft/core/conf-change.ts";
import type { Entry } from "../../../../raft/core/entry.ts";
import { printConfiguration } from "../../../../raft/core/printer.ts";
import { toLogIndex, toTerm } from "../../../../raft/ids.ts";
import { changeOf, entry, entryId, exchange, id, logOf, Member, NOTHING } from "./fixture.ts";

const configurationOf = (member: Member): string => printConfiguration(member.core.configuration);

test("a change takes effect when it is applied, not before", () => {
  const leader = new Member().lead(2);
  leader.acknowledge(2, 1);
  leader.proposeChange({ kind: "addVoter", id: id(4) });
  assert.equal(configurationOf(leader), "voters=(1 2 3)");
  leader.acknowledge(2, 2);
  assert.equal(configurationOf(leader), "voters=(1 2 3 4)");
  assert.ok(
    leader.take("appendEntries").some(({ to }) => to === 4),
    "and the newcomer is probed at once",
  );
});

test("while one change is not applied, the next one becomes an empty entry", () => {
  const leader = new Member().lead(2);
  leader.acknowledge(2, 1);
  leader.proposeChange({ kind: "addVoter", id: id(4) });
  leader.proposeChange({ kind: "addVoter", id: id(5) });
  leader.acknowledge(2, 3);
  assert.equal(configurationOf(leader), "voters=(1 2 3 4)");
  assert.deepEqual(leader.applied.slice(1), ["1/2 change(+voter 4)", '1/3 ""']);
  leader.proposeChange({ kind: "addVoter", id: id(5) });
  for (const peer of [2, 3]) leader.acknowledge(peer, 4);
  assert.equal(configurationOf(leader), "voters=(1 2 3 4 5)");
});

test("two changes in one list: only the first one counts", () => {
  const leader = new Member().lead(2);
  leader.acknowledge(2, 1);
  const proposals = [4, 5].map(
    (each) => ({ kind: "confChange", change: changeOf({ kind: "addVoter", id: id(each) }) }) as const,
  );
  leader.step({ kind: "propose", proposals });
  leader.acknowledge(2, 3);
  assert.equal(configurationOf(leader), "voters=(1 2 3 4)");
});

test("a new leader changes nothing before everything it inherited is applied: there may be a change among it", () => {
  const leader = new Member({ entries: logOf(1, 1), term: 1 }).lead(2);
  leader.proposeChange({ kind: "remove", id: id(3) });
  leader.acknowledge(2, 4);
  assert.equal(configurationOf(leader), "voters=(1 2 3)", "the change became an empty entry");
  leader.proposeChange({ kind: "remove", id: id(3) });
  leader.acknowledge(2, 5);
  assert.equal(configurationOf(leader), "voters=(1 2)");
});

/**
 * The bug of single-server changes (Ongaro, raft-dev 2015): a leader's uncommitted change, and another leader's change
 * from the same old configuration, can have majorities without a common member. A leader that first commits an entry of
 * its own term finds out.
 */
for (const [what, first, second] of [
  ["two adds", { kind: "addVoter", id: id(5) }, { kind: "addVoter", id: id(6) }],
  ["two removes", { kind: "remove", id: id(4) }, { kind: "remove", id: id(3) }],
  ["an add and a remove", { kind: "addVoter", id: id(5) }, { kind: "remove", id: id(4) }],
] as const) {
  test(`two leaders' changes do not come from the same configuration: ${what}`, () => {
    const voters = [1, 2, 3, 4];
    const members = voters.map((own) => new Member({ id: own, voters }));
    const [s1, s2, s3, s4] = members as [Member, Member, Member, Member];
    s1.step({ kind: "campaign" });
    exchange(members);
    // S1 changes something, but nobody hears of it.
    s1.proposeChange(first);
    s1.take();
    // S2 is elected by the others and wants a change at once, before its own entry is committed.
    s2.step({ kind: "campaign" });
    const others = [s2, s3, s4];
    exchange(others, ({ kind }) => kind === "appendEntries");
    assert.equal(s2.core.role, "leader");
    s2.proposeChange(second);
    exchange(others);
    for (const member of others) assert.equal(configurationOf(member), "voters=(1 2 3 4)", "it was struck out");
    // With its entry committed it may, and S1's change is overwritten.
    s2.proposeChange(second);
    for (let round = 0; round < 3; round++) {
      s2.tick();
      exchange(members);
    }
    assert.notEqual(configurationOf(s2), "voters=(1 2 3 4)");
    assert.equal(configurationOf(s1), configurationOf(s2));
  });
}

test("a leader that removes itself does not count itself, and steps down when the change is applied", () => {
  const leader = new Member().lead(2);
  leader.acknowledge(2, 1);
  leader.proposeChange({ kind: "remove", id: id(1) });
  leader.acknowledge(2, 2);
  assert.equal(configurationOf(leader), "voters=(2 3)");
  assert.equal(leader.core.role, "follower");
  leader.tick(50);
  assert.equal(leader.core.role, "follower", "it is no member and does not stand");
});

test("told not to step down, a removed leader goes on replicating without counting itself, and takes no proposals", () => {
  const leader = new Member({ options: { stepDownOnRemoval: false } }).lead(2);
  leader.acknowledge(2, 1);
  leader.proposeChange({ kind: "remove", id: id(1) });
  leader.propose("x");
  leader.acknowledge(2, 2);
  assert.equal(leader.core.role, "leader");
  leader.acknowledge(2, 3);
  assert.equal(Number(leader.core.commit), 2, "2 alone is no majority of 2 and 3");
  leader.acknowledge(3, 3);
  assert.equal(Number(leader.core.commit), 3);
  assert.deepEqual(leader.propose("y"), { kind: "dropped", why: "notMember" });
});

test("several changes at once go through a joint configuration, in which both halves must agree", () => {
  const leader = new Member().lead(2);
  leader.acknowledge(2, 1);
  leader.proposeChange({ kind: "addVoter", id: id(4) }, { kind: "addVoter", id: id(5) }, { kind: "remove", id: id(3) });
  leader.acknowledge(2, 2);
  assert.equal(configurationOf(leader), "voters=(1 2 4 5)&&(1 2 3) autoleave");
  assert.equal(leader.log.at(-1), "1/3", "the change that leaves it is proposed by itself");
  leader.acknowledge(3, 3);
  assert.equal(Number(leader.core.commit), 2, "a majority of the old half only");
  leader.acknowledge(2, 3);
  leader.acknowledge(4, 3);
  assert.equal(configurationOf(leader), "voters=(1 2 4 5)");
});

test("in a joint configuration an election needs both halves", () => {
  const member = new Member();
  member.core.step({
    kind: "confChangeApplied",
    change: {
      ...changeOf({ kind: "remove", id: id(2) }, { kind: "remove", id: id(3) }, { kind: "addVoter", id: id(4) }),
      transition: "jointExplicit",
    },
  });
  assert.equal(configurationOf(member), "voters=(1 4)&&(1 2 3)");
  member.step({ kind: "campaign" });
  member.receive({ kind: "voteResponse", from: id(4), term: toTerm(1), granted: true, committed: NOTHING });
  assert.equal(member.core.role, "candidate");
  member.receive({ kind: "voteResponse", from: id(2), term: toTerm(1), granted: true, committed: NOTHING });
  assert.equal(member.core.role, "leader");
});

test("a joint configuration is left only by a change that was committed, and another change is refused inside it", () => {
  const leader = new Member().lead(2);
  leader.acknowledge(2, 1);
  const enter = { ...changeOf({ kind: "addVoter", id: id(4) }), transition: "jointExplicit" } as const;
  leader.step({ kind: "propose", proposals: [{ kind: "confChange", change: enter }] });
  leader.acknowledge(2, 2);
  assert.equal(configurationOf(leader), "voters=(1 2 3 4)&&(1 2 3)");
  leader.proposeChange({ kind: "remove", id: id(3) });
  leader.acknowledge(2, 3);
  leader.acknowledge(3, 3);
  assert.equal(configurationOf(leader), "voters=(1 2 3 4)&&(1 2 3)");
  leader.proposeChange();
  leader.acknowledge(2, 4);
  leader.acknowledge(3, 4);
  assert.equal(configurationOf(leader), "voters=(1 2 3 4)");
});

test("a voter made a learner keeps its old vote until the joint configuration is left", () => {
  const leader = new Member().lead(2);
  leader.acknowledge(2, 1);
  leader.proposeChange({ kind: "addLearner", id: id(3) }, { kind: "addVoter", id: id(4) });
  leader.acknowledge(2, 2);
  assert.equal(configurationOf(leader), "voters=(1 2 4)&&(1 2 3) learners_next=(3) autoleave");
  leader.acknowledge(2, 3);
  assert.equal(configurationOf(leader), "voters=(1 2 4) learners=(3)");
});

test("learners are replicated to and do not count", () => {
  const leader = new Member({ voters: [1, 2], learners: [3] }).lead(2);
  leader.take();
  leader.acknowledge(3, 1);
  assert.equal(Number(leader.core.commit), 0);
  leader.acknowledge(2, 1);
  assert.equal(Number(leader.core.commit), 1);
  assert.deepEqual(
    leader
      .take("appendEntries")
      .filter(({ to }) => to === 3)
      .map(({ commit }) => Number(commit)),
    [1],
  );
});

test("a newcomer counts as alive until the next quorum check, so that adding it costs no leader", () => {
  const leader = new Member({ voters: [1], options: { checkQuorum: true } }).lead();
  leader.tick(5);
  leader.proposeChange({ kind: "addVoter", id: id(2) });
  leader.tick(5);
  assert.equal(leader.core.role, "leader");
});

test("a smaller group may find that it has already agreed on more", () => {
  const leader = new Member({ voters: [1, 2, 3, 4] }).lead(2, 3);
  for (const peer of [2, 3]) leader.acknowledge(peer, 1);
  leader.proposeChange({ kind: "remove", id: id(4) });
  leader.propose("x");
  leader.acknowledge(2, 3);
  leader.acknowledge(3, 2);
  assert.equal(Number(leader.core.commit), 3, "2 of the 3 that are left hold it");
});

test("a change that makes no sense is never applied", () => {
  const member = new Member({ voters: [1] });
  const applyIt = () =>
    member.core.step({ kind: "confChangeApplied", change: changeOf({ kind: "remove", id: id(1) }) });
  assert.throws(applyIt, ConfChangeRefused);
  assert.equal(configurationOf(member), "voters=(1)");
});

test("updating a member never changes its role", () => {
  const leader = new Member({ voters: [1], learners: [2] }).lead();
  leader.proposeChange({ kind: "update", id: id(2) });
  assert.equal(configurationOf(leader), "voters=(1) learners=(2)");
});

// Handing over.

test("leadership goes at once to a peer that has everything, later to one that still catches up", () => {
  const leader = new Member().lead(2);
  leader.acknowledge(2, 1);
  leader.take();
  leader.step({ kind: "transferLeadership", to: id(2) });
  assert.equal(leader.take("timeoutNow").length, 1);
  leader.step({ kind: "transferLeadership", to: id(3) });
  assert.equal(leader.take("timeoutNow").length, 0);
  leader.acknowledge(3, 1);
  assert.deepEqual(
    leader.take("timeoutNow").map(({ to }) => to),
    [3],
  );
});

test("while leadership is handed over nothing is proposed; after an election timeout the leader goes on", () => {
  const leader = new Member().lead(2);
  leader.acknowledge(2, 1);
  leader.step({ kind: "transferLeadership", to: id(3) });
  assert.deepEqual(leader.propose("x"), { kind: "dropped", why: "transferring" });
  leader.tick(10);
  assert.deepEqual(leader.propose("x"), { kind: "done" });
});

test("a learner, the leader itself and a second wish for the same peer start no hand-over", () => {
  const leader = new Member({ learners: [4] }).lead(2);
  leader.acknowledge(2, 1);
  leader.take();
  for (const to of [4, 1]) leader.step({ kind: "transferLeadership", to: id(to) });
  assert.equal(leader.core.transferee, null);
  leader.step({ kind: "transferLeadership", to: id(2) });
  leader.step({ kind: "transferLeadership", to: id(2) });
  assert.equal(leader.take("timeoutNow").length, 1);
});

test("a hand-over to a peer that is removed is over", () => {
  const leader = new Member().lead(2);
  leader.acknowledge(2, 1);
  leader.proposeChange({ kind: "remove", id: id(3) });
  leader.step({ kind: "transferLeadership", to: id(3) });
  assert.equal(leader.core.transferee, 3);
  leader.acknowledge(2, 2);
  assert.equal(leader.core.transferee, null);
});

test("who is asked to take over stands at once, without a pre-vote and against every lease", () => {
  const heir = new Member({ id: 2, term: 1, options: { preVote: true, checkQuorum: true } });
  heir.receive({ kind: "heartbeat", from: id(1), term: toTerm(1), commit: toLogIndex(0), readSequence: null });
  heir.take();
  heir.receive({ kind: "timeoutNow", from: id(1), term: toTerm(1) });
  assert.deepEqual(
    heir.take("voteRequest").map(({ reason, term, last }) => [reason, Number(term), last]),
    [
      ["transfer", 2, entryId(0, 0)],
      ["transfer", 2, entryId(0, 0)],
    ],
  );
});

test("who hears by a voter's answer that a change of membership is committed goes on by the new configuration", () => {
  // 3 led, removed itself, and was gone before 1 heard of the commit. 4 knows, but its log is shorter.
  const removal: Entry = { ...entryId(1, 2), kind: "confChange", change: changeOf({ kind: "remove", id: id(3) }) };
  const entries = [entry(1, 1), removal, entry(1, 3)];
  const member = new Member({ id: 1, voters: [1, 2, 3, 4], term: 1, commit: 1, entries });
  member.step({ kind: "campaign" });
  assert.equal(member.core.role, "candidate");
  const answer = { kind: "voteResponse", from: id(4), granted: false, committed: entryId(1, 2) } as const;
  member.receive({ ...answer, term: toTerm(1) });
  assert.deepEqual(
    [Number(member.core.commit), member.core.role],
    [2, "follower"],
    "also an answer of an earlier term tells",
  );
  assert.deepEqual([...member.core.configuration.voters.incoming], [1, 2, 4]);
});

test("a voter's answer commits nothing that the log does not hold, and no plain entries", () => {
  const removal: Entry = { ...entryId(1, 2), kind: "confChange", change: changeOf({ kind: "remove", id: id(3) }) };
  for (const [entries, committed] of [
    [[entry(1, 1), entry(1, 2)], entryId(1, 2)],
    [[entry(1, 1), removal], entryId(2, 2)],
    [[entry(1, 1), removal], entryId(1, 3)],
  ] as const) {
    const member = new Member({ id: 1, voters: [1, 2, 3, 4], term: 2, commit: 1, entries });
    member.step({ kind: "campaign" });
    member.receive({ kind: "voteResponse", from: id(4), term: toTerm(3), granted: true, committed });
    assert.deepEqual([Number(member.core.commit), member.core.role], [1, "candidate"]);
  }
});

test("a leader that removes itself tells the commit also to those whose appends are held back", () => {
  const leader = new Member({ voters: [1, 2, 3, 4, 5], options: { inflightCountMax: 1 } }).lead(2, 3);
  for (const voter of [2, 3, 4, 5]) leader.acknowledge(voter, 1);
  leader.proposeChange({ kind: "remove", id: id(1) });
  leader.propose("more");
  leader.acknowledge(2, 2);
  assert.equal(Number(leader.core.commit), 1, "2 has it, and its window is full of what came after");
  leader.take();
  leader.acknowledge(3, 2);
  assert.equal(leader.core.role, "follower");
  assert.deepEqual(
    leader.take().filter(({ to }) => to === id(2)),
    [{ kind: "heartbeat", from: id(1), to: id(2), term: leader.core.term, commit: 2, readSequence: null }],
  );
});

test("a voter hears by the request for its vote that a committed change made it one", () => {
  // 1 has the longest log, so nobody else can win; and does not know that it may stand.
  const addition: Entry = { ...entryId(1, 2), kind: "confChange", change: changeOf({ kind: "addVoter", id: id(1) }) };
  const entries = [entry(1, 1), addition, entry(1, 3)];
  const member = new Member({ id: 1, voters: [2, 3], learners: [1], term: 1, commit: 1, entries });
  const request = { kind: "preVoteRequest", from: id(2), last: entryId(1, 2), reason: "timeout" } as const;
  member.receive({ ...request, term: toTerm(2), committed: entryId(1, 2) });
  assert.deepEqual([...member.core.configuration.voters.incoming], [2, 3, 1]);
  assert.equal(member.take("preVoteResponse")[0]?.granted, false, "its log is longer");
});

test("with a change of membership on its way a candidate asks learners too, whose votes do not count", () => {
  const removal: Entry = { ...entryId(1, 2), kind: "confChange", change: changeOf({ kind: "remove", id: id(3) }) };
  const setup = { id: 1, voters: [1, 2, 3], learners: [4], term: 1, commit: 1 };
  const member = new Member({ ...setup, entries: [entry(1, 1), removal] });
  member.step({ kind: "campaign" });
  assert.deepEqual(
    member.take("voteRequest").map(({ to }) => Number(to)),
    [2, 3, 4],
  );
  const answer = { kind: "voteResponse", term: member.core.term, granted: true, committed: NOTHING } as const;
  member.receive({ ...answer, from: id(4) });
  assert.equal(member.core.role, "candidate");
  member.receive({ ...answer, from: id(2) });
  assert.equal(member.core.role, "leader");

  const usual = new Member({ ...setup, entries: [entry(1, 1), entry(1, 2)] });
  usual.step({ kind: "campaign" });
  assert.deepEqual(
    usual.take("voteRequest").map(({ to }) => Number(to)),
    [2, 3],
  );
});
