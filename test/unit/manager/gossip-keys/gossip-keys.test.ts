import assert from "node:assert/strict";
import { test } from "node:test";
import { decideGossipKeys, GOSSIP_ROTATION_MS } from "../../../../manager/gossip-keys/decide-gossip-keys.ts";
import { runGossipKeys } from "../../../../manager/gossip-keys/run-gossip-keys.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { createGossipKeys } from "../../../../shared/pki/gossip-keys.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { createMemoryStore } from "../../../support/memory-store.ts";
import { createCluster } from "../../../support/objects.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const NOW_MS = 1_800_000_000_000;
const keys = createGossipKeys(seededRandom(1), NOW_MS);

const cases = [
  ["a cluster without keys gets some", null, 0, "create"],
  ["keys that are not whole are made anew", { ...keys, keys: [] }, 0, "create"],
  ["young keys stay", keys, GOSSIP_ROTATION_MS - 1, "wait 1"],
  ["keys of twelve hours are rotated", keys, GOSSIP_ROTATION_MS, "rotate"],
  [
    "a clock that was set back a little delays nothing beyond twelve hours",
    keys,
    -60_000,
    `wait ${GOSSIP_ROTATION_MS}`,
  ],
  ["keys from far in the future were made by a wrong clock", keys, -GOSSIP_ROTATION_MS, "rotate"],
] as const;
for (const [claim, present, ageMs, expected] of cases) {
  test(claim, () => {
    const step = decideGossipKeys(present, NOW_MS + ageMs);
    assert.equal(step.kind === "wait" ? `wait ${step.delayMs}` : step.kind, expected);
  });
}

test("the leader makes missing keys at once, and rotates them every twelve hours", async () => {
  const clock = new VirtualClock();
  using store = createMemoryStore(clock);
  await store.update("begin", (tx) => tx.create("cluster", createCluster({ gossipKeys: null })));
  const end = new AbortController();
  const generation = (): number => store.view().cluster().gossipKeys?.generation ?? 0;
  const loop = runGossipKeys({ store, clock, random: seededRandom(2), log: silentLogger }, end.signal);
  await clock.until("there are keys", () => generation() === 1, 1_000);
  const first = store.view().cluster().gossipKeys;
  await clock.run(GOSSIP_ROTATION_MS - 1_000);
  assert.equal(generation(), 1);
  await clock.until("they are rotated", () => generation() === 2, 2_000);
  assert.deepEqual(store.view().cluster().gossipKeys?.keys.slice(0, 2), first?.keys.slice(1));
  end.abort();
  await loop;
  await clock.run(0);
  assert.deepEqual(clock.pending, []);
});
