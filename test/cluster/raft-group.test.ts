import assert from "node:assert/strict";
import { test } from "node:test";
import { SwarmError } from "../../shared/errors.ts";
import { idOf, RaftGroup, until } from "../support/raft-group.ts";

test("a group of one leads at once and keeps what was agreed over a restart", async () => {
  await using group = await RaftGroup.create();
  const first = await group.start("alone");
  await group.leader();
  await Promise.all(["a", "b", "c"].map((text) => first.propose(text)));
  assert.deepEqual(first.machine.texts, ["a", "b", "c"]);
  await first.crash();
  group.forget(first);

  const again = await group.start("alone");
  await group.leader();
  await again.node.readBarrier();
  assert.deepEqual(again.machine.texts, ["a", "b", "c"]);
});

test("three members agree in order, and a follower reads what the leader has acknowledged", async () => {
  await using group = await RaftGroup.create();
  await group.startAll("one", "two", "three");
  const leader = await group.leader();
  const texts = Array.from({ length: 200 }, (_, at) => `text ${at}`);
  await Promise.all(texts.map((text) => leader.propose(text)));
  for (const follower of group.followers()) {
    await follower.node.readBarrier();
    assert.deepEqual(follower.machine.texts, texts);
  }
});

test("the leader crashes (3 members): another one leads, and the crashed one catches up when it returns", async () => {
  await using group = await RaftGroup.create();
  await group.startAll("one", "two", "three");
  const old = await group.leader();
  await old.propose("before");
  await group.converge();
  group.forget(old);
  const crashing = old.crash();
  const next = await group.leader();
  await crashing;
  await next.propose("after");
  await group.start(old.name);
  assert.deepEqual(await group.converge(), ["before", "after"]);
});

test("a leader that stops hands over first, so that nobody waits for a timeout", async () => {
  await using group = await RaftGroup.create();
  await group.startAll("one", "two", "three");
  const old = await group.leader();
  await old.propose("x");
  await group.converge();
  group.forget(old);
  await old.stop();
  const next = await group.leader();
  await next.propose("y");
  assert.ok(old.states.includes("following"));
});

test("two of three come back at other addresses: the one that stayed hears where they are, and they agree again", async () => {
  await using group = await RaftGroup.create();
  await group.startAll("one", "two", "three");
  await group.leader();
  const movers = group.followers();
  for (const mover of movers) {
    group.forget(mover);
    group.move(mover.name);
    await mover.crash();
  }
  const moved: string[] = [];
  for (const { name, address } of movers) {
    const back = await group.start(name);
    assert.notEqual(back.address, address);
    moved.push(back.address);
  }
  const leader = await group.leader();
  await leader.propose("from elsewhere");
  assert.deepEqual(await group.converge(), ["from elsewhere"]);
  const known = (): readonly string[] => leader.node.status().members.map(({ address }) => address);
  await until("the log says where they are", () => moved.every((address) => known().includes(address)));
});

test("a removed member is told, and the rest goes on without it", async () => {
  await using group = await RaftGroup.create();
  await group.startAll("one", "two", "three");
  const leader = await group.leader();
  const [leaving] = group.followers();
  assert.ok(leaving !== undefined);
  await leader.node.removeMember(idOf(leaving));
  await until("the removed member knows", () => leaving.states.at(-1) === "removed");
  assert.equal(leader.node.status().members.length, 2);
  await leader.propose("without it");
});

test("a newcomer far behind is brought up by a snapshot", async () => {
  await using group = await RaftGroup.create({ snapshotSettings: () => ({ interval: 50, keepEntries: 5 }) });
  const first = await group.start("one");
  await group.leader();
  for (let at = 0; at < 120; at++) await first.propose(`text ${at}`);
  const second = await group.start("two");
  await group.converge();
  assert.ok(second.machine.restores > 0, "it was restored from a snapshot");
});

test("removing the last manager and a removal that would cost the quorum are refused", async () => {
  await using group = await RaftGroup.create();
  await group.startAll("one");
  const alone = await group.leader();
  await assert.rejects(alone.node.removeMember(idOf(alone)), /last manager/);
  await group.startAll("two", "three");
  const [gone, other] = group.followers();
  assert.ok(gone !== undefined && other !== undefined);
  group.forget(gone);
  await gone.crash();
  await until("its silence is noticed", () => !alone.node.status().reachable.has(idOf(gone)));
  await assert.rejects(alone.node.removeMember(idOf(other)), (error: unknown) => {
    return error instanceof SwarmError && error.code === "failedPrecondition" && /can be reached/.test(error.message);
  });
});
