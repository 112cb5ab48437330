import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { createLiveness } from "../../../../manager/liveness/liveness.ts";
import { ORPHAN_AFTER_MS } from "../../../../manager/liveness/orphans.ts";
import type { ReadView } from "../../../../manager/store/store-types.ts";
import { tcpProber } from "../../../../shared/host-probe/ports/tcp-prober.ts";
import type { Prober } from "../../../../shared/host-probe/prober.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { sleep } from "../../../../shared/ports/clock.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { Scope } from "../../../../shared/scope.ts";
import { createMemoryStore } from "../../../support/memory-store.ts";
import { createCluster, createNode, createService, createTask } from "../../../support/objects.ts";
import { poisonedStore } from "../../../support/poisoned-store.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

type Answer = Awaited<ReturnType<Prober["probe"]>>;

/** A leader that watches one node n1, heard last at the start. */
async function watch(answer: Answer, part: { readonly isOpen?: boolean; readonly hasSession?: boolean } = {}) {
  const clock = new VirtualClock();
  const store = createMemoryStore(clock);
  const node = createNode("n1");
  await store.update("begin", (tx) => {
    tx.create("cluster", createCluster());
    tx.create("node", node);
  });
  const world = {
    answer,
    trace: { isOpen: part.isOpen ?? true, gossips: false, heardAtMs: 0 },
    hasSession: part.hasSession ?? true,
  };
  const prober: Prober = {
    async probe(_host, _port, timeoutMs) {
      if (world.answer === "noAnswer") await sleep(clock, timeoutMs, "probe");
      return world.answer;
    },
  };
  const trace = (): typeof world.trace | null => (world.hasSession ? world.trace : null);
  const scope = new Scope(silentLogger);
  createLiveness({ store, clock, random: seededRandom(1), log: silentLogger, prober, trace, gossip: null }).lead(scope);
  const state = (): string => store.view().get("node", node.id)?.status.state ?? "removed";
  return { clock, store, world, scope, state, node, [Symbol.asyncDispose]: () => scope.end() };
}

test("a powered-off host is down within 2.5 s of its last word", async () => {
  await using world = await watch("noAnswer");
  const tookMs = await world.clock.until("it is down", () => world.state() === "DOWN");
  assert.ok(tookMs > 1_500 && tookMs <= 2_500, `${tookMs} ms`);
});

test("a killed daemon is disconnected, and down only after the grace", async () => {
  await using world = await watch("refused", { isOpen: false });
  await world.clock.run(1_700);
  assert.equal(world.state(), "DISCONNECTED");
  await world.clock.run(28_000);
  assert.equal(world.state(), "DISCONNECTED");
  await world.clock.until("it is down", () => world.state() === "DOWN", 1_000);
  assert.match(world.store.view().get("node", world.node.id)?.status.message ?? "", /daemon is gone/);
});

test("a node that speaks again is ready, and its old silence forgotten", async () => {
  await using world = await watch("refused");
  await world.clock.run(2_000);
  assert.equal(world.state(), "DISCONNECTED");
  world.world.trace.heardAtMs = world.clock.now();
  await world.clock.run(200);
  assert.equal(world.state(), "READY");
});

test("a node that has not heard of a faster heartbeat yet is not silent by it", async () => {
  await using world = await watch("refused");
  const ask = (heartbeatPeriodMs: number): Promise<unknown> =>
    world.store.update("heartbeat", (tx) => {
      const cluster = tx.cluster();
      tx.update("cluster", { ...cluster, spec: { ...cluster.spec, heartbeatPeriodMs } });
    });
  await ask(5_000);
  await world.clock.run(4_900);
  assert.equal(world.state(), "READY");
  await ask(500);
  await world.clock.run(1_400);
  assert.equal(world.state(), "READY");
  await world.clock.run(300);
  assert.equal(world.state(), "DISCONNECTED");
});

test("a cable that is out for 1.7 s moves nothing, though probes begun meanwhile stay without an answer", async () => {
  for (let outMs = 800; outMs <= 1_700; outMs += 50) {
    await using world = await watch("noAnswer");
    await world.clock.run(outMs);
    world.world.answer = "refused";
    // The session's own packets come later still: TCP doubles its pauses.
    await world.clock.run(2_000);
    assert.equal(world.state(), "DISCONNECTED", `${outMs} ms`);
    world.world.trace.heardAtMs = world.clock.now();
    await world.clock.run(200);
    assert.equal(world.state(), "READY");
  }
});

test("an unanswered probe before an answered one does not count", async () => {
  await using world = await watch("noAnswer");
  await world.clock.run(1_100);
  world.world.answer = "refused";
  await world.clock.run(5_000);
  assert.equal(world.state(), "DISCONNECTED");
});

