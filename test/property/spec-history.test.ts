import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { EARLIER_SPECS_MAX, earlierSpecs, writeNextSpec } from "../../manager/tasks/spec-history.ts";
import { fallbackOf } from "../../manager/update/decide-update.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { Service, ServiceSpec } from "../../shared/objects/types.ts";
import { seededRandom } from "../../shared/ports/seeded-random.ts";
import type { UpdateStatus } from "../../shared/rpc/gen/objects.ts";
import { createTestApi } from "../support/control-api.ts";
import { createContainerSpec, createService, createTaskSpec } from "../support/objects.ts";

/** What becomes of each spec before the next one comes, and what brings that. */
const fates = fc.constantFrom(
  "completes",
  "pauses",
  "is overtaken",
  "fails and is rolled back",
  "is rolled back by people",
);
type Fate = typeof fates extends fc.Arbitrary<infer T> ? T : never;

const STATE: { readonly [Of in Fate]: UpdateStatus["state"] } = {
  completes: "COMPLETED",
  pauses: "PAUSED",
  "is overtaken": "UPDATING",
  "fails and is rolled back": "UPDATING",
  "is rolled back by people": "PAUSED",
};

it("whatever becomes of updates, the last spec that ran everywhere is there, and no more than eleven are", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fates, { minLength: 1, maxLength: 40 }), async (steps) => {
      const api = await createTestApi();
      const random = seededRandom(1);
      const { id } = createService("web");
      await api.store.update("create", (tx) => tx.create("service", createService("web", { task: taskOf(0) })));
      let lastGood: ServiceSpec | null = null;
      for (const [at, fate] of steps.entries()) {
        await api.store.update("the update ends", (tx) => {
          const service = mustHave(tx.get("service", id), "the service");
          tx.update("service", { ...service, updateStatus: statusOf(STATE[fate]) });
        });
        const ended = mustHave(api.store.view().get("service", id), "the service");
        if (fate === "completes") lastGood = ended.spec;
        await api.store.update("the next spec", (tx) => {
          const service = mustHave(tx.get("service", id), "the service");
          const fallback = fallbackOf(service);
          const isFailure = fate === "fails and is rolled back" && fallback !== null;
          const isRollback = fate === "is rolled back by people" && service.previousSpec !== null;
          const spec = isFailure
            ? fallback
            : isRollback && service.previousSpec !== null
              ? service.previousSpec
              : { ...service.spec, task: taskOf(at + 1) };
          const change = {
            spec,
            previousSpec: isFailure ? null : service.spec,
            updateStatus: null,
            canary: null,
            preDeploy: null,
          };
          const cause = isFailure ? "FAILED_BACK" : isRollback ? "ROLLED_BACK" : "UPDATED";
          writeNextSpec(tx, service, change, { origin: { cause, atMs: at, fromGeneration: 0 }, random });
        });
        check(api.store.view().get("service", id), earlierSpecs(api.store.view(), id), lastGood);
      }
    }),
    { numRuns: 60 },
  );
});

function check(
  service: Service | undefined,
  kept: ReturnType<typeof earlierSpecs>,
  lastGood: ServiceSpec | null,
): void {
  assert.ok(kept.length <= EARLIER_SPECS_MAX + 1, `${kept.length} are kept`);
  const generations = kept.map(({ generation }) => generation);
  assert.deepEqual(
    generations,
    generations.toSorted((a, b) => a - b),
  );
  const newest = Array.from({ length: Math.min(kept.length, EARLIER_SPECS_MAX) }, (_, at) => at + 1).map(
    (back) => (service?.generation ?? 0) - back,
  );
  for (const generation of newest) assert.ok(generations.includes(generation), `spec ${generation} is kept`);
  if (lastGood === null) return;
  const there = kept.findLast(({ outcome }) => outcome === "COMPLETED");
  assert.deepEqual(there?.spec, lastGood);
}

const taskOf = (number: number): ServiceSpec["task"] =>
  createTaskSpec({ container: createContainerSpec({ image: `web:${number}` }) });

function statusOf(state: UpdateStatus["state"]): UpdateStatus {
  return { state, startedAtMs: 1, completedAtMs: 0, message: "", failedTask: "" };
}
