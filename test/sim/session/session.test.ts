import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskId } from "../../../shared/ids.ts";

import { SessionWorld, type SimHost } from "../../support/session-world.ts";

const words = (host: SimHost): string => host.executor.calls.join(", ");

test("a task goes from ASSIGNED to RUNNING on its worker, and the store hears of it", async () => {
  await using world = await SessionWorld.create();
  const task = await world.assign("t1");
  const tookMs = await world.untilState(task, "RUNNING");
  assert.ok(tookMs <= 60, `${tookMs} ms of waiting for each other`);
  assert.equal(world.task(task)?.status.container?.containerId, "c-t1");
  assert.ok((world.task(task)?.status.appliedAtMs ?? 0) > 0);
});

test("a node in session is described, has its address, and gets its networks", async () => {
  await using world = await SessionWorld.create();
  const node = world.store.view().get("node", world.host.nodeId);
  assert.equal(node?.status.address, "10.77.0.101");
  assert.equal(node?.description?.dataPathAddress, "10.77.0.101");
  await world.clock.until("the table is applied", () => world.host.network.tables[0]?.hosts.length === 1);
  assert.equal(world.host.views[0]?.node?.id, world.host.nodeId);
  assert.equal(world.host.views[0]?.managers.length, 3);
});

test("revisions are acknowledged when tasks and kernel have them", async () => {
  await using world = await SessionWorld.create();
  world.host.network.applyMs = 400;
  await world.assign("t1");
  const { dispatcher } = world.leader;
  const revisions = () => dispatcher.revisions(world.host.nodeId);
  await world.clock.run(200);
  const before = revisions();
  assert.ok(before !== null && before.sent > before.applied, JSON.stringify(before));
  await world.clock.until("applied", () => revisions()?.applied === revisions()?.sent);
});

test("a worker's own reports are not sent back to it", async () => {
  await using world = await SessionWorld.create();
  const task = await world.assign("t1");
  await world.untilState(task, "RUNNING");
  await world.clock.run(100);
  const sent = world.leader.dispatcher.revisions(world.host.nodeId)?.sent;
  world.host.executor.exit(task, 0);
  await world.untilState(task, "COMPLETE");
  await world.clock.run(100);
  assert.equal(world.leader.dispatcher.revisions(world.host.nodeId)?.sent, sent);
});

test("a task is held READY until it is wanted, stopped when told, removed when deleted", async () => {
  await using world = await SessionWorld.create();
  const task = await world.assign("t1", world.host, { desiredState: "READY" });
  await world.untilState(task, "READY");
  await world.clock.run(1_000);
  assert.equal(world.task(task)?.status.state, "READY");
  await world.want(task, "RUNNING");
  await world.untilState(task, "RUNNING");
  await world.want(task, "SHUTDOWN");
  await world.untilState(task, "SHUTDOWN");
  assert.equal(world.host.executor.containers.size, 1);
  await world.store.update("reap", (tx) => tx.remove("task", task));
  await world.clock.until("it is removed", () => world.host.executor.containers.size === 0);
  assert.equal(world.host.database.tasks.size, 0);
});

test("a container that fails is reported with its exit code", async () => {
  await using world = await SessionWorld.create();
  const task = await world.assign("t1");
  await world.untilState(task, "RUNNING");
  world.host.executor.exit(task, 3);
  await world.untilState(task, "FAILED");
  assert.equal(world.task(task)?.status.err, "task: non-zero exit (3)");
});

test("kill -9 of the daemon stops no container; its successor adopts it without starting it again", async () => {
  await using world = await SessionWorld.create();
  const task = await world.assign("t1");
  await world.untilState(task, "RUNNING");
  await world.host.kill();
  await world.clock.run(5_000);
  assert.equal(world.host.state(), "DISCONNECTED");
  assert.deepEqual(world.host.executor.running(), [task]);
  world.host.executor.calls.length = 0;
  await world.host.start();
  await world.clock.until("it is back", () => world.host.state() === "READY");
  await world.clock.run(1_000);
  assert.equal(words(world.host), "inspect t1, wait t1");
  assert.equal(world.task(task)?.status.state, "RUNNING");
});

test("a container that ended while the daemon was away is reported when it returns", async () => {
  await using world = await SessionWorld.create();
  const task = await world.assign("t1");
  await world.untilState(task, "RUNNING");
  await world.host.kill();
  world.host.executor.exit(task, 9);
  await world.host.start();
  await world.untilState(task, "FAILED");
  assert.match(world.task(task)?.status.err ?? "", /non-zero exit \(9\)/);
});

test("the mesh is restored and tasks adopted before any manager is reached", async () => {
  await using world = await SessionWorld.create();
  const task = await world.assign("t1");
  await world.untilState(task, "RUNNING");
  await world.clock.run(200);
  await world.host.kill();
  world.host.network.tables = [];
  world.transport.cut(world.host.nodeId);
  await world.host.start();
  await world.clock.run(100);
  assert.equal(world.host.network.tables.length, 1);
  assert.deepEqual(world.host.executor.running(), [task]);
});

