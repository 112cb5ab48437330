import assert from "node:assert/strict";
import { test } from "node:test";
import { toLogIndex, toTerm } from "../../../../raft/core/ids.ts";
import type { MessageKind } from "../../../../raft/core/message.ts";
import { printMessage } from "../../../../raft/core/printer.ts";
import { decodeEntry, encodeEntry } from "../../../../raft/wire/entry-codec.ts";
import { type FramedMessage, fromMessage, toMessage } from "../../../../raft/wire/message-codec.ts";
import { SwarmError } from "../../../../shared/errors.ts";
import { InvariantError } from "../../../../shared/invariant.ts";
import { codecs } from "../../../../shared/rpc/schema.ts";
import { changeOf, entry, entryId, id } from "../core/fixture.ts";

const envelope = { from: id(1), to: id(2), term: toTerm(7) };
const index = toLogIndex(2 ** 53 - 1);
const confChange = {
  kind: "confChange",
  ...entryId(7, 4),
  change: {
    ...changeOf({ kind: "addVoter", id: id(4) }, { kind: "remove", id: id(2) }, { kind: "update", id: id(3) }),
    member: { raftId: id(4), nodeId: "four", address: "10.0.0.4:2377" },
  },
} as const;

const EVERY_KIND: Readonly<Record<Exclude<MessageKind, "installSnapshot">, readonly FramedMessage[]>> = {
  preVoteRequest: [{ kind: "preVoteRequest", ...envelope, last: entryId(6, 3), reason: "timeout" }],
  voteRequest: [
    { kind: "voteRequest", ...envelope, last: entryId(6, 3), reason: "leaderGone" },
    { kind: "voteRequest", ...envelope, last: entryId(0, 0), reason: "transfer" },
  ],
  preVoteResponse: [{ kind: "preVoteResponse", ...envelope, granted: true }],
  voteResponse: [{ kind: "voteResponse", ...envelope, granted: false }],
  appendEntries: [
    { kind: "appendEntries", ...envelope, prev: entryId(6, 3), entries: [entry(7, 4), confChange], commit: index },
    { kind: "appendEntries", ...envelope, prev: entryId(0, 0), entries: [], commit: toLogIndex(0) },
  ],
  appendEntriesResponse: [
    { kind: "appendEntriesResponse", ...envelope, index, rejection: null },
    {
      kind: "appendEntriesResponse",
      ...envelope,
      index,
      rejection: { hintIndex: toLogIndex(0), hintTerm: toTerm(0) },
    },
  ],
  heartbeat: [
    { kind: "heartbeat", ...envelope, commit: index, readSequence: null },
    { kind: "heartbeat", ...envelope, commit: index, readSequence: 5 },
  ],
  heartbeatResponse: [{ kind: "heartbeatResponse", ...envelope, readSequence: 5 }],
  timeoutNow: [{ kind: "timeoutNow", ...envelope }],
  transferLeadership: [{ kind: "transferLeadership", ...envelope }],
  propose: [
    { kind: "propose", ...envelope, term: toTerm(0), proposals: [{ kind: "normal", data: new Uint8Array([1]) }] },
  ],
  readIndex: [{ kind: "readIndex", ...envelope, term: toTerm(0), token: 9 }],
  readIndexResponse: [{ kind: "readIndexResponse", ...envelope, token: 9, index }],
};

for (const [kind, messages] of Object.entries(EVERY_KIND)) {
  test(`${kind} arrives as it was sent`, () => {
    for (const message of messages) {
      const bytes = codecs.raftMessage.encode(fromMessage(message));
      assert.equal(printMessage(toMessage(codecs.raftMessage.decode(bytes))), printMessage(message));
    }
  });
}

test("entries come back from their bytes, membership changes with all that belongs to them", () => {
  const decoded = decodeEntry(encodeEntry(confChange));
  assert.deepEqual(JSON.parse(JSON.stringify(decoded)), JSON.parse(JSON.stringify(confChange)));
  const normal = decodeEntry(encodeEntry(entry(1, 2, "text")));
  assert.ok(normal.kind === "normal");
  assert.equal(new TextDecoder().decode(normal.data), "text");
});

test("what makes no sense is not let in", () => {
  const raw = codecs.raftMessage.decode(
    codecs.raftMessage.encode(fromMessage(EVERY_KIND.voteRequest[0] as FramedMessage)),
  );
  assert.throws(() => toMessage({ ...raw, kind: "nonsense" }), SwarmError);
  assert.throws(() => toMessage({ ...raw, reason: "because" }), SwarmError);
  assert.throws(() => toMessage({ ...raw, term: 2 ** 60 }), InvariantError);
  assert.throws(() => toMessage({ ...raw, from: 0 }), InvariantError);
  assert.throws(() => toMessage({ ...raw, index: -1 }), InvariantError);
});
