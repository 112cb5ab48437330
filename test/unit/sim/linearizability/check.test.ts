import assert from "node:assert/strict";
import { test } from "node:test";
import { pick, type Random } from "../../../../shared/ports/random.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { checkHistory } from "../../../sim/linearizability/check.ts";
import {
  plainRegister,
  type Register,
  type RegisterOperation,
  versionedRegister,
} from "../../../sim/linearizability/register.ts";
import type { Model, Timed } from "../../../sim/linearizability/search.ts";

type History = readonly Timed<RegisterOperation>[];

const keyOf = ({ key }: RegisterOperation): number => key;
const read = (value: number | null, key = 0) => ({ kind: "read", key, value, version: null }) as const;
const write = (value: number, key = 0) => ({ kind: "write", key, value, version: null }) as const;
const cas = (from: number | null, to: number, succeeded: boolean | null) =>
  ({ kind: "cas", key: 0, from, to, succeeded, version: null }) as const;
const during = (invokedAt: number, returnedAt: number | null, operation: RegisterOperation) => ({
  operation,
  invokedAt,
  returnedAt,
});
const verdictOf = (...history: History) => checkHistory(plainRegister, history, keyOf).verdict;

test("what overlaps may take effect in either order, what does not may not", () => {
  assert.equal(verdictOf(during(0, 3, write(1)), during(1, 2, read(null))), "ok");
  assert.equal(verdictOf(during(0, 3, write(1)), during(1, 2, read(1))), "ok");
  assert.equal(verdictOf(during(0, 1, write(1)), during(2, 3, read(null))), "illegal");
  assert.equal(verdictOf(during(0, 9, write(1)), during(1, 2, read(1)), during(3, 4, read(null))), "illegal");
});

test("a return and a call at the same moment overlap", () => {
  assert.equal(verdictOf(during(0, 1, write(1)), during(1, 2, read(null))), "ok");
});

test("what nobody heard of may have happened at any time since, or never", () => {
  const unheard = during(0, null, write(1));
  assert.equal(verdictOf(unheard, during(1, 2, read(null)), during(3, 4, read(1))), "ok");
  assert.equal(verdictOf(unheard, during(1, 2, read(null))), "ok");
  assert.equal(verdictOf(unheard, during(1, 2, read(1)), during(3, 4, read(null))), "illegal");
  assert.equal(verdictOf(during(5, null, write(1)), during(1, 2, read(1))), "illegal", "not before it was asked for");
});

test("compare-and-set succeeds exactly where the value was there", () => {
  assert.equal(verdictOf(during(0, 1, cas(null, 1, true)), during(2, 3, cas(1, 2, true))), "ok");
  assert.equal(verdictOf(during(0, 1, cas(null, 1, true)), during(2, 3, cas(1, 2, false))), "illegal");
  assert.equal(verdictOf(during(0, 1, write(1)), during(2, 3, cas(7, 2, true))), "illegal");
  const unheard = during(0, null, cas(null, 1, null));
  assert.equal(verdictOf(unheard, during(2, 3, read(1))), "ok");
  assert.equal(verdictOf(unheard, during(2, 3, write(5)), during(4, 5, read(1))), "illegal");
});

test("an empty history is linearizable", () => {
  assert.equal(verdictOf(), "ok");
});

test("the key whose history is illegal is named, also where another key is hard", () => {
  const hard = Array.from({ length: 40 }, (_, at) => during(at, 1_000 + at, write(at, 1)));
  const bad = [during(0, 1, write(1, 2)), during(2, 3, read(null, 2))];
  const history = [...hard, during(2_000, 2_001, read(-1, 1)), ...bad];
  const { verdict, illegalKey } = checkHistory(plainRegister, history, keyOf, 100_000);
  assert.deepEqual([verdict, illegalKey], ["illegal", 2]);
});

test("a search that exceeds its budget claims nothing", () => {
  const concurrent = Array.from({ length: 60 }, (_, at) => during(0, 100, write(at)));
  const { verdict, steps } = checkHistory(plainRegister, [...concurrent, during(200, 201, read(-1))], keyOf, 20_000);
  assert.deepEqual([verdict, steps], ["unknown", 20_000]);
});

