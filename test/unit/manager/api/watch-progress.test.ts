import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PROGRESS_EVERY_MS, watchServiceProgress } from "../../../../manager/api/watch-progress.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import type { ServiceProgress } from "../../../../shared/rpc/gen/control.ts";
import { createMemoryStore } from "../../../support/memory-store.ts";
import * as make from "../../../support/objects.ts";
import { poisonedStore } from "../../../support/poisoned-store.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const web = make.createService("web", { replicas: 1 });
const db = make.createService("db", { replicas: 1 });

async function createWorld() {
  const clock = new VirtualClock();
  const store = createMemoryStore(clock);
  await store.update("fill", (tx) => {
    tx.create("cluster", make.createCluster());
    tx.create("node", make.createNode("n1"));
    tx.create("service", web);
    tx.create("service", db);
  });
  const raft = store.raft;
  const abort = new AbortController();
  const told: ServiceProgress[] = [];
  const state = { blocked: null as Promise<void> | null, passes: 0, passMs: 0, isIll: false };
  const poisoned = poisonedStore(store, (kind, { id }) => state.isIll && kind === "service" && id === web.id);
  const watched = {
    view: () => {
      state.passes++;
      clock.stall(state.passMs);
      return poisoned.view();
    },
    subscribe: store.subscribe.bind(store),
    update: store.update.bind(store),
  };
  const watching = watchServiceProgress(
    { store: watched, raft, clock, log: silentLogger, random: seededRandom(1) },
    { serviceId: web.id },
    abort.signal,
    async (progress) => {
      told.push(progress);
      await state.blocked;
    },
  );
  watching.catch(() => {});
  await clock.run(0);
  return {
    store,
    clock,
    told,
    state,
    watching,
    abort,
    states: () => told.map(({ slots }) => slots[0]?.state),
    async report(id: string, taskState: "NEW" | "PREPARING" | "RUNNING", of = web) {
      const task = make.createTask(id, of, { state: taskState, nodeId: make.testId<NodeId>("n1") });
      await store.update("report", (tx) => {
        if (tx.get("task", task.id) === undefined) tx.create("task", task);
        else tx.update("task", task);
      });
    },
  };
}

describe("the progress of a service", () => {
  it("is told at once, and then as it changes", async () => {
    const { told, states, report, clock, abort, watching } = await createWorld();
    assert.deepEqual(states(), ["NEW"]);
    await report("t1", "PREPARING");
    await clock.run(PROGRESS_EVERY_MS);
    await clock.run(10 * PROGRESS_EVERY_MS);
    await report("t1", "RUNNING");
    await clock.run(0);
    assert.deepEqual(states(), ["NEW", "PREPARING", "RUNNING"], "after a rest a change is told at once");
    assert.ok((told[2]?.version ?? 0) > (told[1]?.version ?? 0));
    abort.abort();
    await watching;
  });

  it("is looked at once for many changes, and not for those of others", async () => {
    const { state, states, report, clock, store } = await createWorld();
    await clock.run(PROGRESS_EVERY_MS);
    const before = state.passes;
    for (let at = 0; at < 50; at++) await report(`db${at}`, "NEW", db);
    await store.update("heartbeat", (tx) => tx.update("node", make.createNode("n1", { managerStatus: null })));
    await clock.run(10 * PROGRESS_EVERY_MS);
    assert.equal(state.passes, before);
    await report("t1", "NEW");
    await clock.run(0);
    for (const each of ["PREPARING", "RUNNING"] as const) await report("t1", each);
    await clock.run(PROGRESS_EVERY_MS - 1);
    assert.equal(state.passes, before + 1);
    await clock.run(1);
    assert.deepEqual(states(), ["NEW", "RUNNING"], "the same again is not told, nor what was between");
    assert.equal(state.passes, before + 2);
  });

  it("costs the leader no more than a twentieth of its time", async () => {
    const { state, report, clock } = await createWorld();
    await clock.run(PROGRESS_EVERY_MS);
    state.passMs = 50;
    await report("t1", "NEW");
    await clock.run(0);
    const before = state.passes;
    await report("t1", "RUNNING");
    await clock.run(999);
    assert.equal(state.passes, before);
    await clock.run(1);
    assert.equal(state.passes, before + 1);
  });

  it("is told to a slow reader as it is when he is ready", async () => {
    const { state, states, report, clock } = await createWorld();
    const { promise, resolve } = Promise.withResolvers<void>();
    state.blocked = promise;
    for (const each of ["PREPARING", "RUNNING"] as const) {
      await report("t1", each);
      await clock.run(PROGRESS_EVERY_MS);
    }
    assert.deepEqual(states(), ["NEW", "PREPARING"]);
    resolve();
    await clock.run(PROGRESS_EVERY_MS);
    assert.deepEqual(states(), ["NEW", "PREPARING", "RUNNING"]);
  });

  it("of a service that makes our code throw is that it does, until it does not", async () => {
    const { state, told, report, clock } = await createWorld();
    state.isIll = true;
    await report("t1", "NEW");
    await clock.run(PROGRESS_EVERY_MS);
    assert.deepEqual([told[1]?.converged, told[1]?.generation], [false, web.generation]);
    assert.equal(told[1]?.troubles[0]?.loop, "progress");
    assert.match(told[1].troubles[0].sentence, /^internal error: the spec of this service is poisoned/);
    state.isIll = false;
    await report("t1", "RUNNING");
    await clock.run(PROGRESS_EVERY_MS);
    assert.deepEqual([told[2]?.troubles, told[2]?.running], [[], 1]);
  });

  it("ends with the service's removal", async () => {
    const { told, store, clock, watching } = await createWorld();
    await store.update("remove", (tx) => tx.remove("service", web.id));
    await clock.run(PROGRESS_EVERY_MS);
    await watching;
    assert.deepEqual(
      told.map(({ removed }) => removed),
      [false, true],
    );
  });

  it("ends as unavailable when the leadership is lost", async () => {
    const { store, clock, watching } = await createWorld();
    store.raft.loseLeadership();
    await clock.run(PROGRESS_EVERY_MS);
    await assert.rejects(watching, { code: "unavailable", message: /no longer leads/ });
  });
});
