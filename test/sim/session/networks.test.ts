/** Tables of users' networks in sessions, and the two phases in which a task ends. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { END_WAIT_MS_MAX } from "../../../manager/dispatcher/held-ends.ts";
import { GOODBYE_WAIT_MS_MAX } from "../../../manager/dispatcher/held-goodbyes.ts";
import { START_WAIT_MS_MAX } from "../../../manager/dispatcher/held-starts.ts";
import type { TaskId } from "../../../shared/ids.ts";
import type { Network, Task } from "../../../shared/objects/types.ts";
import type { NetworkTable } from "../../../shared/rpc/gen/dispatcher.ts";
import { isSameTables, naiveTables } from "../../support/naive-tables.ts";
import { createNetwork, createSubnet, testId } from "../../support/objects.ts";
import { SessionWorld, type SimHost } from "../../support/session-world.ts";

const front = createNetwork("front", { vni: 4097, subnets: [createSubnet("10.1.0.0/24", "10.1.0.1")] });

const on = (network: Network | string, at: number): Pick<Task, "networks"> => {
  const networkId = typeof network === "string" ? testId<Network["id"]>(network) : network.id;
  return { networks: [{ networkId, address: `10.1.0.${at}/24`, address6: "", aliases: [] }] };
};
async function createWorld(hosts: number): Promise<SessionWorld> {
  const world = await SessionWorld.create(1, hosts);
  await world.store.update("network create", (tx) => tx.create("network", front));
  return world;
}
const tableOn = (host: SimHost, name: string): NetworkTable | undefined =>
  host.network.tables.find(({ network }) => network?.spec?.annotations?.name === name);
const stateOn = (host: SimHost, taskId: TaskId, name = "front"): string | undefined =>
  tableOn(host, name)?.endpoints.find((endpoint) => endpoint.taskId === taskId)?.state;
const isStopped = (host: SimHost): boolean => host.executor.calls.some((call) => call.startsWith("stop"));
const host = (world: SessionWorld, at: number): SimHost => {
  const found = world.hosts[at];
  assert.ok(found);
  return found;
};
test("a host has the tables of networks that its tasks are on, and no others", async () => {
  await using world = await createWorld(3);
  const [one, two] = [
    await world.assign("t1", host(world, 0), on(front, 2)),
    await world.assign("t2", host(world, 1), on(front, 3)),
  ];
  await world.untilState(one, "RUNNING");
  await world.untilState(two, "RUNNING");
  await world.clock.until("hosts know both", () =>
    world.hosts.slice(0, 2).every((each) => stateOn(each, two) === "READY"),
  );
  assert.equal(tableOn(host(world, 2), "front"), undefined);
  const before = tableOn(host(world, 0), "ingress");
  await world.want(two, "SHUTDOWN");
  await world.untilState(two, "SHUTDOWN");
  await world.clock.run(200);
  assert.equal(tableOn(host(world, 1), "front"), undefined, "its last task there is over");
  assert.equal(tableOn(host(world, 0), "front")?.hosts.length, 1);
  assert.equal(tableOn(host(world, 0), "ingress"), before, "what did not change is the same object");
});

test("a host that was cut off has the tables as they are now when it returns", async () => {
  await using world = await createWorld(2);
  const task = await world.assign("t1", host(world, 0), on(front, 2));
  await world.assign("t2", host(world, 1), on(front, 3));
  await world.untilState(task, "RUNNING");
  world.transport.cut(host(world, 0).nodeId);
  await world.clock.run(20_000);
  for (let at = 4; at < 40; at++) await world.assign(`t${at}`, host(world, 1), on(front, at));
  await world.clock.run(1_000);
  assert.equal(tableOn(host(world, 0), "front")?.endpoints.length, 2);
  world.transport.heal();
  const isRight = (): boolean =>
    world.hosts.every(({ network, nodeId }) => isSameTables(network.tables, naiveTables(world.store.view(), nodeId)));
  await world.clock.until("tables are right", isRight, 5_000);
});

/** Two hosts with a task each on a network; from now on the second takes its time to route by a new table. */
async function withSlowNeighbour(): Promise<{ readonly world: SessionWorld; readonly task: TaskId }> {
  const world = await createWorld(2);
  const task = await world.assign("t1", host(world, 0), on(front, 2));
  await world.untilState(await world.assign("t2", host(world, 1), on(front, 3)), "RUNNING");
  await world.untilState(task, "RUNNING");
  await world.clock.run(500);
  host(world, 1).network.applyMs = 700;
  return { world, task };
}

