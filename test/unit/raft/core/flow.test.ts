import assert from "node:assert/strict";
import { test } from "node:test";
import { type Entry, totalEntryBytes } from "../../../../raft/core/entry.ts";
import type { Ready } from "../../../../raft/core/ready.ts";
import { toLogIndex, toTerm } from "../../../../raft/ids.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { entry, entryId, exchange, id, logOf, Member, type MemberSetup, snapshotOf } from "./fixture.ts";

/** Leads with peer 2 caught up (replicate) and peer 3 never heard of (probe). */
function leading(options: MemberSetup["options"] = {}, setup: MemberSetup = {}): Member {
  const leader = new Member({ ...setup, options: { ...options } }).lead(2);
  leader.acknowledge(2, leader.core.lastIndex);
  leader.take();
  return leader;
}

const progressOf = (leader: Member, peer: number) => {
  const progress = leader.core.progress.get(id(peer));
  assert.ok(progress !== undefined);
  return progress;
};
const appendsTo = (leader: Member, peer: number) => leader.take("appendEntries").filter(({ to }) => to === peer);

test("a peer in probe gets one append until it answers or a heartbeat is answered", () => {
  const leader = leading();
  leader.propose("a");
  leader.propose("b");
  assert.deepEqual(appendsTo(leader, 3), [], "the first append of the term is still unanswered");
  const { term } = leader.core;
  leader.receive({ kind: "heartbeatResponse", from: id(3), term, readSequence: null });
  assert.equal(appendsTo(leader, 3).length, 1);
});

test("a peer in replicate gets appends ahead of its answers, until the window is full", () => {
  const leader = leading({ inflightCountMax: 3 });
  for (const text of ["a", "b", "c", "d", "e"]) leader.propose(text);
  const sent = appendsTo(leader, 2);
  assert.deepEqual(
    sent.map(({ entries }) => entries.length),
    [1, 1, 1],
  );
  assert.equal(progressOf(leader, 2).isPaused(), true);
  leader.acknowledge(2, 2);
  assert.deepEqual(
    appendsTo(leader, 2).flatMap(({ entries }) => entries.map(({ index }) => Number(index))),
    [5, 6],
    "one place is free, and one message takes all that waits",
  );
});

test("into a full window goes an empty append with each answered heartbeat, so that lost ones are found out", () => {
  const leader = leading({ inflightCountMax: 1 });
  leader.propose("lost");
  leader.take();
  const { term } = leader.core;
  leader.receive({ kind: "heartbeatResponse", from: id(2), term, readSequence: null });
  const [probe] = appendsTo(leader, 2);
  assert.deepEqual([probe?.entries.length, Number(probe?.prev.index)], [0, 2]);
  leader.receive({
    kind: "appendEntriesResponse",
    from: id(2),
    term,
    index: toLogIndex(2),
    rejection: { hintIndex: toLogIndex(1), hintTerm: term },
  });
  assert.deepEqual(
    appendsTo(leader, 2).map(({ prev, entries }) => [Number(prev.index), entries.length]),
    [[1, 1]],
  );
});

test("messages keep to their limit, and a larger entry goes alone", () => {
  const size = totalEntryBytes([entry(1, 1, "12345")]);
  const leader = leading({ messageBytesMax: 2 * size });
  leader.step({
    kind: "propose",
    proposals: ["12345", "12345", "12345", "x".repeat(200)].map((text) => ({
      kind: "normal",
      data: new TextEncoder().encode(text),
    })),
  });
  // The first append is optimistic; the others follow its acknowledgement at once.
  leader.acknowledge(2, 3);
  assert.deepEqual(
    appendsTo(leader, 2).map(({ entries }) => entries.length),
    [2, 1, 1],
  );
});

test("a stale acknowledgement does not lower what is known of a peer", () => {
  const leader = leading();
  leader.propose("a");
  leader.acknowledge(2, 2);
  leader.acknowledge(2, 1);
  assert.equal(Number(progressOf(leader, 2).match), 2);
});

test("a stale rejection does not send the leader back behind what was acknowledged", () => {
  const leader = leading();
  leader.propose("a");
  leader.acknowledge(2, 2);
  leader.take();
  const { term } = leader.core;
  const rejection = { hintIndex: toLogIndex(0), hintTerm: term };
  leader.receive({ kind: "appendEntriesResponse", from: id(2), term, index: toLogIndex(1), rejection });
  const { match, next, state } = progressOf(leader, 2);
  assert.deepEqual([state, Number(match), Number(next)], ["replicate", 2, 3]);
  assert.deepEqual(appendsTo(leader, 2), []);
});

