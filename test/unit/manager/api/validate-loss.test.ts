import assert from "node:assert/strict";
import { test } from "node:test";
import { validateServiceSpec } from "../../../../manager/api/validate-service.ts";
import type { LossPolicy } from "../../../../shared/rpc/gen/objects.ts";
import * as make from "../../../support/objects.ts";

function check(part: Partial<LossPolicy>, spec: make.ServiceSpecParts = {}, stopGracePeriodMs?: number): void {
  const loss: LossPolicy = { lostAfterMs: 0, stopAfterMs: 0, onReturn: "KEEP_NEW", ...part };
  const grace = stopGracePeriodMs === undefined ? {} : { stopGracePeriodMs };
  const task = make.createTaskSpec({ loss, container: make.createContainerSpec(grace) });
  validateServiceSpec(make.createServiceSpec({ task, ...spec }));
}

test("each setting alone is fine where it can have an effect", () => {
  check({});
  check({ lostAfterMs: 60_000 });
  check({ lostAfterMs: 60_000 }, { job: { total: 1, max: 1 } });
  check({ onReturn: "KEEP_ORIGINAL" });
  for (const spec of [{}, { replicas: "global" }, { job: "global" }] as const) check({ stopAfterMs: 10_000 }, spec);
});

test("a task is replaced only after its host has stopped it for sure", () => {
  check({ stopAfterMs: 15_000, lostAfterMs: 30_000 });
  assert.throws(() => check({ stopAfterMs: 15_000, lostAfterMs: 29_999 }), {
    code: "invalidArgument",
    message:
      "lost-after must be at least 30s: stop-after 15s, the stop grace period of 10s and 5s more; " +
      "otherwise two tasks of a slot could run at once",
  });
  check({ stopAfterMs: 15_000, lostAfterMs: 21_000 }, {}, 1_000);
  assert.throws(() => check({ stopAfterMs: 15_000, lostAfterMs: 60_000 }, {}, 60_000), { message: /at least 80s/ });
});

test("what would do nothing, or harm, is refused", () => {
  assert.throws(() => check({ lostAfterMs: 60_000 }, { replicas: "global" }), { message: /^lost-after can only be/ });
  assert.throws(() => check({ onReturn: "KEEP_ORIGINAL" }, { job: { total: 1, max: 1 } }), {
    message: /^on-return can only be used with replicated mode/,
  });
  assert.throws(() => check({ stopAfterMs: 2_000 }), { message: /^stop-after must be at least 10s/ });
});