test("with versions, many writes that nobody heard of do not make a history hard", () => {
  const unheard = Array.from({ length: 60 }, (_, at) => during(at, null, write(1_000 + at)));
  const heard = Array.from({ length: 40 }, (_, at): Timed<RegisterOperation>[] => [
    // Every second write is one that nobody heard of.
    during(100 + 4 * at, 101 + 4 * at, { kind: "write", key: 0, value: at, version: 2 * at + 2 }),
    during(102 + 4 * at, 103 + 4 * at, { kind: "read", key: 0, value: at, version: 2 * at + 2 }),
  ]).flat();
  const { verdict, steps } = checkHistory(versionedRegister, [...unheard, ...heard], keyOf);
  assert.equal(verdict, "ok");
  assert.ok(steps < 10_000, `${steps} steps`);
});

test("versions tell orders apart that values do not", () => {
  const history: History = [
    during(0, 1, { kind: "write", key: 0, value: 1, version: 1 }),
    during(2, 3, { kind: "write", key: 0, value: 1, version: 3 }),
  ];
  assert.equal(checkHistory(plainRegister, history, keyOf).verdict, "ok");
  assert.equal(checkHistory(versionedRegister, history, keyOf).verdict, "illegal");
  const between = during(0, null, { kind: "write", key: 0, value: 9, version: null });
  assert.equal(checkHistory(versionedRegister, [...history, between], keyOf).verdict, "ok");
});

/** Runs clients against one real register and notes what they saw: legal by construction. */
function legalHistory(random: Random, model: Model<Register, RegisterOperation>, clients: number, count: number) {
  let state = model.initial;
  const history: Timed<RegisterOperation>[] = [];
  const freeAt = Array.from({ length: clients }, () => 0);
  for (let at = 0; at < count; at++) {
    // Effects are `10 * clients` apart; a call and its return lie around its effect, and around those of others.
    const effectAt = (at + 1) * 10 * clients;
    const client = random.below(clients);
    const invokedAt = Math.max((freeAt[client] ?? 0) + 1, effectAt - random.below(40 * clients));
    const returnedAt = effectAt + random.below(9 * clients);
    freeAt[client] = returnedAt;
    const version = (written: boolean) => state.version + (written ? 1 : 0);
    const value = random.below(5);
    const operation = ((): RegisterOperation => {
      switch (random.below(3)) {
        case 0:
          return { kind: "read", key: 0, value: state.value, version: version(false) };
        case 1:
          return { kind: "write", key: 0, value, version: version(true) };
        default: {
          const from = random.below(2) === 0 ? state.value : random.below(5);
          const succeeded = from === state.value;
          return { kind: "cas", key: 0, from, to: value, succeeded, version: version(succeeded) };
        }
      }
    })();
    const after = model.step(state, operation);
    assert.ok(after !== null);
    state = after;
    const isHeard = random.below(20) > 0 || operation.kind === "read";
    history.push(isHeard ? { operation, invokedAt, returnedAt } : unheardOf(operation, invokedAt));
  }
  return history;
}

function unheardOf(operation: RegisterOperation, invokedAt: number): Timed<RegisterOperation> {
  const forgotten = operation.kind === "cas" ? { ...operation, succeeded: null } : operation;
  return { operation: { ...forgotten, version: null }, invokedAt, returnedAt: null };
}

/** One read that saw a value, and a version, that no one ever wrote. */
function withFalseRead(random: Random, history: readonly Timed<RegisterOperation>[]): History {
  const reads = history.filter(({ operation }) => operation.kind === "read");
  const victim = pick(random, reads);
  return history.map((one) => (one === victim ? { ...one, operation: { ...read(77), version: null } } : one));
}

test("histories of a real register are legal, and with one read falsified they are not", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seededRandom(seed, "legal");
    const model = seed % 2 === 0 ? plainRegister : versionedRegister;
    const history = legalHistory(random, model, 2 + (seed % 5), 60);
    assert.equal(checkHistory(model, history, keyOf).verdict, "ok", `seed ${seed}`);
    assert.equal(checkHistory(model, withFalseRead(random, history), keyOf).verdict, "illegal", `seed ${seed}`);
  }
});

test("a read that is stale by one write is found, wherever it stands", () => {
  for (let at = 1; at < 30; at++) {
    const history = Array.from({ length: 30 }, (_, n) => [
      during(4 * n, 4 * n + 1, write(n)),
      during(4 * n + 2, 4 * n + 3, read(n === at ? n - 1 : n)),
    ]).flat();
    assert.equal(verdictOf(...history), "illegal", `stale at ${at}`);
  }
});
