/** Raft thesis 3.8, claim by claim: what must be on disk before anyone may rely on it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessageKind } from "../../../../raft/core/message.ts";
import { toTerm } from "../../../../raft/ids.ts";
import { entry, entryId, id, Member, NOTHING } from "./fixture.ts";

const PROMISES: ReadonlySet<MessageKind> = new Set(["voteResponse", "preVoteResponse", "appendEntriesResponse"]);

test("thesis 3.8: votes and acknowledgements leave only after what they rest on is written", () => {
  const member = new Member();
  const steps = [
    {
      kind: "voteRequest",
      from: id(2),
      to: id(1),
      term: toTerm(1),
      last: entryId(0, 0),
      reason: "timeout",
      committed: NOTHING,
    },
    {
      kind: "appendEntries",
      from: id(2),
      to: id(1),
      term: toTerm(1),
      prev: entryId(0, 0),
      entries: [entry(1, 1)],
      commit: entryId(0, 0).index,
    },
  ] as const;
  for (const message of steps) member.core.step({ kind: "message", message });
  const ready = member.core.takeReady();
  assert.deepEqual(
    ready.messages.filter(({ kind }) => PROMISES.has(kind)),
    [],
  );
  assert.deepEqual(
    ready.messagesAfterPersist.map(({ kind }) => kind),
    ["voteResponse", "appendEntriesResponse"],
  );
  assert.equal(ready.mustSync, true);
});

test("thesis 3.8: a group of one commits nothing before its own disk holds it", () => {
  const alone = new Member({ voters: [1] }).lead();
  alone.core.step({ kind: "propose", proposals: [{ kind: "normal", data: new Uint8Array(1) }] });
  const ready = alone.core.takeReady();
  assert.equal(Number(alone.core.commit), 1);
  assert.equal(ready.committed.length, 0);
  alone.persist(ready);
  alone.finish(ready);
  assert.equal(Number(alone.core.commit), 2);
});

test("a candidate's own vote, too, counts only once it is written", () => {
  const alone = new Member({ voters: [1] });
  alone.core.step({ kind: "campaign" });
  assert.equal(alone.core.role, "candidate");
  alone.run();
  assert.equal(alone.core.role, "leader");
});

test("a candidate whose log is written asks at once, and its own vote is written meanwhile", () => {
  const member = new Member({ term: 1, entries: [entry(1, 1)] });
  member.core.step({ kind: "campaign" });
  const ready = member.core.takeReady();
  assert.equal(ready.mustSync, true);
  assert.deepEqual(
    ready.messages.map(({ kind, to }) => [kind, to]),
    [
      ["voteRequest", id(2)],
      ["voteRequest", id(3)],
    ],
  );
});

test("a candidate that all others vote for does not lead before its own vote is written", () => {
  const member = new Member({ term: 1 });
  member.core.step({ kind: "campaign" });
  const ready = member.core.takeReady();
  for (const from of [2, 3]) {
    const vote = { kind: "voteResponse", to: id(1), from: id(from), granted: true, committed: NOTHING } as const;
    member.core.step({ kind: "message", message: { ...vote, term: toTerm(2) } });
  }
  assert.equal(member.core.role, "candidate");
  member.finish(ready);
  assert.equal(member.core.role, "leader");
});

test("a vote request waits for the write as well, if there is one of entries: it claims a log that must not shrink by a crash", () => {
  const member = new Member({ term: 1 });
  member.core.step({
    kind: "message",
    message: {
      kind: "appendEntries",
      from: id(2),
      to: id(1),
      term: toTerm(1),
      prev: entryId(0, 0),
      entries: [entry(1, 1)],
      commit: entryId(0, 0).index,
    },
  });
  member.core.step({ kind: "campaign" });
  const ready = member.core.takeReady();
  assert.deepEqual(ready.messages, []);
  assert.ok(ready.messagesAfterPersist.some(({ kind }) => kind === "voteRequest"));
});
