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
