import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { batch } from "../../../../manager/store/batch.ts";
import { STORE_ACTIONS_FULL } from "../../../../manager/store/limits.ts";
import { requireVersion, updateExpecting } from "../../../../manager/store/version-check.ts";
import { SwarmError } from "../../../../shared/errors.ts";
import { systemClock } from "../../../../shared/ports/system-clock.ts";
import { createMemoryStore } from "../../../support/memory-store.ts";
import { createNode, createService } from "../../../support/objects.ts";

const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

describe("batch", () => {
  it("splits many items into transactions below the limits, in order", async () => {
    const store = createMemoryStore();
    await batch(store, "fill", numbers(1000), (tx, number) => tx.create("node", createNode(`n${number}`)));
    assert.equal(store.view().all("node").length, 1000);
    assert.equal(store.raft.log.length, Math.ceil(1000 / STORE_ACTIONS_FULL));
  });

  it("splits by bytes, too", async () => {
    const store = createMemoryStore();
    const labels = { text: "x".repeat(200_000) };
    await batch(store, "fill", numbers(10), (tx, number) => tx.create("node", createNode(`n${number}`, { labels })));
    assert.equal(store.view().all("node").length, 10);
    assert.equal(store.raft.log.length, 3);
  });

  it("of nothing does nothing", async () => {
    const store = createMemoryStore();
    await batch(store, "nothing", [], () => assert.fail("called"));
    assert.equal(store.raft.log.length, 0);
  });

  it("keeps at most four transactions in flight", async () => {
    const store = createMemoryStore(systemClock, { autoCommit: false });
    const done = batch(store, "fill", numbers(1500), (tx, number) => tx.create("node", createNode(`n${number}`)));
    let most = 0;
    for (let turn = 0; turn < 100 && store.view().all("node").length < 1500; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, store.raft.inFlight);
      store.raft.commit(1);
    }
    await done;
    assert.equal(most, 4);
  });

  it("stops at a failing item, and what went before stays", async () => {
    const store = createMemoryStore();
    const failing = batch(store, "fill", numbers(400), (tx, number) => {
      if (number === 200) throw new SwarmError("failedPrecondition", "no");
      tx.create("node", createNode(`n${number}`));
    });
    await assert.rejects(failing, { code: "failedPrecondition" });
    assert.equal(store.view().all("node").length, Math.floor(200 / STORE_ACTIONS_FULL) * STORE_ACTIONS_FULL);
  });

  it("ends when leadership is lost", async () => {
    const store = createMemoryStore(systemClock, { autoCommit: false });
    const done = batch(store, "fill", numbers(2000), (tx, number) => tx.create("node", createNode(`n${number}`)));
    const outcome = assert.rejects(done, SwarmError);
    await new Promise((resolve) => setImmediate(resolve));
    store.raft.loseLeadership();
    await outcome;
    assert.equal(store.raft.inFlight, 0);
  });
});

describe("updateExpecting", () => {
  const n1 = createNode("n1");

  it("wants the version that is committed, or none", async () => {
    const store = createMemoryStore();
    await store.update("create", (tx) => tx.create("node", n1));
    const touch = (version: number) =>
      updateExpecting(store, "touch", { kind: "node", id: n1.id, version }, (tx, node) => tx.update("node", node));
    await touch(1);
    await assert.rejects(touch(1), { code: "aborted", message: /^update out of sequence: node n1/ });
    await touch(0);
    await touch(3);
    await assert.rejects(
      updateExpecting(store, "touch", { kind: "node", id: "nope", version: 0 }, () => {}),
      { code: "notFound" },
    );
  });

  it("takes for a service any version since its spec last changed", async () => {
    const store = createMemoryStore();
    const web = createService("web");
    await store.update("create", (tx) => tx.create("service", web));
    await store.update("other", (tx) => tx.create("node", n1));
    await store.update("spec", (tx) => tx.update("service", { ...web, generation: 2 }));
    // What a writer puts into the store's own field does not count.
    await store.update("status", (tx) => tx.update("service", { ...web, generation: 2, specVersion: 1 }));
    const look = (version: number) =>
      updateExpecting(store, "look", { kind: "service", id: web.id, version }, (_tx, service) => service.meta.version);
    await assert.rejects(look(1), { code: "aborted" });
    assert.equal(await look(3), 4);
    assert.equal(await look(4), 4);
    await assert.rejects(look(5), { code: "aborted" });
  });

  it("takes only the present version of a service whose spec an earlier release wrote", () => {
    // That release numbered specs by versions and kept no other record of them.
    const web = createService("web");
    const old = { ...web, meta: { ...web.meta, version: 60 }, generation: 57, specVersion: 0 };
    requireVersion("service", old, 60);
    for (const version of [58, 59, 61]) {
      assert.throws(() => requireVersion("service", old, version), { code: "aborted" }, `${version}`);
    }
  });

  it("gives up when an object never rests", async () => {
    const store = createMemoryStore();
    await store.update("create", (tx) => tx.create("node", n1));
    // Each commit starts the next write, so that one is always in flight.
    using _busy = store.subscribe(() => {
      if (store.raft.log.length < 100) store.update("touch", (tx) => tx.update("node", n1)).catch(() => {});
    });
    void store.update("touch", (tx) => tx.update("node", n1));
    await assert.rejects(
      updateExpecting(store, "look", { kind: "node", id: n1.id, version: 1 }, () => {}),
      { code: "aborted" },
    );
  });
});
