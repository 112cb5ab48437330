import assert from "node:assert/strict";
import { test } from "node:test";
import { exchange, id, logOf, Member } from "./fixture.ts";

/** Linearizable reads without a write: ReadIndex (thesis 6.4). */

test("a read waits until a quorum has confirmed that its leader still leads", () => {
  const leader = new Member().lead(2);
  leader.acknowledge(2, 1);
  leader.take();
  leader.step({ kind: "readIndex", token: 7 });
  assert.deepEqual(leader.reads, []);
  const [beat] = leader.take("heartbeat");
  leader.receive({
    kind: "heartbeatResponse",
    from: id(2),
    term: leader.core.term,
    readSequence: beat?.readSequence ?? null,
  });
  assert.deepEqual(leader.reads, [{ token: 7, index: 1 }]);
});

test("an answer to an older heartbeat confirms no later read; one to a later heartbeat confirms them all", () => {
  const leader = new Member().lead(2);
  leader.acknowledge(2, 1);
  leader.take();
  for (const token of [7, 8]) leader.step({ kind: "readIndex", token });
  const sequences = leader
    .take("heartbeat")
    .filter(({ to }) => to === 2)
    .map(({ readSequence }) => readSequence);
  const answer = (readSequence: number | null) =>
    leader.receive({ kind: "heartbeatResponse", from: id(2), term: leader.core.term, readSequence });
  answer(sequences[0] ?? null);
  assert.deepEqual(
    leader.reads.map(({ token }) => token),
    [7],
  );
  answer(sequences[1] ?? null);
  assert.deepEqual(
    leader.reads.map(({ token }) => token),
    [7, 8],
  );
});

test("a lost confirmation is asked for again with the next heartbeat", () => {
  const leader = new Member().lead(2);
  leader.acknowledge(2, 1);
  leader.step({ kind: "readIndex", token: 7 });
  leader.take();
  leader.tick();
  const [beat] = leader.take("heartbeat");
  leader.receive({
    kind: "heartbeatResponse",
    from: id(2),
    term: leader.core.term,
    readSequence: beat?.readSequence ?? null,
  });
  assert.equal(leader.reads.length, 1);
});

test("a new leader answers no read before an entry of its own term is committed", () => {
  const leader = new Member({ entries: logOf(1), term: 1 }).lead(2);
  leader.step({ kind: "readIndex", token: 7 });
  leader.take();
  leader.tick();
  assert.deepEqual(
    leader.take("heartbeat").map(({ readSequence }) => readSequence),
    [null, null],
    "it is not even asked",
  );
  leader.acknowledge(2, 2);
  const [beat] = leader.take("heartbeat");
  leader.receive({
    kind: "heartbeatResponse",
    from: id(2),
    term: leader.core.term,
    readSequence: beat?.readSequence ?? null,
  });
  assert.deepEqual(leader.reads, [{ token: 7, index: 2 }]);
});

test("a group of one, too, answers no read before that: its commit index on disk may be old", () => {
  // Before the crash 2 was committed and acknowledged; of the commit index only 1 had reached the disk.
  const alone = new Member({ voters: [1], entries: logOf(1, 1), term: 1, commit: 1 });
  alone.core.step({ kind: "campaign" });
  const ready = alone.core.takeReady();
  alone.persist(ready);
  alone.finish(ready);
  assert.equal(alone.core.role, "leader");
  alone.core.step({ kind: "readIndex", token: 7 });
  alone.run();
  assert.deepEqual(alone.reads, [{ token: 7, index: 3 }]);
});

test("the only voter answers by itself only if that is the leader; a leader that is none asks the voter", () => {
  const leader = new Member({ voters: [1, 2], options: { stepDownOnRemoval: false } }).lead(2);
  leader.acknowledge(2, 1);
  leader.proposeChange({ kind: "remove", id: id(1) });
  leader.acknowledge(2, 2);
  leader.take();
  leader.step({ kind: "readIndex", token: 7 });
  assert.deepEqual(leader.reads, []);
});

test("a follower passes a read on to its leader and hears the answer", () => {
  const members = [1, 2, 3].map((own) => new Member({ id: own }));
  const [first, second] = members as [Member, Member, Member];
  first.step({ kind: "campaign" });
  exchange(members);
  second.step({ kind: "readIndex", token: 7 });
  exchange(members);
  assert.deepEqual(second.reads, [{ token: 7, index: 1 }]);
  assert.deepEqual(new Member().step({ kind: "readIndex", token: 7 }), { kind: "dropped", why: "noLeader" });
});