test("a task that should end hears of it only when all hosts of its network have it draining", async () => {
  const { world, task } = await withSlowNeighbour();
  await using _ = world;
  await world.want(task, "SHUTDOWN");
  await world.clock.run(600);
  assert.equal(isStopped(host(world, 0)), false);
  assert.equal(stateOn(host(world, 0), task), "DRAINING");
  await world.clock.until("it is stopped", () => isStopped(host(world, 0)), 400);
  assert.equal(stateOn(host(world, 1), task), "DRAINING");
});

test("a new backend is ready on all hosts before the one it replaces is stopped", async () => {
  await using world = await createWorld(2);
  const old = await world.assign("t1", host(world, 0), on("ingress", 2));
  await world.untilState(old, "RUNNING");
  await world.clock.run(500);
  host(world, 1).network.applyMs = 700;
  const fresh = await world.assign("t2", host(world, 0), on("ingress", 3));
  await world.untilState(fresh, "RUNNING");
  await world.want(old, "SHUTDOWN");
  await world.clock.until("it is stopped", () => isStopped(host(world, 0)), END_WAIT_MS_MAX + 100);
  assert.equal(stateOn(host(world, 1), fresh, "ingress"), "READY");
});

test("a host that takes no table over holds up an end for a bounded time", async () => {
  await using world = await createWorld(2);
  const task = await world.assign("t1", host(world, 0), on("ingress", 2));
  await world.untilState(task, "RUNNING");
  await world.clock.run(500);
  host(world, 1).network.applyMs = 5_000;
  await world.want(task, "SHUTDOWN");
  const tookMs = await world.untilState(task, "SHUTDOWN");
  assert.ok(tookMs >= END_WAIT_MS_MAX && tookMs < END_WAIT_MS_MAX + 200, `${tookMs} ms`);
});

test("a host without a session does not hold up an end, nor one whose session ends meanwhile", async () => {
  await using world = await createWorld(2);
  const [one, two] = [
    await world.assign("t1", host(world, 0), on("ingress", 2)),
    await world.assign("t2", host(world, 0), on("ingress", 3)),
  ];
  await world.untilState(one, "RUNNING");
  await world.untilState(two, "RUNNING");
  await world.clock.run(500);
  host(world, 1).network.applyMs = 5_000;
  await world.want(one, "SHUTDOWN");
  await world.clock.run(100);
  world.transport.reset(host(world, 1).nodeId);
  world.transport.cut(host(world, 1).nodeId);
  assert.ok((await world.untilState(one, "SHUTDOWN")) < 100);
  await world.want(two, "SHUTDOWN");
  assert.ok((await world.untilState(two, "SHUTDOWN")) < 100);
});

test("a task without networks, or that got no traffic yet, ends at once", async () => {
  await using world = await createWorld(2);
  const alone = await world.assign("t1");
  const pending = await world.assign("t2", world.host, { ...on("ingress", 2), desiredState: "READY" });
  await world.untilState(alone, "RUNNING");
  await world.untilState(pending, "READY");
  await world.clock.run(500);
  host(world, 1).network.applyMs = 5_000;
  await world.want(alone, "SHUTDOWN");
  await world.want(pending, "SHUTDOWN");
  assert.ok((await world.untilState(alone, "SHUTDOWN")) < 100);
  assert.ok((await world.untilState(pending, "SHUTDOWN")) < 100);
});

