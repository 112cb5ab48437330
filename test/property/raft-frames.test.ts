import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Entry } from "../../raft/core/entry.ts";
import { toLogIndex, toRaftId, toTerm } from "../../raft/ids.ts";
import { decodeFrame, encodeFrame, type Frame } from "../../raft/wire/frame-codec.ts";
import { type FramedMessage, fromMessage } from "../../raft/wire/message-codec.ts";
import type { RaftFrame } from "../../shared/rpc/gen/raft.ts";
import { codecs, services } from "../../shared/rpc/schema.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import { decodeEntry, encodeEntry } from "../support/entry-bytes.ts";

/** The codec written by hand against the one made from the .proto: each reads what the other wrote. */

const byProto = services.raft.methods.messages;

/** As objects are written in the program. */
const record = <T>(model: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true });

// Around every length of a varint, besides any number at all.
const number = fc.oneof(
  fc.maxSafeNat(),
  fc.integer({ min: 0, max: 53 }).chain((bits) => fc.constantFrom(2 ** bits - 1, Math.min(2 ** bits, 2 ** 53 - 1))),
);
const index = number.map(toLogIndex);
const term = number.map(toTerm);
const raftId = fc.integer({ min: 1, max: 2 ** 48 - 1 }).map(toRaftId);
const entryId = record({ term, index });
const data = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const change = record({
  transition: fc.constantFrom("auto" as const, "jointImplicit" as const, "jointExplicit" as const),
  operations: fc.array(
    record({ kind: fc.constantFrom("addVoter", "addLearner", "remove", "update"), id: raftId }) as fc.Arbitrary<{
      kind: "addVoter";
      id: ReturnType<typeof toRaftId>;
    }>,
    { maxLength: 3 },
  ),
  member: fc.option(record({ raftId, nodeId: fc.string(), address: fc.string() })),
});
const entry: fc.Arbitrary<Entry> = fc.oneof(
  record({ kind: fc.constant("normal" as const), term, index, data }),
  record({ kind: fc.constant("confChange" as const), term, index, change }),
);
const envelope = { from: raftId, to: raftId, term };
const message: fc.Arbitrary<FramedMessage> = fc.oneof(
  record({
    kind: fc.constant("appendEntries" as const),
    ...envelope,
    prev: entryId,
    entries: fc.array(entry, { maxLength: 5 }),
    commit: index,
  }),
  record({
    kind: fc.constant("appendEntriesResponse" as const),
    ...envelope,
    index,
    rejection: fc.option(record({ hintIndex: index, hintTerm: term })),
  }),
  record({
    kind: fc.constant("heartbeat" as const),
    ...envelope,
    commit: index,
    readSequence: fc.option(fc.integer({ min: 1 })),
  }),
  record({ kind: fc.constant("voteResponse" as const), ...envelope, granted: fc.boolean(), committed: entryId }),
  record({
    kind: fc.constant("preVoteRequest" as const),
    ...envelope,
    last: entryId,
    committed: entryId,
    reason: fc.constantFrom("timeout" as const, "transfer" as const, "leaderGone" as const),
  }),
);
const frame: fc.Arbitrary<Frame> = record({
  from: raftId,
  to: raftId,
  clusterId: fc.string(),
  address: fc.string({ unit: "grapheme" }),
  removed: fc.boolean(),
  era: fc.nat(),
  members: fc.array(record({ raftId, nodeId: fc.string(), address: fc.string() }), { maxLength: 3 }),
  messages: fc.array(message, { maxLength: 4 }),
});

function toProto({ messages, members, ...head }: Frame): Sendable<RaftFrame> {
  const asProto = (one: Entry) => codecs.raftEntry.decode(encodeEntry(one));
  return {
    ...head,
    members: [...members],
    messages: messages.map(fromMessage).map((one) => ({ ...one, entries: one.entries.map(asProto) })),
  };
}

test("a frame written by hand reads the same by the .proto, and the other way round", () => {
  fc.assert(
    fc.property(frame, (sent) => {
      const expected = toProto(sent);
      assert.deepEqual(byProto.decodeRequest(encodeFrame(sent)), expected);
      assert.deepEqual(decodeFrame(byProto.encodeRequest(expected)), sent);
      assert.deepEqual(decodeFrame(encodeFrame(sent)), sent);
    }),
    { numRuns: 300 },
  );
});

test("an entry written by hand reads the same by the .proto, and the other way round", () => {
  fc.assert(
    fc.property(entry, (sent) => {
      const { term: readTerm, index: readIndex, kind, data: readData } = codecs.raftEntry.decode(encodeEntry(sent));
      assert.deepEqual([readTerm, readIndex], [sent.term, sent.index]);
      assert.equal(kind, sent.kind === "normal" ? "NORMAL" : "CONF_CHANGE");
      if (sent.kind === "normal") assert.deepEqual(Buffer.from(readData), Buffer.from(sent.data));
      const bytes = codecs.raftEntry.encode({ term: sent.term, index: sent.index, kind, data: readData });
      assert.deepEqual(decodeEntry(bytes), sent);
    }),
    { numRuns: 300 },
  );
});

test("any bytes at all are a frame or an error, never a hang and never another kind of failure", () => {
  const mutated = fc.tuple(frame, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([sent, at, byte]) => {
    const bytes = encodeFrame(sent);
    bytes[at % bytes.length] = byte;
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), (bytes) => {
      try {
        decodeFrame(bytes);
      } catch (error) {
        assert.ok(error instanceof Error && !(error instanceof TypeError), String(error));
      }
    }),
    { numRuns: 500 },
  );
});