test("a peer that cannot be reached is probed again from what it acknowledged", () => {
  const leader = leading();
  leader.propose("lost");
  leader.step({ kind: "peerUnreachable", peer: id(2) });
  const { state, next } = progressOf(leader, 2);
  assert.deepEqual([state, Number(next)], ["probe", 2]);
});

test("too much uncommitted payload is refused; the first proposal and empty ones never are", () => {
  const leader = leading({ uncommittedBytesMax: 10 });
  assert.deepEqual(leader.propose("x".repeat(50)), { kind: "done" }, "however large, when nothing waits");
  assert.deepEqual(leader.propose("y"), { kind: "dropped", why: "tooMuchUncommitted" });
  assert.deepEqual(leader.propose(""), { kind: "done" });
  leader.acknowledge(2, leader.core.lastIndex);
  assert.deepEqual(leader.propose("y"), { kind: "done" }, "what is applied weighs no more");
});

test("a proposal goes to the leader where that is allowed, else it is dropped", () => {
  const follower = new Member({ term: 1 });
  assert.deepEqual(follower.propose("x"), { kind: "dropped", why: "noLeader" });
  follower.receive({
    kind: "heartbeat",
    from: id(2),
    term: follower.core.term,
    commit: toLogIndex(0),
    readSequence: null,
  });
  follower.take();
  assert.deepEqual(follower.propose("x"), { kind: "done" });
  assert.deepEqual(
    follower.take("propose").map(({ to, proposals }) => [to, proposals.length]),
    [[2, 1]],
  );

  const strict = new Member({ term: 1, options: { disableProposalForwarding: true } });
  strict.receive({ kind: "heartbeat", from: id(2), term: strict.core.term, commit: toLogIndex(0), readSequence: null });
  assert.deepEqual(strict.propose("x"), { kind: "dropped", why: "notForwarded" });
});

// Snapshots.

test("a peer whose entries are compacted gets a snapshot, and nothing else until its fate is known", () => {
  const leader = new Member({ entries: logOf(1, 1, 1), term: 1, commit: 3 });
  leader.run();
  leader.lead(2);
  leader.stable.setSnapshot(snapshotOf(1, 3, [1, 2, 3]));
  leader.stable.compact(toLogIndex(3));
  leader.acknowledge(2, 4);
  leader.take();
  const { term } = leader.core;
  const rejection = { hintIndex: toLogIndex(0), hintTerm: toLogIndex(0) as never };
  leader.receive({ kind: "appendEntriesResponse", from: id(3), term, index: toLogIndex(3), rejection });
  assert.deepEqual(
    leader.take("installSnapshot").map(({ to, snapshot }) => [to, Number(snapshot.meta.index)]),
    [[3, 3]],
  );
  leader.propose("x");
  leader.receive({ kind: "heartbeatResponse", from: id(3), term, readSequence: null });
  assert.deepEqual(appendsTo(leader, 3), []);
  leader.step({ kind: "snapshotReport", peer: id(3), ok: false });
  leader.receive({ kind: "heartbeatResponse", from: id(3), term, readSequence: null });
  assert.equal(leader.take("installSnapshot").length, 1, "it failed, so it is sent again");
  leader.step({ kind: "snapshotReport", peer: id(3), ok: true });
  const { state, next } = progressOf(leader, 3);
  assert.deepEqual([state, Number(next)], ["probe", 4]);
});

test("no snapshot is sent to a peer that is silent, or that the snapshot does not know", () => {
  const leader = new Member({ entries: logOf(1, 1, 1), term: 1, commit: 3, voters: [1, 2, 3] });
  leader.run();
  leader.lead(2);
  leader.stable.compact(toLogIndex(3));
  leader.stable.setSnapshot(snapshotOf(1, 3, [1, 2]));
  leader.acknowledge(2, 4);
  const { term } = leader.core;
  const rejection = { hintIndex: toLogIndex(0), hintTerm: toLogIndex(0) as never };
  leader.receive({ kind: "appendEntriesResponse", from: id(3), term, index: toLogIndex(3), rejection });
  assert.deepEqual(leader.take("installSnapshot"), []);
  leader.stable.setSnapshot(snapshotOf(1, 3, [1, 2, 3]));
  leader.receive({ kind: "heartbeatResponse", from: id(3), term, readSequence: null });
  assert.equal(leader.take("installSnapshot").length, 1);
});

test("a snapshot takes the place of a log that knows nothing of it", () => {
  const follower = new Member({ entries: logOf(1), term: 1 });
  const snapshot = snapshotOf(2, 9, [1, 2]);
  follower.receive({ kind: "installSnapshot", from: id(2), term: snapshot.meta.term, snapshot });
  assert.deepEqual(
    [Number(follower.core.lastIndex), Number(follower.core.commit), Number(follower.core.applied)],
    [9, 9, 9],
  );
  assert.deepEqual(follower.core.memberIds, [1, 2]);
  assert.equal(Number(follower.take("appendEntriesResponse")[0]?.index), 9);
});

