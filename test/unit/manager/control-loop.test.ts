import { strict as assert } from "node:assert";
import { test } from "node:test";
import { type ControlLoop, PASS_FAILURES_MAX, PASS_SLICE_MS, runControlLoop } from "../../../manager/control-loop.ts";
import { SwarmError } from "../../../shared/errors.ts";
import { InvariantError } from "../../../shared/invariant.ts";
import { type Logger, silentLogger } from "../../../shared/log.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import { createMemoryStore, type MemoryStore } from "../../support/memory-store.ts";
import { createService } from "../../support/objects.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

interface Bench extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly store: MemoryStore;
  /** Each pass: the instant it began, and the names it looked at. */
  readonly passes: string[];
  /** What was shown on objects, and logged as errors. */
  readonly shown: string[];
  readonly errors: string[];
  readonly loop: Promise<void>;
  create(name: string): Promise<void>;
}

type Pass = ControlLoop<string>["reconcile"];

function start(onPass: Pass = () => Promise.resolve(), scope: ControlLoop<string>["scope"] = "object"): Bench {
  const clock = new VirtualClock();
  const store = createMemoryStore(clock);
  const end = new AbortController();
  const passes: string[] = [];
  const shown: string[] = [];
  const errors: string[] = [];
  const log: Logger = {
    ...silentLogger,
    error: (_, fields) => errors.push(`${fields?.["about"]}: ${fields?.["error"]}`),
  };
  const loop = runControlLoop<string>(
    {
      name: "test",
      scope,
      quietMs: 10,
      delayMsMax: 50,
      everything: (view) => view.all("service").map(({ spec }) => spec.annotations.name),
      concerned: (change) => (change.kind === "service" ? [change.object.spec.annotations.name] : []),
      reconcile(key, lookAgain) {
        const last = passes.at(-1);
        if (last?.startsWith(`${clock.now()}: `)) passes[passes.length - 1] = `${last} ${key}`;
        else passes.push(`${clock.now()}: ${key}`);
        return onPass(key, lookAgain);
      },
      showTrouble(key, sentence) {
        if (sentence !== (shown.findLast((text) => text.startsWith(`${key}=`)) ?? `${key}=`).slice(key.length + 1)) {
          shown.push(`${key}=${sentence}`);
        }
        return Promise.resolve();
      },
    },
    { store, clock, random: seededRandom(1), log },
    end.signal,
  );
  loop.catch(() => {});
  return {
    clock,
    store,
    passes,
    shown,
    errors,
    loop,
    create: (name) => store.update("create", (tx) => tx.create("service", createService(name))),
    async [Symbol.asyncDispose]() {
      end.abort();
      await clock.run(2000);
      await loop.catch(() => {});
      store[Symbol.dispose]();
      assert.deepEqual(clock.pending, [], "a loop that ended leaves no timer");
    },
  };
}

test("changes close together make one pass, after a quiet moment", async () => {
  await using bench = start();
  await bench.create("a");
  await bench.clock.run(6);
  await bench.create("b");
  await bench.clock.run(100);
  assert.deepEqual(bench.passes, ["16: a b"]);
});

test("passes that take long let others go on between them", async () => {
  const order: string[] = [];
  await using bench = start((key) => {
    order.push(key);
    bench.clock.schedule(0, "others", () => order.push("others"));
    bench.clock.stall(PASS_SLICE_MS);
    return Promise.resolve();
  });
  await bench.create("a");
  await bench.create("b");
  await bench.clock.run(100);
  assert.deepEqual(order, ["a", "others", "b", "others"]);
});

test("steady changes delay a pass only so long", async () => {
  await using bench = start();
  for (let at = 0; at < 12; at++) {
    await bench.create(`s${at}`);
    await bench.clock.run(6);
  }
  assert.equal(bench.passes[0], "50: s0 s1 s2 s3 s4 s5 s6 s7 s8");
});

test("what changes during a pass is looked at in the next one, never at the same time", async () => {
  let running = 0;
  const release = Promise.withResolvers<void>();
  await using bench = start(async () => {
    assert.equal(++running, 1);
    await release.promise;
    running--;
  });
  // Also when an assertion fails: a pass that never ends would keep the loop from ending.
  using _release = { [Symbol.dispose]: release.resolve };
  await bench.create("a");
  await bench.clock.run(20);
  await bench.create("b");
  await bench.clock.run(100);
  assert.deepEqual(bench.passes, ["10: a"]);
  release.resolve();
  await bench.clock.run(100);
  assert.deepEqual(bench.passes, ["10: a", "120: b"]);
});

