/**
 * The Raft paper (Ongaro and Ousterhout, extended version) and thesis, claim by claim: what every server promises.
 * Numbers are sections of the paper unless they say "thesis".
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { toTerm } from "../../../../raft/ids.ts";
import { entry, entryId, exchange, id, logOf, Member, NOTHING } from "./fixture.ts";

const asCandidate = (member: Member): Member => {
  member.step({ kind: "campaign" });
  return member;
};

// 5.1: terms.

for (const [role, become] of [
  ["follower", (member: Member) => member],
  ["candidate", asCandidate],
  ["leader", (member: Member) => member.lead(2)],
] as const) {
  test(`5.1: a ${role} that hears of a greater term becomes a follower in it`, () => {
    const member = become(new Member());
    member.receive({
      kind: "appendEntries",
      from: id(2),
      term: toTerm(9),
      prev: entryId(0, 0),
      entries: [],
      commit: entryId(0, 0).index,
    });
    assert.deepEqual([member.core.role, Number(member.core.term), member.core.leader], ["follower", 9, 2]);
  });
}

test("5.1: a request of a stale term is refused: it changes nothing", () => {
  const member = new Member({ term: 5, entries: logOf(5) });
  member.take();
  member.receive({
    kind: "appendEntries",
    from: id(2),
    term: toTerm(4),
    prev: entryId(5, 1),
    entries: [entry(4, 2)],
    commit: entryId(0, 1).index,
  });
  assert.deepEqual(member.log, ["5/1"]);
  assert.equal(Number(member.core.commit), 0);
});

// 5.2: elections.

test("5.2: servers start as followers, and stay so as long as they hear of a leader", () => {
  const member = new Member({ term: 1 });
  assert.equal(member.core.role, "follower");
  for (let round = 0; round < 5; round++) {
    member.tick(9);
    member.receive({
      kind: "heartbeat",
      from: id(2),
      term: toTerm(1),
      commit: entryId(0, 0).index,
      readSequence: null,
    });
  }
  assert.equal(member.core.role, "follower");
});

test("5.2: a follower that hears nothing votes for itself in a new term and asks everyone", () => {
  const member = new Member({ term: 1, entries: logOf(1) });
  member.tick(20);
  assert.deepEqual([member.core.role, Number(member.core.term), member.core.vote], ["candidate", 2, 1]);
  const requests = member.take("voteRequest");
  assert.deepEqual(
    requests.map(({ to, term, last }) => [to, Number(term), Number(last.index)]),
    [
      [2, 2, 1],
      [3, 2, 1],
    ],
  );
});

const ELECTIONS: readonly (readonly [number, Record<number, boolean>, string])[] = [
  [1, {}, "leader"],
  [3, { 2: true }, "leader"],
  [3, { 2: false }, "candidate"],
  [3, { 2: false, 3: false }, "follower"],
  [5, { 2: true }, "candidate"],
  [5, { 2: true, 3: true }, "leader"],
  [5, { 2: false, 3: false, 4: false }, "follower"],
];
for (const [size, votes, role] of ELECTIONS) {
  test(`5.2: of ${size} servers, with the answers ${JSON.stringify(votes)}, a candidate becomes ${role}`, () => {
    const member = asCandidate(new Member({ voters: Array.from({ length: size }, (_, at) => at + 1) }));
    for (const [voter, granted] of Object.entries(votes)) {
      member.receive({
        kind: "voteResponse",
        from: id(Number(voter)),
        term: member.core.term,
        granted,
        committed: NOTHING,
      });
    }
    assert.equal(member.core.role, role);
  });
}

test("5.2: a server votes for one candidate a term, first come first served, and gives the same answer again", () => {
  const member = new Member();
  const ask = (from: number): boolean => {
    member.receive({
      kind: "voteRequest",
      from: id(from),
      term: toTerm(1),
      last: entryId(0, 0),
      reason: "timeout",
      committed: NOTHING,
    });
    return member.take("voteResponse")[0]?.granted ?? assert.fail("no answer");
  };
  assert.deepEqual([ask(2), ask(3), ask(2)], [true, false, true]);
});

test("5.2: the vote is kept over a restart: no second one in the same term", () => {
  const member = new Member({ term: 4, vote: 2 });
  member.receive({
    kind: "voteRequest",
    from: id(3),
    term: toTerm(4),
    last: entryId(9, 9),
    reason: "timeout",
    committed: NOTHING,
  });
  assert.equal(member.take("voteResponse")[0]?.granted, false);
});

test("5.2: who granted a vote gives the candidate time to win before it stands itself", () => {
  const member = new Member();
  const timeout = member.core.randomizedElectionTicks;
  member.tick(timeout - 1);
  member.receive({
    kind: "voteRequest",
    from: id(2),
    term: member.core.term,
    last: entryId(1, 1),
    reason: "timeout",
    committed: NOTHING,
  });
  assert.equal(member.core.vote, 2);
  member.tick(timeout - 1);
  assert.equal(member.core.role, "follower");
});

test("5.2: a candidate that hears of the leader of its term follows it", () => {
  const member = asCandidate(new Member());
  const { term } = member.core;
  member.receive({ kind: "heartbeat", from: id(3), term, commit: entryId(0, 0).index, readSequence: null });
  assert.deepEqual([member.core.role, member.core.term, member.core.leader], ["follower", term, 3]);
});

test("5.2: election timeouts are random, in [T, 2T)", () => {
  const seen = new Set<number>();
  const member = new Member();
  for (let times = 0; times < 300; times++) {
    member.step({ kind: "campaign" });
    seen.add(member.core.randomizedElectionTicks);
  }
  assert.deepEqual(
    [...seen].sort((a, b) => a - b),
    Array.from({ length: 10 }, (_, at) => 10 + at),
  );
});

test("5.2: a leader sends heartbeats to all", () => {
  const leader = new Member().lead(2);
  leader.take();
  leader.tick();
  assert.deepEqual(
    leader.take("heartbeat").map(({ to }) => to),
    [2, 3],
  );
});

// 5.3: replication.

test("5.3: a leader appends what is proposed, sends it with the entry before it, and commits when a majority holds it", () => {
  const leader = new Member().lead(2);
  leader.acknowledge(2, 1);
  leader.acknowledge(3, 1);
  leader.take();
  leader.propose("x");
  const appends = leader.take("appendEntries");
  assert.deepEqual(
    appends.map(({ to, prev, entries }) => [to, Number(prev.index), entries.length]),
    [
      [2, 1, 1],
      [3, 1, 1],
    ],
  );
  assert.equal(Number(leader.core.commit), 1, "its own copy is no majority");
  leader.acknowledge(2, 2);
  assert.equal(Number(leader.core.commit), 2);
  assert.deepEqual(leader.applied, ['1/1 ""', '1/2 "x"']);
  assert.deepEqual(
    leader.take("appendEntries").map(({ commit }) => Number(commit)),
    [2, 2],
    "and tells the others",
  );
});

test("5.3: a follower without the entry before an append refuses it, and answers where it could match", () => {
  const follower = new Member({ entries: logOf(1, 1, 2) });
  const prev = entryId(4, 9);
  follower.receive({
    kind: "appendEntries",
    from: id(2),
    term: toTerm(4),
    prev,
    entries: [entry(4, 10)],
    commit: entryId(0, 0).index,
  });
  const [answer] = follower.take("appendEntriesResponse");
  assert.deepEqual(answer?.rejection, { hintIndex: 3, hintTerm: 2 });
  assert.deepEqual(follower.log, ["1/1", "1/2", "2/3"]);
});

const FIGURE_7: Readonly<Record<string, readonly number[]>> = {
  a: [1, 1, 1, 4, 4, 5, 5, 6, 6],
  b: [1, 1, 1, 4],
  c: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
  d: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
  e: [1, 1, 1, 4, 4, 4, 4],
  f: [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
};
for (const [name, terms] of Object.entries(FIGURE_7)) {
  test(`5.3: a new leader brings the log of follower (${name}) of figure 7 into line with its own`, () => {
    const leader = new Member({ id: 1, entries: logOf(1, 1, 1, 4, 4, 5, 5, 6, 6, 6), term: 7 });
    const follower = new Member({ id: 2, entries: logOf(...terms) });
    leader.lead(3);
    exchange([leader, follower]);
    assert.deepEqual(follower.log, leader.log);
    assert.equal(Number(follower.core.commit), 11);
  });
}

test("5.3: one probe for each term is enough to find where two logs agree", () => {
  const leader = new Member({ id: 1, entries: logOf(1, 3, 3, 3, 5, 5, 5, 5, 5), term: 5 });
  const follower = new Member({ id: 2, entries: logOf(1, 1, 1, 1, 2, 2), term: 5 });
  leader.lead(3);
  exchange([leader, follower]);
  // Rejected at 9 with (6, term 2): there is no entry of the leader's with a term of at most 2 above 1.
  const indexes = leader.traces.flatMap((event) => (event.kind === "rejectionReceived" ? [Number(event.index)] : []));
  assert.deepEqual(indexes, [9]);
  assert.deepEqual(follower.log, leader.log);
});

// 5.4: safety.

const RESTRICTIONS: readonly (readonly [string, number[], [number, number], boolean])[] = [
  ["a log that ends in a greater term", [1, 1], [2, 1], true],
  ["a longer log of the same last term", [1], [1, 2], true],
  ["the same log", [1, 1], [1, 2], true],
  ["a shorter log of the same last term", [1, 1], [1, 1], false],
  ["a longer log that ends in a smaller term", [1, 2], [1, 9], false],
];
for (const [what, terms, [lastTerm, lastIndex], granted] of RESTRICTIONS) {
  test(`5.4.1: a candidate with ${what} is ${granted ? "" : "not "}voted for`, () => {
    const voter = new Member({ entries: logOf(...terms) });
    const last = entryId(lastTerm, lastIndex);
    voter.receive({ kind: "voteRequest", from: id(2), term: toTerm(5), last, reason: "timeout", committed: NOTHING });
    assert.equal(voter.take("voteResponse")[0]?.granted, granted);
  });
}

test("5.4.2, figure 8: an entry of an earlier term is not committed by counting who holds it", () => {
  // (c) S1 leads term 4 and has brought its entry of term 2 to a majority ...
  const s1 = new Member({ id: 1, voters: [1, 2, 3, 4, 5], entries: logOf(1, 2), term: 3, commit: 1 });
  s1.lead(2, 3);
  assert.equal(Number(s1.core.term), 4);
  s1.acknowledge(2, 2);
  s1.acknowledge(3, 2);
  assert.equal(Number(s1.core.commit), 1, "it is on three of five and may still be overwritten");
  // (d) ... because S5, with an entry of term 3, can still win with the votes of S2, S3 and S4.
  for (const [name, terms] of [
    ["S2", [1, 2]],
    ["S3", [1, 2]],
    ["S4", [1]],
  ] as const) {
    const voter = new Member({ id: Number(name[1]), voters: [1, 2, 3, 4, 5], entries: logOf(...terms), term: 4 });
    voter.receive({
      kind: "voteRequest",
      from: id(5),
      term: toTerm(5),
      last: entryId(3, 2),
      reason: "timeout",
      committed: NOTHING,
    });
    assert.equal(voter.take("voteResponse")[0]?.granted, true, `${name} votes for S5`);
  }
  // (e) Once an entry of term 4 is on a majority, both are committed: S5 cannot win any more.
  s1.acknowledge(2, 3);
  s1.acknowledge(3, 3);
  assert.equal(Number(s1.core.commit), 3);
});

test("5.4.2: a leader begins its term with an entry of its own, so that what it inherited can be committed", () => {
  const leader = new Member({ entries: logOf(1, 1), term: 1 }).lead(2);
  assert.deepEqual(leader.log, ["1/1", "1/2", "2/3"]);
  leader.acknowledge(2, 3);
  assert.equal(Number(leader.core.commit), 3);
});

test("5.3: a follower learns what is committed, but never beyond what it has compared with the leader", () => {
  // Entries 2 and 3 are of a leader that nobody followed; the new one holds others there.
  const follower = new Member({ entries: logOf(1, 2, 2), term: 3 });
  const commit = entryId(0, 3).index;
  follower.receive({ kind: "appendEntries", from: id(2), term: toTerm(3), prev: entryId(1, 1), entries: [], commit });
  assert.equal(Number(follower.core.commit), 1);
  follower.receive({
    kind: "heartbeat",
    from: id(2),
    term: toTerm(3),
    commit: entryId(0, 1).index,
    readSequence: null,
  });
  assert.equal(Number(follower.core.commit), 1);
});

test("a heartbeat never tells a follower to commit what it may not hold", () => {
  const leader = new Member().lead(2);
  leader.acknowledge(2, 1);
  leader.take();
  leader.tick();
  assert.deepEqual(
    leader.take("heartbeat").map(({ to, commit }) => [to, Number(commit)]),
    [
      [2, 1],
      [3, 0],
    ],
  );
});