test("containers of tasks that are no longer ours go, but only when a full set says so", async () => {
  await using world = await SessionWorld.create();
  const task = await world.assign("t1");
  await world.untilState(task, "RUNNING");
  await world.host.kill();
  await world.host.database.wipe();
  await world.store.update("reap", (tx) => tx.remove("task", task));
  world.transport.cut(world.host.nodeId);
  await world.host.start();
  await world.clock.run(20_000);
  assert.deepEqual(world.host.executor.running(), [task]);
  world.transport.heal();
  await world.clock.until("it is removed", () => world.host.executor.containers.size === 0, 20_000);
});

test("a host whose memory was lost still adopts what it should run", async () => {
  await using world = await SessionWorld.create();
  const task = await world.assign("t1");
  await world.untilState(task, "RUNNING");
  await world.host.kill();
  await world.host.database.wipe();
  world.host.executor.calls.length = 0;
  await world.host.start();
  await world.clock.run(2_000);
  assert.equal(words(world.host), "inspect t1, wait t1");
  assert.equal(world.task(task)?.status.state, "RUNNING");
});

test("a host whose containers are gone after a reboot says so", async () => {
  await using world = await SessionWorld.create();
  const task = await world.assign("t1");
  await world.untilState(task, "RUNNING");
  await world.host.kill();
  world.host.executor.containers.clear();
  await world.host.start();
  await world.untilState(task, "FAILED");
});

test("a host that loses power is down within 3 s", async () => {
  await using world = await SessionWorld.create();
  world.transport.cut(world.host.nodeId);
  world.poweredOff.add(world.host.address);
  const tookMs = await world.clock.until("it is down", () => world.host.state() === "DOWN");
  assert.ok(tookMs <= 2_200, `${tookMs} ms`);
  await world.clock.run(100);
  assert.equal(world.leader.dispatcher.trace(world.host.nodeId)?.isOpen, false, "its stream is not kept open");
});

test("a host that was cut off keeps its containers and, when it returns, does what became of its tasks", async () => {
  await using world = await SessionWorld.create();
  const [kept, replaced] = [await world.assign("t1"), await world.assign("t2")];
  await world.untilState(kept, "RUNNING");
  await world.untilState(replaced, "RUNNING");
  world.transport.cut(world.host.nodeId);
  world.poweredOff.add(world.host.address);
  await world.clock.until("it is down", () => world.host.state() === "DOWN");
  await world.want(replaced, "SHUTDOWN");
  await world.clock.run(60_000);
  assert.equal(world.host.executor.running().length, 2);
  world.transport.heal();
  world.poweredOff.clear();
  await world.untilState(replaced, "SHUTDOWN");
  assert.deepEqual(world.host.executor.running(), [kept]);
  assert.equal(world.host.state(), "READY");
});

test("the leader's loss is over within a second for its workers, and loses no report", async () => {
  await using world = await SessionWorld.create(1, 3);
  const tasks: TaskId[] = [];
  for (const [at, host] of world.hosts.entries()) tasks.push(await world.assign(`t${at}`, host));
  for (const task of tasks) await world.untilState(task, "RUNNING");
  await world.lead(null);
  for (const [at, host] of world.hosts.entries()) host.executor.exit(tasks[at] ?? raise(), 1);
  await world.clock.run(300);
  await world.lead(1);
  const tookMs = await world.clock.until("all reports are in", () =>
    tasks.every((task) => world.task(task)?.status.state === "FAILED"),
  );
  assert.ok(tookMs <= 1_000, `${tookMs} ms`);
  assert.ok(world.hosts.every((host) => host.state() === "READY"));
});

test("workers of a leader whose host lost power find the next one within 4 s", async () => {
  await using world = await SessionWorld.create(1, 3);
  world.transport.cut(world.leaderAddress ?? raise());
  await world.lead(2);
  const tookMs = await world.clock.until("all are in session", () =>
    world.hosts.every((host) => world.leader.dispatcher.trace(host.nodeId)?.isOpen === true),
  );
  assert.ok(tookMs <= 4_000, `${tookMs} ms`);
  assert.ok(world.hosts.every((host) => host.state() === "READY"));
});

test("a node that was removed is told, and stops asking", async () => {
  await using world = await SessionWorld.create();
  await world.store.update("node rm", (tx) => tx.remove("node", world.host.nodeId));
  await world.clock.until("it is told", () => world.host.isRemoved);
  const { opened } = world.transport;
  await world.clock.run(10_000);
  assert.equal(world.transport.opened, opened);
});

test("a node removed while it was away is told when it returns", async () => {
  await using world = await SessionWorld.create();
  await world.host.kill();
  await world.store.update("node rm", (tx) => tx.remove("node", world.host.nodeId));
  await world.host.start();
  await world.clock.until("it is told", () => world.host.isRemoved);
});