test("a key is looked at again when asked for, the earliest of several wishes", async () => {
  let looks = 0;
  await using bench = start((_key, lookAgain) => {
    if (looks++ === 0) {
      lookAgain("a", 500);
      lookAgain("a", 200);
      lookAgain("a", 300);
    }
    return Promise.resolve();
  });
  await bench.create("a");
  await bench.clock.run(1000);
  assert.deepEqual(bench.passes, ["10: a", "220: a"]);
});

test("a passing fault repeats the pass for the same keys", async () => {
  let failures = 3;
  await using bench = start(() =>
    failures-- > 0 ? Promise.reject(new SwarmError("unavailable", "dropped")) : Promise.resolve(),
  );
  await bench.create("a");
  await bench.clock.run(1000);
  assert.equal(bench.passes.length, 4);
  assert(bench.passes.every((pass) => pass.endsWith(": a")));
});

for (const error of [new InvariantError("broken"), new SwarmError("notFound", "gone"), new TypeError("bug")]) {
  test(`an object whose pass throws ${error.name} is left alone for a while, shown, and the others go on`, async () => {
    let isIll = true;
    await using bench = start((key) => (key === "ill" && isIll ? Promise.reject(error) : Promise.resolve()));
    await bench.create("ill");
    await bench.create("well");
    await bench.clock.run(5_000);
    const sentence = `internal error: ${error.message} (the leading manager's log has the details)`;
    assert.deepEqual(bench.shown, [`ill=${sentence}`]);
    assert.deepEqual(bench.errors, [`ill: ${error.message}`], "logged once, however often it is tried");
    const tries = bench.passes.filter((pass) => pass.includes("ill")).length;
    assert(tries >= 3 && tries <= 12, `${tries} tries in 5 s`);
    assert.equal(bench.passes.filter((pass) => pass.includes("well")).length, 1);
    isIll = false;
    await bench.clock.run(10_000);
    assert.deepEqual(bench.shown, [`ill=${sentence}`, "ill="]);
    assert.equal(bench.passes.filter((pass) => pass.includes("ill")).length, tries + 1, "once more, and well");
  });
}

test("a change does not bring an ill object's next try forward", async () => {
  await using bench = start(() => Promise.reject(new TypeError("bug")));
  await bench.create("ill");
  await bench.clock.run(9);
  const id = bench.store.view().all("service")[0]?.id ?? "";
  for (let at = 0; at < 1_000; at++) {
    await bench.store.update("touch", (tx) => {
      const service = tx.get("service", id);
      if (service !== undefined) tx.update("service", { ...service, generation: at });
    });
    await bench.clock.run(5);
  }
  assert(bench.passes.length <= 12, `${bench.passes.length} tries in 5 s`);
});

test("a loop that fails over everything ends, after some tries that get rarer", async () => {
  await using bench = start(() => Promise.reject(new InvariantError("broken")), "everything");
  await bench.create("a");
  await bench.clock.run(60_000);
  await assert.rejects(bench.loop, { code: "internal", message: "test failed 5 times in a row: broken" });
  assert.equal(bench.passes.length, PASS_FAILURES_MAX);
});

test("a loop whose leadership ended during a pass ends quietly", async () => {
  const clock = new VirtualClock();
  using store = createMemoryStore(clock, { autoCommit: false });
  const end = new AbortController();
  let passes = 0;
  const loop = runControlLoop<string>(
    {
      name: "test",
      scope: "object",
      quietMs: 0,
      delayMsMax: 0,
      everything: () => ["a"],
      concerned: () => [],
      reconcile: () => {
        passes++;
        return store.update("write", (tx) => tx.create("service", createService("a")));
      },
    },
    { store, clock, random: seededRandom(1), log: silentLogger },
    end.signal,
  );
  await clock.run(10);
  store.raft.loseLeadership();
  end.abort();
  await clock.run(10);
  await loop;
  assert.equal(passes, 1);
});
