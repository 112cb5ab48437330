import assert from "node:assert/strict";
import { test } from "node:test";
import { BACKDATE_MS } from "../../../../shared/pki/backdate.ts";
import { renewalInstant } from "../../../../shared/pki/renewal.ts";
import type { Random } from "../../../../shared/ports/random.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";

const always = (pick: (bound: number) => number): Random => ({
  below: pick,
  bytes: (length) => new Uint8Array(length),
  fork: () => always(pick),
});
const life = (lifetimeMs: number): { notBeforeMs: number; notAfterMs: number } => ({
  notBeforeMs: -BACKDATE_MS,
  notAfterMs: lifetimeMs,
});

for (const [name, lifetimeMs] of [
  ["90 days", 90 * 86_400_000],
  ["the shortest, one hour", 3_600_000],
] as const) {
  test(`renewal comes between 50 and 80 % of the life since issue (${name})`, () => {
    assert.equal(
      renewalInstant(
        life(lifetimeMs),
        always(() => 0),
      ),
      lifetimeMs * 0.5,
    );
    assert.equal(
      renewalInstant(
        life(lifetimeMs),
        always((bound) => bound - 1),
      ),
      lifetimeMs * 0.8,
    );
    const random = seededRandom(5);
    for (let round = 0; round < 100; round++) {
      const at = renewalInstant(life(lifetimeMs), random);
      assert.ok(at >= lifetimeMs * 0.5 && at <= lifetimeMs * 0.8, `${at} of ${lifetimeMs}`);
    }
  });
}

test("hosts that joined together do not renew together", () => {
  const random = seededRandom(6);
  const instants = new Set(Array.from({ length: 50 }, () => renewalInstant(life(90 * 86_400_000), random)));
  assert.ok(instants.size > 40);
});
