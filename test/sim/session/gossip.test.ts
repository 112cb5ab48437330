import assert from "node:assert/strict";
import { test } from "node:test";
import type { NetworkId, NodeId } from "../../../shared/ids.ts";
import { testId } from "../../support/objects.ts";
import { SessionWorld, type SimHost } from "../../support/session-world.ts";

test("what gossip says on each host reaches the leader, the next one too, and again when it changes", async () => {
  await using world = await SessionWorld.create(1, 2);
  const x = testId<NodeId>("x");
  const [n1, n2] = world.hosts.map(({ nodeId }) => nodeId);
  const reports = (): unknown =>
    world.leader.dispatcher.gossipReports().map(({ nodeId, gone }) => [nodeId, Object.fromEntries(gone)]);
  assert.deepEqual(reports(), [], "hosts that do not gossip report nothing");
  world.host.membership.see([]);
  await world.clock.run(50);
  assert.deepEqual(reports(), [[n1, {}]]);
  world.host.membership.see([{ nodeId: x, unanswered: false }]);
  await world.clock.run(50);
  assert.deepEqual(reports(), [[n1, { [x]: false }]]);
  await world.lead(1);
  await world.clock.until("both are in session", () => (reports() as unknown[]).length === 1);
  world.hosts[1]?.membership.see([{ nodeId: x, unanswered: true }]);
  await world.clock.until("both have reported", () => (reports() as unknown[]).length === 2);
  assert.deepEqual(Object.fromEntries(reports() as [string, object][]), {
    [n1 ?? ""]: { [x]: false },
    [n2 ?? ""]: { [x]: true },
  });
});

test("with gossip a silent host is down as soon as several see it gone, not when the leader alone does", async () => {
  await using world = await SessionWorld.create(1, 3);
  const [first, second, victim] = world.hosts as [SimHost, SimHost, SimHost];
  const alive = { state: "alive", forMs: 0, isUnanswered: false } as const;
  for (const { nodeId } of world.hosts) world.sights.set(nodeId, alive);
  for (const host of world.hosts) host.membership.see([]);
  await world.clock.run(50);
  world.transport.cut(victim.nodeId);
  world.poweredOff.add(victim.address);
  await world.clock.run(5_000);
  assert.equal(victim.state(), "DISCONNECTED", "gossip has it alive");
  world.sights.set(victim.nodeId, { state: "dead", forMs: 100, isUnanswered: true });
  await world.clock.run(5_000);
  assert.equal(victim.state(), "DISCONNECTED", "only the leader's host has it dead");
  for (const host of [first, second]) host.membership.see([{ nodeId: victim.nodeId, unanswered: true }]);
  const tookMs = await world.clock.until("it is down", () => victim.state() === "DOWN");
  assert.ok(tookMs <= 200, `${tookMs} ms`);
  const message = world.store.view().get("node", victim.nodeId)?.status.message ?? "";
  assert.match(message, /^gossip dead for .* seen by 3 of 3; its host does not answer$/);
});

test("the grace of a killed daemon goes on under a new leader", async () => {
  await using world = await SessionWorld.create(1, 3);
  const [first, second, victim] = world.hosts as [SimHost, SimHost, SimHost];
  for (const { nodeId } of world.hosts) world.sights.set(nodeId, { state: "alive", forMs: 0, isUnanswered: false });
  const lost = [{ nodeId: victim.nodeId, unanswered: false }];
  for (const host of [first, second]) host.membership.see(lost);
  await victim.kill();
  const killedMs = world.clock.now();
  const see = (): void => {
    world.sights.set(victim.nodeId, { state: "dead", forMs: world.clock.now() - killedMs, isUnanswered: false });
  };
  for (let seconds = 0; seconds < 20; seconds++) {
    see();
    await world.clock.run(1_000);
  }
  assert.equal(victim.state(), "DISCONNECTED");
  await world.lead(1);
  await world.clock.until("it is down", () => {
    see();
    return victim.state() === "DOWN";
  });
  const tookMs = world.clock.now() - killedMs;
  assert.ok(tookMs >= 29_500 && tookMs < 33_000, `${tookMs} ms`);
});

