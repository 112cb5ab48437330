import assert from "node:assert/strict";
import { test } from "node:test";
import { areWhole, createGossipKeys, primaryKeyOf, rotateGossipKeys } from "../../../../shared/pki/gossip-keys.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";

const random = seededRandom(1);

test("a new cluster has three different keys of 32 bytes", () => {
  const keys = createGossipKeys(random, 7);
  assert.ok(areWhole(keys));
  assert.equal(new Set(keys.keys.map((key) => key.toString("hex"))).size, 3);
  assert.deepEqual([keys.generation, keys.rotatedAtMs], [1, 7]);
});

test("hosts that are one rotation apart read what the other sends with", () => {
  let old = createGossipKeys(random, 0);
  for (let generation = 2; generation < 10; generation++) {
    const next = rotateGossipKeys(old, random, generation);
    assert.ok(areWhole(next));
    assert.equal(next.generation, generation);
    assert.ok(
      next.keys.some((key) => key.equals(primaryKeyOf(old))),
      "the newer host reads the older",
    );
    assert.ok(
      old.keys.some((key) => key.equals(primaryKeyOf(next))),
      "the older host reads the newer",
    );
    old = next;
  }
});

test("three rotations leave nothing of a leaked set", () => {
  const leaked = createGossipKeys(random, 0);
  let keys = leaked;
  for (let count = 0; count < 3; count++) keys = rotateGossipKeys(keys, random, count);
  assert.ok(keys.keys.every((key) => !leaked.keys.some((old) => old.equals(key))));
});

test("a set that is blanked, short or of the wrong size is not whole", () => {
  assert.equal(areWhole({ keys: [] }), false);
  assert.equal(areWhole({ keys: [Buffer.alloc(32), Buffer.alloc(32)] }), false);
  assert.equal(areWhole({ keys: [Buffer.alloc(32), Buffer.alloc(16), Buffer.alloc(32)] }), false);
});
