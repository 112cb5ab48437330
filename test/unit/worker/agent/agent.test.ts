import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../../../../shared/log.ts";
import { SessionWorld } from "../../../support/session-world.ts";

test("a host that cannot take its network down has left all the same, and its database is free for the next swarm", async () => {
  await using world = await SessionWorld.create();
  const { host } = world;
  host.network.teardown = () => Promise.reject(new Error("nft: too many open files"));
  const left = assert.rejects(host.agent?.leave() ?? Promise.resolve(), /nft/);
  await world.clock.run(5_000);
  await left;
  assert.equal(host.database.isOpen, false);
  assert.equal(host.database.nodeId, null);
});

test("a host that the leader refuses for hours is a warning at each doubling, on both ends", async () => {
  const told: string[] = [];
  const log = { ...silentLogger, warn: (line: string) => void told.push(line), child: () => log };
  await using world = await SessionWorld.create(1, 2, log);
  const [host, other] = world.hosts;
  assert.ok(host !== undefined && other !== undefined);
  await host.kill();
  Object.defineProperty(host, "address", { value: other.address });
  await host.start();
  await world.clock.run(3_600_000);
  for (const line of ["node refused", "session over"]) {
    const times = told.filter((one) => one === line).length;
    assert.ok(times >= 2 && times <= 14, `${times} times ${line}`);
  }
});

test("one stored task that cannot be understood is named and stops nothing: it is as the leader says, and so are the others", async () => {
  const warned: object[] = [];
  const log = {
    ...silentLogger,
    warn: (line: string, fields: object = {}) => void warned.push({ line, ...fields }),
    child: () => log,
  };
  await using world = await SessionWorld.create(1, 1, log);
  const { host, clock } = world;
  const [kept, dropped, other] = [await world.assign("t1"), await world.assign("t2"), await world.assign("t3")];
  for (const taskId of [kept, dropped, other]) await world.untilState(taskId, "RUNNING");
  await host.kill();
  await world.store.update("reap", (tx) => tx.remove("task", dropped));
  for (const taskId of [kept, dropped]) host.database.damaged.add(`task/${taskId}`);
  warned.length = 0;
  host.executor.calls.length = 0;
  await host.start();
  await clock.until("the orphan is swept", () => !host.executor.containers.has(dropped));
  await clock.run(5_000);
  assert.deepEqual(host.executor.running().toSorted(), [kept, other].toSorted());
  assert.deepEqual(
    host.executor.calls.filter((call) => !/^(inspect|wait) /.test(call)),
    ["remove t2"],
  );
  assert.equal(world.task(kept)?.status.state, "RUNNING");
  assert.deepEqual([...host.database.tasks.keys()].toSorted(), [kept, other].toSorted());
  assert.deepEqual(warned.map((fields) => (fields as { record?: string }).record).filter(Boolean), [
    `task/${kept}`,
    `task/${dropped}`,
  ]);
});
