import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { StoreMachine } from "../../manager/store/store-machine.ts";
import type { ReadView, WriteTx } from "../../manager/store/store-types.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { createMemoryStore, type MemoryStore } from "../support/memory-store.ts";
import { createService, testId } from "../support/objects.ts";
import { restoreBytes, snapshotBytes } from "../support/state-machine.ts";

/** What a transaction does: sets a service's number, or removes it (number null); then it may throw. */
interface Writes {
  readonly sets: readonly { readonly word: string; readonly number: number | null }[];
  readonly fails: boolean;
}

type Step =
  | ({ readonly kind: "update" } & Writes)
  | { readonly kind: "commit"; readonly count: number }
  | { readonly kind: "drop"; readonly at: number }
  | { readonly kind: "lose"; readonly surviving: number }
  | { readonly kind: "lead" };

const word = fc.constantFrom("a", "b", "c");
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("update" as const),
      sets: fc.array(fc.record({ word, number: fc.option(fc.nat(99), { freq: 4 }) }), { maxLength: 3 }),
      fails: fc.constant(false),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("update" as const),
      sets: fc.array(fc.record({ word, number: fc.nat(99) }), { minLength: 1, maxLength: 3 }),
      fails: fc.constant(true),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("commit" as const), count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("drop" as const), at: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("lose" as const), surviving: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("lead" as const) }) },
);

/** Its number is the position of the attempt that wrote last. */
const MARKER_WORD = "m";
const MARKER = testId<string>(MARKER_WORD);

type Numbers = ReadonlyMap<string, number>;

/** A transaction as the twin remembers it. */
interface Attempt {
  readonly base: Numbers;
  readonly result: Numbers;
  outcome: "committed" | "lost" | null;
}

it("transactions see committed state plus what is in flight; what resolves is in the log, what rejects leaves no trace of its own", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const store = createMemoryStore(systemClock, { autoCommit: false });
      const attempts: Attempt[] = [];
      for (const each of steps) {
        await run(store, attempts, each);
        await settle();
        checkWorking(store, attempts);
      }
      if (store.raft.leadership !== "leading") store.raft.becomeLeader();
      start(store, attempts, { sets: [{ word: "a", number: 1 }], fails: false });
      do {
        store.raft.commit();
        await settle();
      } while (store.raft.inFlight > 0);
      assert.equal(attempts.at(-1)?.outcome, "committed", "once all is well again, a transaction commits");
      checkLog(store, attempts);
      checkReplays(store);
    }),
    { numRuns: 300 },
  );
});

async function run(store: MemoryStore, attempts: Attempt[], each: Step): Promise<void> {
  switch (each.kind) {
    case "update":
      start(store, attempts, each);
      return;
    case "commit":
      store.raft.commit(each.count);
      return;
    case "drop":
      store.raft.drop(each.at);
      return;
    case "lose":
      if (store.raft.leadership === "leading") store.raft.loseLeadership(each.surviving);
      return;
    case "lead":
      if (store.raft.leadership !== "leading") store.raft.becomeLeader();
  }
}

function start(store: MemoryStore, attempts: Attempt[], writes: Writes): void {
  let attempt: Attempt | null = null;
  store
    .update("set", (tx) => {
      const base = numbersIn(tx);
      for (const { word, number } of writes.sets) set(tx, word, number);
      if (writes.fails) throw new Error("on purpose");
      if (writes.sets.length === 0) return;
      set(tx, MARKER_WORD, attempts.length);
      attempt = { base, result: numbersIn(tx), outcome: null };
      attempts.push(attempt);
    })
    .then(
      () => {
        if (attempt !== null) attempt.outcome = "committed";
      },
      () => {
        if (attempt !== null) attempt.outcome = "lost";
      },
    );
}

/** While all is well, what resolved last is what everyone sees. */
function checkWorking(store: MemoryStore, attempts: readonly Attempt[]): void {
  const last = attempts.at(-1);
  if (last === undefined || !attempts.every(({ outcome }) => outcome === "committed")) return;
  assert.deepEqual(numbersIn(store.view()), last.result, "what resolved last is what the views show");
}

/**
 * Goes through the log as another manager would: each entry that has an effect is one whole attempt, computed on
 * exactly what was there before it; and every attempt that was said to be committed is there.
 */
function checkLog(store: MemoryStore, attempts: readonly Attempt[]): void {
  const machine = new StoreMachine({ freeze: true });
  const inLog = new Set<Attempt>();
  for (const { index, data } of store.raft.log) {
    const before = numbersIn(machine.view());
    const { sequence } = machine;
    machine.apply(index, data);
    const after = numbersIn(machine.view());
    if (machine.sequence === sequence) {
      assert.deepEqual(after, before, "a refused entry changes nothing");
      continue;
    }
    const attempt = attempts[after.get(MARKER) ?? -1];
    assert.ok(attempt !== undefined, "an entry is somebody's attempt");
    assert.deepEqual(attempt.base, before, "it was computed on what is there");
    assert.deepEqual(attempt.result, after, "it is applied wholly");
    assert.ok(!inLog.has(attempt), "once");
    inLog.add(attempt);
  }
  for (const attempt of attempts) {
    assert.notEqual(attempt.outcome, null, "nothing stays open");
    if (attempt.outcome === "committed") assert.ok(inLog.has(attempt), "what resolved is in the log");
  }
}

/** Every manager that has the log, or a snapshot and the rest of it, has the same bytes. */
function checkReplays(store: MemoryStore): void {
  const { log } = store.raft;
  const expected = snapshotBytes(store.machine);
  for (const cut of [0, Math.floor(log.length / 2), log.length]) {
    const machine = new StoreMachine({ freeze: true });
    for (const { index, data } of log.slice(0, cut)) machine.apply(index, data);
    const restored = new StoreMachine({ freeze: true });
    restoreBytes(restored, log[cut - 1]?.index ?? 0, snapshotBytes(machine));
    for (const { index, data } of log.slice(cut)) restored.apply(index, data);
    assert.deepEqual(snapshotBytes(restored), expected, `snapshot after ${cut} of ${log.length} entries`);
    assert.equal(restored.view().version, store.view().version);
  }
}

function set(tx: WriteTx, word: string, number: number | null): void {
  const id = testId(word);
  const there = tx.get("service", id) !== undefined;
  if (number === null) {
    if (there) tx.remove("service", id);
    return;
  }
  const service = { ...createService(word), generation: number };
  if (there) tx.update("service", service);
  else tx.create("service", service);
}

function numbersIn(view: ReadView): Numbers {
  return new Map(view.all("service").map(({ id, generation }) => [id, generation]));
}

/** Lets everything that was resolved run to its end. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