test("endpoints of hosts that are gone leave the kernel, also without managers and after a restart, and return", async () => {
  await using world = await SessionWorld.create(1, 2);
  const [here, there] = world.hosts as [SimHost, SimHost];
  const addressOf = (part: number) => [
    { networkId: testId<NetworkId>("ingress"), address: `10.0.0.${part}/20`, address6: "", aliases: [] },
  ];
  await world.store.update("addresses", (tx) => {
    for (const [at, { nodeId }] of world.hosts.entries()) {
      const node = tx.get("node", nodeId);
      if (node !== undefined) tx.update("node", { ...node, attachments: addressOf(at + 2) });
    }
  });
  const tasks = [
    await world.assign("t1", here, { networks: addressOf(10) }),
    await world.assign("t2", there, { networks: addressOf(11) }),
  ];
  for (const task of tasks) await world.untilState(task, "RUNNING");
  const inKernel = (): string =>
    here.network.tables.flatMap(({ endpoints }) => endpoints.map(({ taskId }) => taskId[1])).join();
  await world.clock.until("both are in the kernel", () => inKernel() === "1,2");

  here.membership.see([{ nodeId: there.nodeId, unanswered: false }]);
  await world.clock.run(100);
  assert.equal(inKernel(), "1,2", "a daemon that is dead, or a suspect, loses no traffic");
  here.membership.see([{ nodeId: there.nodeId, unanswered: true }]);
  await world.clock.run(3_000);
  assert.equal(inKernel(), "1,2", "nor does one that the leader hears, whatever keeps gossip from it");
  world.transport.cut(there.nodeId);
  await world.clock.until("the gone one's is out", () => inKernel() === "1", 2_000);
  assert.equal(there.state(), "DISCONNECTED");
  assert.deepEqual(
    world.leader.dispatcher.revisions(here.nodeId)?.applied,
    world.leader.dispatcher.revisions(here.nodeId)?.sent,
  );
  world.transport.heal();
  await world.clock.until("it is back", () => inKernel() === "1,2", 5_000);
  await world.clock.run(1_000);

  await world.lead(null);
  await world.clock.until("out, without a manager to hear it", () => inKernel() === "1", 100);
  here.membership.see([]);
  await world.clock.until("back without one", () => inKernel() === "1,2", 100);
  here.membership.see([{ nodeId: there.nodeId, unanswered: true }]);
  await world.clock.until("and out", () => inKernel() === "1", 100);
  await here.kill();
  here.network.tables = [];
  await here.start();
  await world.clock.until("still out after a restart", () => inKernel() === "1", 1_000);
  here.membership.see([]);
  await world.clock.until("back, for what is stored is whole", () => inKernel() === "1,2", 100);
});

test("a host whose worker does not gossip, an old one, is judged without gossip whatever that says of its earlier life", async () => {
  await using world = await SessionWorld.create(1, 3);
  const [first, second, old] = world.hosts as [SimHost, SimHost, SimHost];
  for (const host of [first, second]) host.membership.see([{ nodeId: old.nodeId, unanswered: true }]);
  for (const { nodeId } of [first, second]) world.sights.set(nodeId, { state: "alive", forMs: 0, isUnanswered: false });
  world.sights.set(old.nodeId, { state: "dead", forMs: 3_600_000, isUnanswered: true });
  await world.clock.run(5_000);
  assert.equal(old.state(), "READY");
  old.membership.see([]);
  await world.clock.until("it gossips, and is not heard", () => old.state() === "DISCONNECTED", 1_000);
});

test("a host that was cut off tries the managers as soon as it sees others again", async () => {
  await using world = await SessionWorld.create(1, 1);
  const { host } = world;
  const other = testId<NodeId>("x");
  world.sights.set(host.nodeId, { state: "alive", forMs: 0, isUnanswered: false });
  for (let time = 0; time < 5; time++) {
    host.membership.see([]);
    world.transport.cut(host.nodeId);
    await world.clock.run(5_000);
    host.membership.see([{ nodeId: other, unanswered: true }]);
    await world.clock.run(20_000 + 333 * time);
    assert.notEqual(host.state(), "READY");
    world.transport.heal();
    host.membership.see([]);
    const tookMs = await world.clock.until("it is in session", () => host.state() === "READY");
    assert.ok(tookMs <= 200, `${tookMs} ms`);
  }
});
