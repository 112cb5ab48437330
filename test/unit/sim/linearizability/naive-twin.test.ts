import assert from "node:assert/strict";
import { test } from "node:test";
import type { Random } from "../../../../shared/ports/random.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { checkHistory } from "../../../sim/linearizability/check.ts";
import { plainRegister, type Register, type RegisterOperation } from "../../../sim/linearizability/register.ts";
import type { Timed } from "../../../sim/linearizability/search.ts";

type One = Timed<RegisterOperation>;

/** The definition itself, by trying every order. */
function isLinearizable(state: Register, left: readonly One[]): boolean {
  if (left.every(({ returnedAt }) => returnedAt === null)) return true;
  const firstReturn = Math.min(...left.map(({ returnedAt }) => returnedAt ?? Number.POSITIVE_INFINITY));
  return left.some((one) => {
    if (one.invokedAt > firstReturn) return false;
    const after = plainRegister.step(state, one.operation);
    return (
      after !== null &&
      isLinearizable(
        after,
        left.filter((other) => other !== one),
      )
    );
  });
}

/** Anything at all, of few values and much overlap, so that about half are legal. */
function drawHistory(random: Random): readonly One[] {
  return Array.from({ length: 1 + random.below(6) }, () => {
    const invokedAt = random.below(12);
    const [value, to] = [random.below(3), random.below(3)];
    const isHeard = random.below(4) > 0;
    const returnedAt = isHeard ? invokedAt + 1 + random.below(8) : null;
    switch (random.below(3)) {
      case 0:
        return {
          operation: { kind: "read", key: 0, value: value === 0 ? null : value, version: null },
          invokedAt,
          returnedAt: invokedAt + 1 + random.below(8),
        };
      case 1:
        return { operation: { kind: "write", key: 0, value: to, version: null }, invokedAt, returnedAt };
      default: {
        const succeeded = isHeard ? random.below(2) === 0 : null;
        const from = value === 0 ? null : value;
        return { operation: { kind: "cas", key: 0, from, to, succeeded, version: null }, invokedAt, returnedAt };
      }
    }
  });
}

test("on small histories the checker says what trying every order says", () => {
  const found = { ok: 0, illegal: 0, unknown: 0 };
  for (let seed = 1; seed <= 3_000; seed++) {
    const history = drawHistory(seededRandom(seed, "small"));
    const { verdict } = checkHistory(plainRegister, history, () => 0);
    assert.equal(verdict, isLinearizable(plainRegister.initial, history) ? "ok" : "illegal", `seed ${seed}`);
    found[verdict]++;
  }
  assert.ok(found.ok > 300 && found.illegal > 300, `both happen often: ${JSON.stringify(found)}`);
});
