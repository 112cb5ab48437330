import assert from "node:assert/strict";
import { test } from "node:test";
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
