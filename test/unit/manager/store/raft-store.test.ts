import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Commit } from "../../../../manager/store/store-types.ts";
import { SwarmError } from "../../../../shared/errors.ts";
import { InvariantError } from "../../../../shared/invariant.ts";
import type { Service } from "../../../../shared/objects/types.ts";
import { systemClock } from "../../../../shared/ports/system-clock.ts";
import { createMemoryStore, type MemoryStore } from "../../../support/memory-store.ts";
import { createNode, createService, createTask, createTaskStatus } from "../../../support/objects.ts";
import { snapshotBytes } from "../../../support/state-machine.ts";

const onDemand = (): MemoryStore => createMemoryStore(systemClock, { autoCommit: false });
const code = (expected: string) => (error: unknown) => error instanceof SwarmError && error.code === expected;
const web = createService("web", {}, { generation: 0 });

describe("a transaction", () => {
  it("is seen by views once it is committed, with the index of its entry as version", async () => {
    const store = onDemand();
    const done = store.update("create", (tx) => tx.create("service", web));
    assert.equal(store.view().get("service", web.id), undefined);
    store.raft.commit();
    await done;
    assert.equal(store.view().get("service", web.id)?.meta.version, 1);
    assert.equal(store.view().version, 1);
  });

  it("sees what is in flight, with version 0", async () => {
    const store = onDemand();
    const first = store.update("create", (tx) => tx.create("service", web));
    const second = store.update("look", (tx) => tx.get("service", web.id)?.meta.version);
    store.raft.commit();
    await first;
    assert.equal(await second, 0);
    assert.equal(await store.update("look", (tx) => tx.get("service", web.id)?.meta.version), 1);
  });

  it("that wrote nothing resolves only when what it read is committed", async () => {
    const store = onDemand();
    const order: string[] = [];
    const write = store.update("create", (tx) => tx.create("service", web)).then(() => order.push("write"));
    const read = store.update("look", () => {}).then(() => order.push("read"));
    await Promise.resolve();
    assert.deepEqual(order, []);
    store.raft.commit();
    await Promise.all([write, read]);
    assert.deepEqual(order, ["write", "read"]);
  });

  it("leaves no trace when it throws", async () => {
    const store = createMemoryStore();
    await store.update("create", (tx) => tx.create("service", web));
    const failing = store.update("fail", (tx) => {
      tx.update("service", { ...web, generation: 9 });
      tx.create("node", createNode("n1"));
      tx.remove("service", web.id);
      throw new SwarmError("failedPrecondition", "no");
    });
    await assert.rejects(failing, code("failedPrecondition"));
    const seen = await store.update("look", (tx) => [tx.get("service", web.id)?.generation, tx.all("node").length]);
    assert.deepEqual(seen, [0, 0]);
    assert.equal(store.raft.log.length, 1);
  });

  it("may not be kept, nested or asynchronous", async () => {
    const store = createMemoryStore();
    const kept = await store.update("keep", (tx) => tx.isFull === false && { tx });
    assert.throws(() => kept !== false && kept.tx.all("node"), InvariantError);
    let inner: Promise<void> | null = null;
    await store.update("outer", () => {
      inner = store.update("inner", () => {});
      inner.catch(() => {});
    });
    await assert.rejects(inner ?? Promise.resolve(), InvariantError);
    await assert.rejects(
      store.update("async", async () => {}),
      InvariantError,
    );
  });

  it("is refused beyond 200 actions and beyond 1 MiB, and leaves no trace", async () => {
    const store = createMemoryStore();
    const many = store.update("many", (tx) => {
      for (let number = 0; number < 201; number++) tx.create("node", createNode(`n${number}`));
    });
    await assert.rejects(many, code("resourceExhausted"));
    const big = store.update("big", (tx) =>
      tx.create("service", createService("big", { labels: { text: "x".repeat(1_100_000) } })),
    );
    await assert.rejects(big, /at most 1048576 bytes/);
    assert.equal(await store.update("count", (tx) => tx.all("node").length + tx.all("service").length), 0);
  });

  it("sets creation and change times from the leader's clock, whatever the caller gave", async () => {
    let wall = 1000;
    const store = createMemoryStore({ ...systemClock, wallNow: () => wall });
    await store.update("create", (tx) =>
      tx.create("service", { ...web, meta: { version: 99, createdAtMs: 99, updatedAtMs: 99 } }),
    );
    wall = 2000;
    await store.update("update", (tx) => tx.update("service", web));
    assert.deepEqual(store.view().get("service", web.id)?.meta, { version: 2, createdAtMs: 1000, updatedAtMs: 2000 });
  });
});

