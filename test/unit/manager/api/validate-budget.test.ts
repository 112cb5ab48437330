import assert from "node:assert/strict";
import { test } from "node:test";
import { validateServiceSpec } from "../../../../manager/api/validate-service.ts";
import { ROLLOUT_DEFAULTS } from "../../../../shared/service-spec/defaults.ts";
import { createServiceSpec, type ServiceSpecParts } from "../../../support/objects.ts";

const startFirst = { ...ROLLOUT_DEFAULTS, order: "START_FIRST" } as const;

const REFUSED: readonly (readonly [claim: string, parts: ServiceSpecParts, sentence: RegExp])[] = [
  ["words", { maxUnavailable: "few" }, /unavailable tasks "few": expected a number, or a share such as 25%/],
  ["more than all", { maxUnavailable: "101%" }, /unavailable tasks "101%"/],
  ["one under which no update could begin", { maxUnavailable: "0" }, /give --update-order start-first and/],
  [
    "one under which no rollback could begin",
    { maxUnavailable: "0%", update: startFirst },
    /and --rollback-order start-first as well/,
  ],
  ["one of a job", { job: "global", maxUnavailable: "1" }, /max-unavailable is not for jobs/],
];
for (const [claim, parts, sentence] of REFUSED) {
  test(`a disruption budget that is ${claim} is refused`, () => {
    assert.throws(() => validateServiceSpec(createServiceSpec(parts)), { code: "invalidArgument", message: sentence });
  });
}

test("budgets that can be kept are accepted", () => {
  for (const parts of [
    { maxUnavailable: "1" },
    { maxUnavailable: "25%" },
    { maxUnavailable: "0", update: startFirst, rollback: startFirst },
  ]) {
    validateServiceSpec(createServiceSpec(parts));
  }
});
