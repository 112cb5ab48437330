import assert from "node:assert/strict";
import { test } from "node:test";
import { validateServiceSpec } from "../../../../manager/api/validate-service.ts";
import type { FineDuration } from "../../../../shared/rpc/gen/objects.ts";
import { createServiceSpec } from "../../../support/objects.ts";

const DELAY = { path: "update.delayMs", ms: 0, nanos: 5 };

function told(...durations: readonly FineDuration[]) {
  return { ...createServiceSpec({ name: "web" }), onlyTold: { durations, selinuxDisabled: true } };
}

test("parts of durations are taken for fields that are durations, once each", () => {
  validateServiceSpec(told(DELAY, { path: "task.restart.delayMs", ms: 2, nanos: -500_000 }));
});

for (const [durations, sentence] of [
  [[{ ...DELAY, path: "task.container.dir" }], /invalid finer duration: "task.container.dir" has none/],
  [[{ ...DELAY, path: "constructor" }], /"constructor" has none/],
  [[DELAY, DELAY], /"update.delayMs" has none/],
  [[{ ...DELAY, nanos: 1_000_000 }], /invalid finer update delay: 1000000 ns are a millisecond or more/],
  [[{ ...DELAY, nanos: -5 }], /invalid update delay -5 ns: it cannot be negative/],
] as const) {
  test(`refused: ${JSON.stringify(durations)}`, () => {
    assert.throws(() => validateServiceSpec(told(...durations)), { code: "invalidArgument", message: sentence });
  });
}
