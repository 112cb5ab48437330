import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backoffMs } from "../../../shared/backoff.ts";
import { createId, parseId, type TaskId } from "../../../shared/ids.ts";
import { pick, shuffled } from "../../../shared/ports/random.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import { systemRandom } from "../../../shared/ports/system-random.ts";

describe("seeded random", () => {
  it("gives the same draws for the same seed and name, others for another", () => {
    const draws = (seed: number, name?: string): number[] => {
      const random = seededRandom(seed, name);
      return Array.from({ length: 20 }, () => random.below(1_000_000));
    };
    assert.deepEqual(draws(1), draws(1));
    assert.notDeepEqual(draws(1), draws(2));
    assert.notDeepEqual(draws(1, "a"), draws(1, "b"));
  });
  it("forks streams that do not depend on how much the parent drew", () => {
    const early = seededRandom(5).fork("child").below(1e9);
    const parent = seededRandom(5);
    parent.below(10);
    assert.equal(parent.fork("child").below(1e9), early);
  });
  it("is uniform enough: each of ten buckets gets its share of 10,000 draws", () => {
    const random = seededRandom(42);
    const counts = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 10_000; draw++) {
      const bucket = random.below(10);
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    }
    for (const count of counts) assert.ok(count > 850 && count < 1150, `a bucket has ${count}`);
  });
  it("covers bounds above 32 bits", () => {
    const random = seededRandom(3);
    const values = Array.from({ length: 200 }, () => random.below(2 ** 48));
    assert.ok(values.some((value) => value > 2 ** 40));
    assert.ok(values.every((value) => Number.isSafeInteger(value) && value < 2 ** 48));
  });
  it("shuffles without losing anything and picks only what is there", () => {
    const random = seededRandom(9);
    assert.deepEqual([...shuffled(random, [1, 2, 3, 4])].sort(), [1, 2, 3, 4]);
    assert.equal(pick(random, ["only"]), "only");
    assert.throws(() => pick(random, []), /empty/);
  });
});

describe("ids", () => {
  it("are 25 characters of base 36 and parse back", () => {
    const id = createId<TaskId>(seededRandom(1));
    assert.match(id, /^[a-z0-9]{25}$/);
    assert.equal(parseId<TaskId>(id, "task"), id);
  });
  it("refuse anything else by name", () => {
    assert.throws(() => parseId("web.1", "task"), /not a task id: "web\.1"/);
  });
});

describe("backoff", () => {
  it("grows to its maximum and never below half its base", () => {
    const random = seededRandom(7);
    for (let attempt = 0; attempt < 60; attempt++) {
      const delay = backoffMs(attempt, { baseMs: 100, maxMs: 2000 }, random);
      assert.ok(delay >= 50 && delay <= 2000, `attempt ${attempt}: ${delay}`);
    }
  });
});

describe("the system's random source", () => {
  it("never gives the same bytes twice, however many are asked for at once", () => {
    const seen = new Set<string>();
    const lengths = Array.from({ length: 2_000 }, (_, at) => [16, 25, 63, 64, 65, 500][at % 6] ?? 16);
    for (const length of lengths) {
      const bytes = systemRandom.bytes(length);
      assert.equal(bytes.length, length);
      seen.add(Buffer.from(bytes).toString("hex"));
    }
    assert.equal(seen.size, lengths.length);
  });
  it("gives bytes that later draws leave alone", () => {
    const first = systemRandom.bytes(32);
    const before = Buffer.from(first).toString("hex");
    for (let draw = 0; draw < 1_000; draw++) systemRandom.bytes(32);
    assert.equal(Buffer.from(first).toString("hex"), before);
  });
});