test("a node that leaves is down at once, with nothing of ours left on the host", async () => {
  await using world = await SessionWorld.create();
  const task = await world.assign("t1");
  await world.untilState(task, "RUNNING");
  const left = world.host.agent?.leave();
  const tookMs = await world.clock.until("it is down", () => world.host.state() === "DOWN");
  assert.ok(tookMs <= 100, `${tookMs} ms`);
  await world.clock.run(5_000);
  await left;
  assert.equal(world.store.view().get("node", world.host.nodeId)?.status.message, "the host left the swarm");
  assert.equal(world.host.state(), "DOWN");
  assert.equal(world.host.executor.containers.size, 0);
  assert.equal(world.host.database.nodeId, null);
  assert.equal(world.host.network.isTornDown, true);
});

test("a node leaves also when no manager answers", async () => {
  await using world = await SessionWorld.create();
  const task = await world.assign("t1");
  await world.untilState(task, "RUNNING");
  world.transport.cut(world.host.nodeId);
  const left = world.host.agent?.leave();
  await world.clock.run(4_000);
  await left;
  assert.equal(world.host.executor.containers.size, 0);
});

test("a newer session of a node ends the older one, and the node stays ready", async () => {
  await using world = await SessionWorld.create();
  world.transport.cut(world.host.nodeId);
  await world.host.agent?.stop({ keepContainers: true });
  world.transport.heal();
  await world.host.start();
  await world.clock.run(3_000);
  assert.equal(world.host.state(), "READY");
  assert.equal(world.leader.dispatcher.trace(world.host.nodeId)?.isOpen, true);
});

test("a new role and new networks reach a worker as they change", async () => {
  await using world = await SessionWorld.create();
  const { length } = world.host.views;
  await world.store.update("promote", (tx) => {
    const node = tx.get("node", world.host.nodeId) ?? raise();
    tx.update("node", { ...node, spec: { ...node.spec, desiredRole: "MANAGER" } });
  });
  await world.clock.until("it is told", () => world.host.views.at(-1)?.node?.spec?.desiredRole === "MANAGER");
  await world.clock.run(5_000);
  assert.equal(world.host.views.length, length + 1);
});

test("what a kernel refuses is tried again, and acknowledged only then", async () => {
  await using world = await SessionWorld.create();
  await world.clock.run(500);
  world.host.network.failures.push(new Error("no buffer space"), new Error("no buffer space"));
  await world.assign("t1");
  const { dispatcher } = world.leader;
  const isApplied = (): boolean => {
    const revisions = dispatcher.revisions(world.host.nodeId);
    return revisions !== null && revisions.sent > 1 && revisions.applied === revisions.sent;
  };
  await world.clock.run(50);
  assert.equal(isApplied(), false);
  await world.clock.until("it is applied", isApplied, 5_000);
});

test("a worker that cannot store anything goes on and reports", async () => {
  await using world = await SessionWorld.create();
  world.host.database.isFull = true;
  const task = await world.assign("t1");
  await world.untilState(task, "RUNNING");
});

function raise(): never {
  throw new Error("missing");
}

test("a new heartbeat period reaches nodes in session, in both directions, and none is called silent over it", async () => {
  await using world = await SessionWorld.create();
  const { nodeId } = world.host;
  const trace = () => world.leader.dispatcher.trace(nodeId);
  const state = () => world.store.view().get("node", nodeId)?.status.state;
  const seen = new Set<string | undefined>();
  /** The longest time without a word from the node, over so many steps of 100 ms. */
  const longestSilence = async (steps: number): Promise<number> => {
    let longestMs = 0;
    for (let step = 0; step < steps; step++) {
      await world.clock.run(100);
      seen.add(state());
      longestMs = Math.max(longestMs, world.clock.now() - (trace()?.heardAtMs ?? 0));
    }
    return longestMs;
  };
  const ask = (heartbeatPeriodMs: number): Promise<unknown> =>
    world.store.update("heartbeat", (tx) => {
      const cluster = tx.cluster();
      tx.update("cluster", { ...cluster, spec: { ...cluster.spec, heartbeatPeriodMs } });
    });
  assert.ok((await longestSilence(50)) <= 600);
  await ask(5_000);
  const slowMs = await longestSilence(300);
  assert.ok(slowMs > 4_500 && slowMs <= 5_200, `${slowMs} ms`);
  await world.clock.run(3_000);
  await ask(200);
  await longestSilence(5);
  assert.ok((await longestSilence(50)) <= 300);
  // Whenever the leader judges: also between its own change and the moment at which the node hears of it.
  for (let offsetMs = 0; offsetMs < 100; offsetMs += 5) {
    await ask(5_000);
    await world.clock.run(4_000 + offsetMs);
    await ask(200);
    for (let ms = 0; ms < 50; ms++) {
      await world.clock.run(1);
      seen.add(state());
    }
  }
  assert.deepEqual([...seen], ["READY"]);
  const periods = world.host.views.map(({ heartbeatPeriodMs }) => heartbeatPeriodMs);
  assert.deepEqual(periods, [500, ...Array(21).fill([5_000, 200]).flat()], "one session");
});
