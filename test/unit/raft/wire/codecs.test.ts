import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessageKind } from "../../../../raft/core/message.ts";
import { toLogIndex, toTerm } from "../../../../raft/ids.ts";
import { decodeFrame, encodeFrame } from "../../../../raft/wire/frame-codec.ts";
import { type FramedMessage, fromMessage, toMessage } from "../../../../raft/wire/message-codec.ts";
import { SwarmError } from "../../../../shared/errors.ts";
import { InvariantError } from "../../../../shared/invariant.ts";
import { services } from "../../../../shared/rpc/schema.ts";
import { decodeEntry, encodeEntry } from "../../../support/entry-bytes.ts";
import { printMessage } from "../../../support/print-messages.ts";
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
  preVoteRequest: [
    { kind: "preVoteRequest", ...envelope, last: entryId(6, 3), reason: "timeout", committed: entryId(5, 2) },
  ],
  voteRequest: [
    { kind: "voteRequest", ...envelope, last: entryId(6, 3), reason: "leaderGone", committed: entryId(3, 3) },
    { kind: "voteRequest", ...envelope, last: entryId(0, 0), reason: "transfer", committed: entryId(0, 0) },
  ],
  preVoteResponse: [{ kind: "preVoteResponse", ...envelope, granted: true, committed: entryId(5, 2) }],
  voteResponse: [{ kind: "voteResponse", ...envelope, granted: false, committed: entryId(0, 0) }],
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

const members = [{ raftId: id(3), nodeId: "three", address: "10.0.0.3:2377" }];
const head = { from: 1, to: 2, clusterId: "c", address: "10.0.0.1:2377", removed: false, era: 3, members };

for (const [kind, messages] of Object.entries(EVERY_KIND)) {
  test(`${kind} arrives as it was sent`, () => {
    const frame = decodeFrame(encodeFrame({ ...head, messages }));
    assert.deepEqual(frame.messages.map(printMessage), messages.map(printMessage));
    assert.deepEqual({ ...frame, messages: [] }, { ...head, messages: [] });
  });

  test(`${kind} means the same to whoever reads it by the .proto`, () => {
    const { messages: read } = services.raft.methods.messages.decodeRequest(encodeFrame({ ...head, messages }));
    assert.deepEqual(
      read.map((message) => ({ ...message, entries: message.entries.length })),
      messages.map(fromMessage).map((message) => ({ ...message, entries: message.entries.length })),
    );
  });
}

test("a frame of a newer sender is understood: fields that are not known are passed over", () => {
  const known = encodeFrame({ ...head, messages: EVERY_KIND.heartbeat });
  // Field 100: a number; field 101: three bytes; field 102: eight bytes; field 103: four.
  const more = Buffer.from("a00601" + "aa0603616263" + "b1060102030405060708" + "bd0601020304", "hex");
  assert.deepEqual(decodeFrame(Buffer.concat([more, known, more])), decodeFrame(known));
});

test("a frame that is cut short anywhere, or is none, is refused and not guessed at", () => {
  const whole = encodeFrame({ ...head, messages: [...EVERY_KIND.appendEntries, ...EVERY_KIND.heartbeat] });
  const all = decodeFrame(whole).messages;
  for (let length = 0; length < whole.length; length++) {
    try {
      // Cut between two fields it is a shorter frame, which is all that protobuf promises.
      const { messages } = decodeFrame(whole.subarray(0, length));
      assert.deepEqual(messages, all.slice(0, messages.length));
    } catch (error) {
      assert.ok(error instanceof SwarmError || error instanceof InvariantError, String(error));
    }
  }
  for (const bytes of ["00", "08", "0b", "22ffffffffffffffffffff01", "08ffffffffffffffffff7f", "22027a05"]) {
    assert.throws(() => decodeFrame(Buffer.from(bytes, "hex")), SwarmError, bytes);
  }
});

test("entries come back from their bytes, membership changes with all that belongs to them", () => {
  const decoded = decodeEntry(encodeEntry(confChange));
  assert.deepEqual(JSON.parse(JSON.stringify(decoded)), JSON.parse(JSON.stringify(confChange)));
  const normal = decodeEntry(encodeEntry(entry(1, 2, "text")));
  assert.ok(normal.kind === "normal");
  assert.equal(new TextDecoder().decode(normal.data), "text");
});

test("what makes no sense is not let in", () => {
  const raw = fromMessage(EVERY_KIND.voteRequest[0] as FramedMessage);
  assert.throws(() => toMessage({ ...raw, kind: "nonsense" }), SwarmError);
  assert.throws(() => toMessage({ ...raw, reason: "because" }), SwarmError);
  assert.throws(() => toMessage({ ...raw, term: 2 ** 60 }), InvariantError);
  assert.throws(() => toMessage({ ...raw, from: 0 }), InvariantError);
  assert.throws(() => toMessage({ ...raw, index: -1 }), InvariantError);
});
