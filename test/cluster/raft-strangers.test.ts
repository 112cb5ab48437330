import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "../../raft/core/message.ts";
import { encodeFrame, type Frame } from "../../raft/wire/frame-codec.ts";
import { SwarmError } from "../../shared/errors.ts";
import { MESSAGE_BYTES_MAX } from "../../shared/rpc/limits.ts";
import { type GroupMember, idOf, RaftGroup, until } from "../support/raft-group.ts";
import { entryId, id } from "../unit/raft/core/fixture.ts";
import { CLUSTER_ID } from "../unit/shared/pki/fixtures.ts";

const STRANGER = 99;

function frameTo(member: GroupMember, parts: Partial<Frame> = {}): Frame {
  return {
    from: STRANGER,
    to: idOf(member),
    clusterId: CLUSTER_ID,
    address: "127.0.0.1:1",
    removed: false,
    era: 0,
    members: [],
    messages: [],
    ...parts,
  };
}

/**
 * What a member answers to these bytes: its refusal, or how the stream failed; null = it took them and said nothing.
 */
async function answerTo(group: RaftGroup, member: GroupMember, bytes: Buffer): Promise<string | null> {
  await using client = (await group.stranger("stranger"))(member.address);
  const call = client.messages({});
  try {
    await call.send(bytes);
    call.end();
    for await (const { refusal } of call.messages) return refusal;
    return null;
  } catch (error) {
    return error instanceof SwarmError ? `${error.code}: ${error.message}` : String(error);
  }
}

test("what is no frame, too large, of another swarm or for someone else is refused in a sentence, and the group goes on", async () => {
  await using group = await RaftGroup.create();
  await group.startAll("one", "two", "three");
  const leader = await group.leader();
  const { term } = leader.node.status();
  for (const [bytes, answer] of [
    [Buffer.from([0xff, 0xff, 0xff, 0xff, 0x01]), /^invalidArgument: not a Raft frame: /],
    [Buffer.alloc(MESSAGE_BYTES_MAX + 1), /larger|size|exceed/i],
    [encodeFrame(frameTo(leader, { clusterId: "d".repeat(25) })), /^OTHER_CLUSTER$/],
    [encodeFrame(frameTo(leader, { to: 77 })), /^OTHER_MEMBER$/],
    [encodeFrame(frameTo(leader, { from: idOf(leader) })), /^NOT_THE_SENDER$/],
  ] as const) {
    assert.match((await answerTo(group, leader, bytes)) ?? "taken", answer);
  }
  await leader.propose("still here");
  assert.equal(leader.node.status().term, term, "nobody had to be elected");
});

test("what an unknown member says counts for nothing", async () => {
  await using group = await RaftGroup.create();
  await group.startAll("one", "two", "three");
  const leader = await group.leader();
  const { term } = leader.node.status();
  const envelope = { from: id(STRANGER), to: idOf(leader), term: term as Message["term"] };
  const last = entryId(1_000, 1_000_000);
  const messages = [
    { ...envelope, kind: "appendEntriesResponse", index: last.index, rejection: null },
    { ...envelope, kind: "voteRequest", term: (term + 5) as Message["term"], last, reason: "timeout", committed: last },
  ] as const;
  const bytes = encodeFrame(frameTo(leader, { messages }));
  assert.equal(await answerTo(group, leader, bytes), null);
  await leader.propose("still here");
  assert.equal(leader.node.status().term, term, "its voters keep to the leader they hear");
  assert.deepEqual(await group.converge(), ["still here"]);
});

test("a member that was removed while it was away is told when it comes back", async () => {
  await using group = await RaftGroup.create();
  await group.startAll("one", "two", "three");
  const leader = await group.leader();
  const [away] = group.followers();
  assert.ok(away !== undefined);
  group.forget(away);
  await away.crash();
  await until("its silence is noticed", () => !leader.node.status().reachable.has(idOf(away)));
  await leader.node.removeMember(idOf(away));
  const back = await group.start(away.name);
  await until("it knows", () => back.states.at(-1) === "removed");
  await leader.propose("without it");
});