test("a snapshot that arrives late, behind the commit index, is not taken", () => {
  const follower = new Member({ entries: logOf(1, 1, 1), term: 1, commit: 3 });
  follower.run();
  // Its log does not even reach back there any more.
  follower.stable.compact(toLogIndex(3));
  const snapshot = snapshotOf(1, 2, [1, 2]);
  follower.receive({ kind: "installSnapshot", from: id(2), term: snapshot.meta.term, snapshot });
  assert.equal(Number(follower.core.lastIndex), 3);
  assert.deepEqual(follower.core.memberIds, [1, 2, 3], "nor its membership");
  assert.equal(Number(follower.take("appendEntriesResponse")[0]?.index), 3, "and the leader hears how far it is");
});

test("a snapshot that the log already holds only moves the commit index; entries after it stay", () => {
  const follower = new Member({ entries: logOf(1, 1, 1, 1), term: 1, commit: 1 });
  follower.run();
  const snapshot = snapshotOf(1, 3, [1, 2, 3]);
  follower.receive({ kind: "installSnapshot", from: id(2), term: snapshot.meta.term, snapshot });
  assert.deepEqual(follower.log, ["1/1", "1/2", "1/3", "1/4"]);
  assert.equal(Number(follower.core.commit), 3);
  assert.equal(follower.stable.snapshot(), null);
});

test("a snapshot that does not know its receiver is not taken", () => {
  const follower = new Member({ id: 3, term: 1 });
  const snapshot = snapshotOf(1, 9, [1, 2]);
  follower.receive({ kind: "installSnapshot", from: id(2), term: snapshot.meta.term, snapshot });
  assert.equal(Number(follower.core.lastIndex), 0);
});

test("a follower that is far behind is brought up, whatever is lost on the way", () => {
  const leader = new Member({ entries: logOf(1, 1, 1, 1), term: 1, commit: 4 });
  leader.run();
  leader.stable.setSnapshot(snapshotOf(1, 3, [1, 2, 3]));
  leader.stable.compact(toLogIndex(3));
  leader.lead(3);
  const follower = new Member({ id: 2, voters: [] });
  const random = seededRandom(1);
  for (let round = 0; round < 40; round++) {
    leader.tick();
    exchange([leader, follower], (message) => {
      const isLost = random.below(3) === 0;
      // The fate of every snapshot is reported: its acknowledgement may be lost as well.
      if (message.kind === "installSnapshot") leader.step({ kind: "snapshotReport", peer: id(2), ok: !isLost });
      return isLost;
    });
  }
  assert.equal(Number(follower.core.commit), Number(leader.core.commit));
  assert.equal(Number(follower.core.commit), 5);
});

test("the report of an old write does not stand for an entry that came back meanwhile (ABA)", () => {
  // Writes under way: entry 1 of term 1, then its replacement of term 2, then the first one again, from the leader of
  // term 3. When the first write is reported, the second one is still to come and the disk is not to be trusted.
  const follower = new Member({ id: 2, options: { applyUnstable: false } });
  const appendBy = (from: number, term: number, entries: readonly Entry[]) => {
    const prev = entryId(0, 0);
    const commit = toLogIndex(term === 3 ? 1 : 0);
    const message = {
      kind: "appendEntries",
      from: id(from),
      to: id(2),
      term: toTerm(term),
      prev,
      entries,
      commit,
    } as const;
    follower.core.step({ kind: "message", message });
    return follower.core.takeReady();
  };
  const writes = [
    appendBy(1, 1, [entry(1, 1)]),
    appendBy(3, 2, [entry(2, 1)]),
    appendBy(1, 3, [entry(1, 1), entry(3, 2)]),
  ];
  const complete = (ready: Ready): void => {
    follower.persist(ready);
    for (const input of ready.afterPersist) follower.core.step(input);
  };
  const [first, ...others] = writes as [Ready, ...Ready[]];
  complete(first);
  assert.deepEqual(follower.core.takeReady().committed, []);
  for (const ready of others) complete(ready);
  assert.deepEqual(
    follower.core.takeReady().committed.map(({ term, index }) => [Number(term), Number(index)]),
    [[1, 1]],
  );
});

test("a follower's rejection skips all its entries of terms that the leader's log cannot have there", () => {
  const follower = new Member({ id: 2, entries: logOf(1, 2, 4, 4, 4, 4) });
  const prev = entryId(3, 6);
  follower.receive({ kind: "appendEntries", from: id(1), term: toTerm(5), prev, entries: [], commit: toLogIndex(0) });
  assert.deepEqual(follower.take("appendEntriesResponse")[0]?.rejection, { hintIndex: 2, hintTerm: 2 });
});