test("a new leader sees at once that a host is gone, and waits for one that lives", async () => {
  await using gone = await watch("noAnswer", { hasSession: false });
  await gone.clock.run(1_700);
  assert.equal(gone.state(), "DOWN");
  await using alive = await watch("accepted", { hasSession: false });
  await alive.clock.run(2_300);
  assert.equal(alive.state(), "READY");
  await alive.clock.run(500);
  assert.equal(alive.state(), "DISCONNECTED");
});

test("a leader that was itself stopped does not blame the nodes", async () => {
  await using world = await watch("noAnswer");
  await world.clock.run(300);
  world.world.trace.heardAtMs = world.clock.now();
  world.clock.stall(20_000);
  await world.clock.run(1_000);
  assert.equal(world.state(), "READY");
});

test("a leader that cannot try to connect judges by the silence alone", async () => {
  await using world = await watch("notTried");
  await world.clock.run(20_000);
  assert.equal(world.state(), "DISCONNECTED");
});

test("tasks of a node that was removed, or is down for a day, are orphaned", async () => {
  await using world = await watch("noAnswer");
  const service = createService("web");
  const nodeId = world.node.id;
  await world.store.update("tasks", (tx) => {
    tx.create("service", service);
    tx.create("task", createTask("t1", service, { nodeId }));
    tx.create("task", createTask("t2", service, { nodeId: "gone".padEnd(25, "z") as NodeId }));
    tx.create("task", createTask("t3", service, { nodeId, state: "FAILED" }));
    tx.create("task", createTask("t4", service, { nodeId: "gone".padEnd(25, "z") as NodeId, state: "PENDING" }));
  });
  const states = (): string =>
    world.store
      .view()
      .all("task")
      .map((task) => task.status.state)
      .join(" ");
  await world.clock.run(3_000);
  assert.equal(states(), "RUNNING ORPHANED FAILED PENDING");
  world.clock.stall(ORPHAN_AFTER_MS);
  await world.clock.run(2_000);
  assert.equal(states(), "ORPHANED ORPHANED FAILED PENDING");
});

test("tasks are orphaned when their node is removed, whoever saw it go", async () => {
  await using world = await watch("accepted");
  const service = createService("web");
  await world.store.update("task", (tx) => tx.create("task", createTask("t1", service, { nodeId: world.node.id })));
  const state = (): string | undefined => world.store.view().all("task")[0]?.status.state;
  await world.clock.run(3_000);
  assert.equal(state(), "RUNNING");
  await world.store.update("remove", (tx) => tx.remove("node", world.node.id));
  await world.clock.run(2_000);
  assert.equal(state(), "ORPHANED");
});

test("tells a listening port from a closed one", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    assert.equal(await tcpProber.probe("127.0.0.1", port, 1_000), "accepted");
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
  assert.equal(await tcpProber.probe("127.0.0.1", port, 1_000), "refused");
});

test("a node over which liveness fails does not keep it from the others, nor from orphans", async () => {
  const clock = new VirtualClock();
  const store = createMemoryStore(clock);
  const gone = createNode("gone", { state: "DOWN" });
  const [ill, lost] = [createNode("a1"), createNode("b1")];
  const old = createTask("t1", createService("web"), { nodeId: gone.id });
  await store.update("begin", (tx) => {
    tx.create("cluster", createCluster());
    for (const node of [ill, lost]) tx.create("node", node);
    tx.create("task", old);
  });
  const scope = new Scope(silentLogger);
  const prober: Prober = { probe: () => Promise.resolve("noAnswer") };
  const seen = poisonedStore(store, () => false);
  const view = (): ReadView => {
    const real = seen.view();
    const all: ReadView["all"] = (kind) =>
      real.all(kind).map((object) => {
        if (object.id !== ill.id) return object;
        return {
          ...object,
          get status(): never {
            throw new TypeError("bug");
          },
        };
      });
    return { ...real, all, cluster: () => real.cluster() };
  };
  createLiveness({
    store: { ...seen, view },
    clock,
    random: seededRandom(1),
    log: silentLogger,
    prober,
    trace: () => null,
    gossip: null,
  }).lead(scope);
  await clock.until("the other is down", () => store.view().get("node", lost.id)?.status.state === "DOWN");
  await clock.until("the orphan is one", () => store.view().get("task", old.id)?.status.state === "ORPHANED");
  assert.equal(store.view().get("node", ill.id)?.status.state, "READY");
  assert.equal(scope.failure, null);
  await scope.end();
});
