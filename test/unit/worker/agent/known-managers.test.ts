import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { KnownManagers, MANAGER_AVOID_MS } from "../../../../worker/agent/known-managers.ts";

const [A, B, C] = ["10.77.0.1:2377", "10.77.0.2:2377", "10.77.0.3:2377"] as const;
const create = (): KnownManagers => new KnownManagers([A, B, C], seededRandom(1));

test("asks every manager before it asks one again", () => {
  const managers = create();
  const asked = [0, 1, 2].map((ms) => managers.takeNext(ms));
  assert.deepEqual([...asked].sort(), [A, B, C]);
  assert.equal(managers.takeNext(3), asked[0]);
});

test("follows a hint, also to a manager it has not heard of", () => {
  const managers = create();
  managers.onHint("10.77.0.9:2377");
  assert.equal(managers.takeNext(0), "10.77.0.9:2377");
});

test("a manager that just failed is not followed though others call it the leader, until a while has passed", () => {
  const managers = create();
  managers.onSuccess(A);
  managers.onFailure(A, 0);
  managers.onHint(A);
  assert.notEqual(managers.takeNext(1), A);
  managers.onHint(A);
  assert.equal(managers.takeNext(MANAGER_AVOID_MS), A);
});

test("an empty list is ignored, since it would cut the host off for good", () => {
  const managers = create();
  managers.replace([]);
  assert.equal(managers.addresses.length, 3);
});

test("knows nobody when it was told nobody", () => {
  assert.equal(new KnownManagers([], seededRandom(1)).takeNext(0), null);
});