describe("the rules of a transaction", () => {
  it("refuse a taken name, ignoring case, also when its owner is in flight", async () => {
    const store = onDemand();
    void store.update("first", (tx) => tx.create("service", web));
    const second = store.update("second", (tx) => tx.create("service", createService("other", { name: "WEB" })));
    await assert.rejects(second, code("alreadyExists"));
    store.raft.commit();
    const third = store.update("third", (tx) => {
      tx.remove("service", web.id);
      tx.create("service", createService("other", { name: "WEB" }));
    });
    store.raft.commit();
    await third;
    assert.equal(store.view().byName("service", "Web")?.id, createService("other").id);
  });

  it("refuse to create a taken id and to change or remove what is not there", async () => {
    const store = createMemoryStore();
    await store.update("create", (tx) => tx.create("service", web));
    await assert.rejects(
      store.update("again", (tx) => tx.create("service", { ...web, spec: createService("x").spec })),
      code("alreadyExists"),
    );
    await assert.rejects(
      store.update("missing", (tx) => tx.update("node", createNode("n1"))),
      code("notFound"),
    );
    await assert.rejects(
      store.update("missing", (tx) => tx.remove("node", "nope")),
      code("notFound"),
    );
  });

  for (const [claim, change] of [
    ["an observed state that goes back", { status: createTaskStatus("READY") }],
    ["a desired state that goes back", { desiredState: "READY" }],
    ["a task that moves to another node", { nodeId: createNode("n2").id }],
    ["a task that changes its service", { serviceId: createService("other").id }],
  ] as const) {
    it(`call ${claim} a bug`, async () => {
      const store = createMemoryStore();
      const task = createTask("t1", web, { nodeId: createNode("n1").id });
      await store.update("create", (tx) => tx.create("task", task));
      await assert.rejects(
        store.update("back", (tx) => tx.update("task", { ...task, ...change })),
        InvariantError,
      );
    });
  }
});

describe("a pipeline of transactions", () => {
  it("commits in order, and an object's later write in flight survives the earlier commit", async () => {
    const store = onDemand();
    const versions = Array.from({ length: 5 }, (_, step) =>
      store.update(`step ${step}`, (tx) => {
        const service = tx.get("service", web.id);
        if (service === undefined) tx.create("service", web);
        else tx.update("service", { ...service, generation: service.generation + 1 });
      }),
    );
    store.raft.commit(2);
    assert.equal(store.view().get("service", web.id)?.generation, 1);
    const peek = store.update("peek", (tx) => tx.get("service", web.id)?.generation);
    store.raft.commit();
    await Promise.all(versions);
    assert.equal(await peek, 4);
    assert.equal(store.view().get("service", web.id)?.generation, 4);
  });

  it("holds at most 1000 transactions; more wait for their turn, in order", async () => {
    const store = onDemand();
    await commitAll(store, [store.update("create", (tx) => tx.create("service", web))]);
    const values: number[] = [];
    const updates = Array.from({ length: 1200 }, () =>
      store.update("count", (tx) => {
        const generation = (tx.get("service", web.id)?.generation ?? 0) + 1;
        values.push(generation);
        tx.update("service", { ...web, generation });
      }),
    );
    await settle();
    assert.equal(store.raft.inFlight, 1000);
    await commitAll(store, updates);
    assert.deepEqual(
      values,
      Array.from({ length: 1200 }, (_, at) => at + 1),
    );
  });

  it("is thrown away when leadership is lost, and the working state starts from what did commit", async () => {
    const store = onDemand();
    const first = store.update("first", (tx) => tx.create("service", web));
    const second = store.update("second", (tx) => tx.create("service", createService("api")));
    const reader = store.update("read", (tx) => tx.all("service").length);
    store.raft.loseLeadership(1);
    for (const each of [first, second, reader]) await assert.rejects(each, code("aborted"));
    await assert.rejects(
      store.update("late", () => {}),
      code("unavailable"),
    );
    store.raft.becomeLeader();
    assert.deepEqual(await store.update("look", (tx) => tx.all("service").map(({ id }) => id)), [web.id]);
  });

  it("loses everything computed on top of a dropped proposal, on every manager, and then goes on", async () => {
    const store = onDemand();
    const results = ["a", "b", "c"].map((name) =>
      store.update(name, (tx) => {
        for (const { id } of tx.all("service")) tx.remove("service", id);
        tx.create("service", createService(name));
      }),
    );
    const settled = Promise.allSettled(results);
    store.raft.drop(1);
    store.raft.commit();
    assert.deepEqual(
      (await settled).map(({ status }) => status),
      ["fulfilled", "rejected", "rejected"],
    );
    assert.deepEqual(names(store), ["a"]);
    const next = store.update("next", (tx) => tx.create("service", createService("d")));
    await Promise.resolve();
    store.raft.commit();
    await next;
    assert.deepEqual(names(store), ["a", "d"]);
  });
});

