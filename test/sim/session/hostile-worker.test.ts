/** A worker that has a certificate and says what no worker of ours would say. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { PACE_BURST_BYTES, PACE_BYTES_PER_S } from "../../../manager/dispatcher/pace.ts";
import { mustHave } from "../../../shared/invariant.ts";
import type { NodeDescription, TaskStatus } from "../../../shared/rpc/gen/objects.ts";
import { createTaskStatus } from "../../support/objects.ts";
import { MANAGERS, SessionWorld } from "../../support/session-world.ts";

/** A session that the test itself speaks in, in place of the host's agent. */
async function speakAs(world: SessionWorld) {
  const { host } = world;
  await host.kill();
  const stop = new AbortController();
  const address = `${host.address}:40000`;
  const session = world.transport.forNode(host.nodeId, address).connect(MANAGERS[0]).openSession(stop.signal);
  let reason: Error | null = null;
  const heard: unknown[] = [];
  const listening = (async () => {
    for await (const message of session.messages) heard.push(message);
  })().catch((error: unknown) => {
    reason = error as Error;
  });
  return {
    send: (message: unknown) => session.send(message as never),
    heard,
    reason: (): Error | null => reason,
    [Symbol.asyncDispose]: async () => {
      stop.abort(new Error("the test is over"));
      await listening;
    },
  };
}

const LINE = "10.77.0.1\nfdb append 00:00:00:00:00:00 dev sw-vx4096 dst 6.6.6.6";

function described(world: SessionWorld): NodeDescription {
  const node = world.store.view().get("node", world.host.nodeId);
  return mustHave(node?.description, "description");
}

test("a registration with a line for another program is answered with a sentence, and nothing is stored", async () => {
  await using world = await SessionWorld.create();
  const before = described(world);
  await using worker = await speakAs(world);
  await worker.send({ register: { description: { ...before, dataPathAddress: LINE } } });
  await world.clock.until("the answer", () => worker.reason() !== null);
  assert.match(String(worker.reason()?.message), /invalid data path address "10\.77\.0\.1\\nfdb append/);
  assert.deepEqual(described(world), before);
});

test("so is a later description, and the session is over", async () => {
  await using world = await SessionWorld.create();
  const before = described(world);
  await using worker = await speakAs(world);
  await worker.send({ register: { description: before } });
  await world.clock.until("in session", () => worker.heard.length > 0);
  await worker.send({ description: { ...before, hostname: "x\u001b[2J" } });
  await world.clock.until("the answer", () => worker.reason() !== null);
  assert.match(String(worker.reason()?.message), /invalid host name/);
  assert.deepEqual(described(world), before);
});

test("another host's data path address is refused, at registration and later, and that host keeps it", async () => {
  await using world = await SessionWorld.create(1, 2);
  const [, other] = world.hosts;
  const dataPathAddress = mustHave(other, "another host").address;
  const before = described(world);
  const stolen = { ...before, dataPathAddress };
  await using late = await speakAs(world);
  await late.send({ register: { description: before } });
  await world.clock.until("in session", () => late.heard.length > 0);
  await late.send({ description: stolen });
  await world.clock.until("the answer", () => late.reason() !== null);
  await using early = await speakAs(world);
  await early.send({ register: { description: stolen } });
  await world.clock.until("the answer", () => early.reason() !== null);
  for (const { reason } of [late, early]) assert.match(String(reason()?.message), /is that of node n2/);
  assert.deepEqual(described(world), before);
  assert.equal(other?.state(), "READY");
});

test("what is shown of a host that is refused is why, as long as it has no session", async () => {
  await using world = await SessionWorld.create(1, 2);
  const [host, other] = world.hosts;
  const stolen = { ...described(world), dataPathAddress: mustHave(other, "another host").address };
  await host?.kill();
  await world.clock.until("its host is down", () => host?.state() === "DOWN", 60_000);
  await using worker = await speakAs(world);
  await worker.send({ register: { description: stolen } });
  await world.clock.until("the answer", () => worker.reason() !== null);
  await world.clock.run(5_000);
  const { status } = mustHave(world.store.view().get("node", world.host.nodeId), "its node");
  assert.equal(status.state, "DOWN");
  assert.match(status.message, /is that of node n2/);
});

test("statuses without end are written at the pace of one host, with texts of a sentence", async () => {
  await using world = await SessionWorld.create();
  const taskId = await world.assign("t1");
  const before = described(world);
  await using worker = await speakAs(world);
  await worker.send({ register: { description: before } });
  await world.clock.until("in session", () => worker.heard.length > 0);
  let written = 0;
  using _count = world.store.subscribe(({ changes }) => {
    for (const { kind, object } of changes) {
      if (kind !== "task") continue;
      const { err, message } = (object as { status: TaskStatus }).status;
      written += Buffer.byteLength(err) + Buffer.byteLength(message);
    }
  });
  const sentMs = 20_000;
  for (let number = 1; number <= 2_000; number++) {
    const status = { ...createTaskStatus("RUNNING"), err: `${number}`.padEnd(20_000, "x") };
    await worker.send({ status: { number, updates: [{ taskId, status }] } });
    await world.clock.run(sentMs / 2_000);
  }
  const most = PACE_BURST_BYTES + (sentMs / 1_000 + 1) * PACE_BYTES_PER_S;
  assert.ok(written > 0 && written <= most, `${written} bytes written, at most ${most} expected`);
  assert.equal(world.host.state(), "READY");
});

test("a task id that is none ends the session", async () => {
  await using world = await SessionWorld.create();
  await using worker = await speakAs(world);
  await worker.send({ register: { description: described(world) } });
  await world.clock.until("in session", () => worker.heard.length > 0);
  const updates = [{ taskId: "../../x", status: createTaskStatus("RUNNING") }];
  await worker.send({ status: { number: 1, updates } });
  await world.clock.until("the answer", () => worker.reason() !== null);
  assert.match(String(worker.reason()?.message), /not a task id/);
});