test("a new leader lets hosts acknowledge as well before a task hears that it should end", async () => {
  await using world = await createWorld(2);
  const task = await world.assign("t1", host(world, 0), on("ingress", 2));
  await world.untilState(task, "RUNNING");
  await world.clock.run(500);
  host(world, 1).network.applyMs = 900;
  await world.lead(null);
  await world.want(task, "SHUTDOWN");
  await world.lead(1);
  await world.clock.until("it is stopped", () => isStopped(host(world, 0)), 10_000);
  assert.equal(stateOn(host(world, 1), task, "ingress"), "DRAINING");
});

/** Two hosts with a task each on a network, and one that runs on the first host without it. */
async function withPlainTask(): Promise<{
  readonly world: SessionWorld;
  readonly task: TaskId;
  join(): Promise<void>;
}> {
  const world = await createWorld(2);
  await world.untilState(await world.assign("t2", host(world, 1), on(front, 3)), "RUNNING");
  const task = await world.assign("t1", host(world, 0), { networks: [] });
  await world.untilState(task, "RUNNING");
  await world.clock.run(500);
  const join = async (): Promise<void> =>
    void (await world.store.update("service update", (tx) => {
      const now = tx.get("task", task);
      assert.ok(now);
      tx.update("task", { ...now, ...on(front, 2) });
    }));
  return { world, task, join };
}

test("a task that comes to a network while it runs is ready there once its own host has made its link", async () => {
  const { world, task, join } = await withPlainTask();
  await using _ = world;
  host(world, 0).executor.reconnectMs = 700;
  await join();
  await world.clock.run(600);
  assert.equal(stateOn(host(world, 1), task), "PENDING");
  await world.clock.until("it is ready", () => stateOn(host(world, 1), task) === "READY", 300);
});

test("a host that does not bring a task onto its network holds that up for a bounded time, and nobody else", async () => {
  const { world, task, join } = await withPlainTask();
  await using _ = world;
  host(world, 0).executor.reconnectMs = 10_000;
  await join();
  await world.clock.run(START_WAIT_MS_MAX - 100);
  assert.equal(stateOn(host(world, 1), task), "PENDING");
  await world.clock.until("it is taken for ready", () => stateOn(host(world, 1), task) === "READY", 300);
  // The host ends only after that.
  await world.clock.run(10_000);
});

test("a task that cannot be brought onto its network does not keep its host from acknowledging", async () => {
  const { world, task, join } = await withPlainTask();
  await using _ = world;
  host(world, 0).executor.reconnectFailures.push(...Array.from({ length: 50 }, () => new Error("no link")));
  await join();
  await world.clock.until("it is taken for ready", () => stateOn(host(world, 1), task) === "READY", 500);
});

test("a host that leaves stops nothing before the others send nothing new there", async () => {
  const { world, task } = await withSlowNeighbour();
  await using _ = world;
  const said: string[] = [];
  const left = host(world, 0).agent?.leave(async () => {
    said.push(isStopped(host(world, 0)) ? "after its tasks" : "before its tasks");
  });
  await world.clock.until("it is down", () => host(world, 0).state() === "DOWN");
  await world.want(task, "SHUTDOWN");
  await world.clock.run(600);
  assert.equal(isStopped(host(world, 0)), false);
  await world.clock.until("it is stopped", () => isStopped(host(world, 0)), 400);
  assert.notEqual(stateOn(host(world, 1), task), "READY");
  await world.clock.run(2_000);
  await left;
  assert.deepEqual(said, ["after its tasks"]);
});

test("a host that is removed hears of it when the others send nothing there, and soon in any case", async () => {
  for (const [applyMs, waitMs] of [
    [700, 700],
    [5_000, GOODBYE_WAIT_MS_MAX],
  ] as const) {
    await using world = await createWorld(2);
    const [leaving, other] = [host(world, 0), host(world, 1)];
    const task = await world.assign("t1", leaving, on(front, 2));
    await world.untilState(await world.assign("t2", other, on(front, 3)), "RUNNING");
    await world.untilState(task, "RUNNING");
    await world.clock.run(500);
    other.network.applyMs = applyMs;
    await world.store.update("remove", (tx) => tx.remove("node", leaving.nodeId));
    await world.clock.run(waitMs - 100);
    assert.equal(leaving.isRemoved, false);
    await world.clock.until("it is told", () => leaving.isRemoved, 400);
  }
});
