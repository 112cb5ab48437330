/** The doctor's way through sessions: the leader asks, the worker looks, both reports come back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeId } from "../../../shared/ids.ts";
import { sleep } from "../../../shared/ports/clock.ts";
import type { ExaminationReport, HostFacts } from "../../../shared/rpc/gen/doctor.ts";
import { hostFacts, wayTo } from "../../support/doctor-facts.ts";
import { testId } from "../../support/objects.ts";
import { SessionWorld } from "../../support/session-world.ts";

const named = (examinationId: string) => ({
  examinationId,
  hosts: [],
  ports: [],
  address: "",
  otherPorts: [],
  otherAddress: "",
});

/** A world of one host that looks at itself for a second, and what its leader hears. */
async function createWorld(facts: HostFacts = hostFacts()) {
  const world = await SessionWorld.create();
  const heard: { readonly nodeId: NodeId; readonly report: ExaminationReport }[] = [];
  const looks = { begun: 0, aborted: 0 };
  world.host.examine = async (_request, signal) => {
    looks.begun++;
    signal.addEventListener("abort", () => looks.aborted++);
    await sleep(world.clock, 1_000, "look", signal);
    return facts;
  };
  world.leader.dispatcher.onExamined((nodeId, report) => heard.push({ nodeId, report }));
  return { world, heard, looks, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

test("a worker says at once that it looks, and then what it found", async () => {
  await using it = await createWorld();
  const { world, heard } = it;
  assert.ok(world.leader.dispatcher.examine(world.host.nodeId, named("one")));
  await world.clock.run(100);
  assert.deepEqual(
    heard.map(({ nodeId, report }) => [nodeId, report.examinationId, report.facts]),
    [[world.host.nodeId, "one", null]],
  );
  await world.clock.run(1_000);
  assert.deepEqual(heard[1]?.report.facts?.disk, hostFacts().disk);
});

test("a newer examination ends the one before, which is not heard of again", async () => {
  await using it = await createWorld();
  const { world, heard, looks } = it;
  for (const id of ["one", "two"]) {
    world.leader.dispatcher.examine(world.host.nodeId, named(id));
    await world.clock.run(100);
  }
  await world.clock.run(2_000);
  assert.deepEqual(looks, { begun: 2, aborted: 1 });
  assert.deepEqual(
    heard.filter(({ report }) => report.facts !== null).map(({ report }) => report.examinationId),
    ["two"],
  );
});

test("a worker that fails to look stays in session", async () => {
  await using it = await createWorld();
  const { world, heard } = it;
  world.host.examine = () => Promise.reject(new Error("no kernel"));
  world.leader.dispatcher.examine(world.host.nodeId, named("one"));
  await world.clock.run(1_000);
  assert.equal(heard.length, 1);
  assert.equal(world.leader.dispatcher.trace(world.host.nodeId)?.isOpen, true);
});

test("a node that is not in session cannot be examined", async () => {
  await using it = await createWorld();
  assert.equal(it.world.leader.dispatcher.examine(testId<NodeId>("n9"), named("one")), false);
});

test("a worker that tells of more hosts than it was asked about loses its session, and nothing of it is passed on", async () => {
  await using it = await createWorld(hostFacts({ ways: Array.from({ length: 33 }, (_, at) => wayTo(`host${at}`)) }));
  const { world, heard } = it;
  const before = world.host.views.length;
  world.leader.dispatcher.examine(world.host.nodeId, named("one"));
  await world.clock.until("a new session", () => world.host.views.length > before);
  assert.deepEqual(
    heard.filter(({ report }) => report.facts !== null),
    [],
  );
});

test("an examination that nobody waits for ends; another one's end does not concern it", async () => {
  await using it = await createWorld();
  const { world, heard, looks } = it;
  const { dispatcher } = world.leader;
  dispatcher.examine(world.host.nodeId, named("one"));
  dispatcher.examine(world.host.nodeId, { ...named("another"), close: true });
  await world.clock.run(100);
  assert.deepEqual(looks, { begun: 1, aborted: 0 });
  dispatcher.examine(world.host.nodeId, { ...named("one"), close: true });
  await world.clock.run(2_000);
  assert.deepEqual(looks, { begun: 1, aborted: 1 });
  assert.equal(heard.length, 1);
});
