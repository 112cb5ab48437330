import { strict as assert } from "node:assert";
import { test } from "node:test";
import type { Service, Task } from "../../../../shared/objects/types.ts";
import { type Config, decide, fresh, outdated, service, threeOld } from "../../../support/update-world.ts";

const budget = (maxUnavailable: string, config: Partial<Config> = { parallelism: 0 }): Service => {
  const of = service(config);
  return { ...of, spec: { ...of.spec, maxUnavailable } };
};

const budgets: readonly (readonly [string, Service, readonly Task[], string])[] = [
  ["one may be missing: one stops, whatever the parallelism", budget("1"), threeOld, "shutdown a + new 1 READY"],
  ["70% of three are two", budget("70%"), threeOld, "shutdown a + new 1 READY, shutdown b + new 2 READY"],
  ["1% of three is still one", budget("1%"), threeOld, "shutdown a + new 1 READY"],
  [
    "one that is missing already counts, and it alone is replaced",
    budget("1"),
    [outdated("a", 1), outdated("b", 2), outdated("c", 3, { state: "STARTING" })],
    "shutdown c + new 3 READY",
  ],
  [
    "the next one waits until the first runs",
    budget("1"),
    [fresh("a", 1, "STARTING"), outdated("b", 2), outdated("c", 3)],
    "",
  ],
  [
    "and stops when it does",
    budget("1"),
    [fresh("a", 1, "RUNNING"), outdated("b", 2), outdated("c", 3)],
    "shutdown b + new 2 READY",
  ],
  [
    "a successor that starts first costs nothing",
    budget("0", { parallelism: 2, order: "START_FIRST" }),
    threeOld,
    "new 1 RUNNING, new 2 RUNNING",
  ],
];

for (const [name, of, tasks, steps] of budgets) {
  test(`disruption budget: ${name}`, () => assert.equal(decide(of, tasks).steps, steps));
}

test("an update that its budget holds up says so", () => {
  const tasks = [fresh("a", 1, "FAILED", 90_000), outdated("b", 2), outdated("c", 3)];
  const of = budget("1", { failureAction: "CONTINUE" });
  assert.equal(
    decide(of, tasks).status,
    "UPDATING: waiting for more of its tasks to run: 2 of 3 do, and at most 1 may be unavailable",
  );
});