describe("a subscriber", () => {
  it("gets commits in order, after they are visible, with objects as they are and were", async () => {
    const store = createMemoryStore();
    const commits: Commit[] = [];
    const subscription = store.subscribe((commit) => {
      assert.equal(store.view().version, commit.version);
      commits.push(commit);
    });
    await store.update("create", (tx) => tx.create("service", web));
    await store.update("update", (tx) => tx.update("service", { ...web, generation: 3 }));
    await store.update("remove", (tx) => tx.remove("service", web.id));
    subscription[Symbol.dispose]();
    await store.update("unseen", (tx) => tx.create("service", web));
    assert.deepEqual(
      commits.map(({ version, changes }) => [
        version,
        ...changes.map(({ action, object, old }) => [
          action,
          (object as Service).generation,
          (old as Service | null)?.generation ?? null,
        ]),
      ]),
      [
        [1, ["create", 0, null]],
        [2, ["update", 3, 0]],
        [3, ["remove", 3, 3]],
      ],
    );
  });

  it("that fails over a commit is told to look at everything, and disturbs neither the commit nor the others", async () => {
    const store = createMemoryStore();
    const seen: Commit[] = [];
    const heard: number[] = [];
    using _ill = store.subscribe((commit) => {
      seen.push(commit);
      if (!commit.resync) throw new TypeError("bug");
    });
    using _worse = store.subscribe(() => {
      throw new TypeError("always");
    });
    using _well = store.subscribe(({ version }) => heard.push(version));
    await store.update("create", (tx) => tx.create("service", web));
    await store.update("remove", (tx) => tx.remove("service", web.id));
    assert.deepEqual(
      seen.map(({ version, resync }) => [version, resync]),
      [
        [1, false],
        [1, true],
        [2, false],
        [2, true],
      ],
    );
    assert.deepEqual(heard, [1, 2]);
  });

  it("may start a transaction at once, which sees the commit", async () => {
    const store = createMemoryStore();
    let seen: Promise<number> | null = null;
    using _subscription = store.subscribe(() => {
      seen ??= store.update("look", (tx) => tx.get("service", web.id)?.meta.version ?? 0);
    });
    await store.update("create", (tx) => tx.create("service", web));
    assert.equal(await seen, 1);
  });

  it("is told of a restored snapshot by a resync", async () => {
    const source = createMemoryStore();
    await source.update("create", (tx) => tx.create("service", web));
    const store = createMemoryStore();
    const commits: Commit[] = [];
    using _subscription = store.subscribe((commit) => commits.push(commit));
    store.raft.restore(7, snapshotBytes(source.machine));
    assert.deepEqual(commits, [{ version: 7, changes: [], resync: true }]);
    assert.equal(store.view().get("service", web.id)?.meta.version, 1);
    await store.update("on", (tx) => tx.update("service", web));
    assert.equal(store.view().get("service", web.id)?.meta.version, 8);
  });
});

function names(store: MemoryStore): string[] {
  return store
    .view()
    .all("service")
    .map(({ spec }) => spec.annotations.name);
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Commits until all of these have resolved. */
async function commitAll(store: MemoryStore, updates: readonly Promise<unknown>[]): Promise<void> {
  let done = false;
  const all = Promise.all(updates).finally(() => {
    done = true;
  });
  while (!done) {
    store.raft.commit();
    await settle();
  }
  await all;
}
