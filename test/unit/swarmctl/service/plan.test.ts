import assert from "node:assert/strict";
import { test } from "node:test";
import type { PlanServiceResponse, SlotPlan } from "../../../../shared/rpc/gen/control.ts";
import { unary } from "../../../../shared/rpc/handler.ts";
import { planLines } from "../../../../swarmctl/service/print-plan.ts";
import { createContainerSpec, createService, createTaskSpec } from "../../../support/objects.ts";
import { createFakeDaemon, runCli } from "../fake-daemon.ts";

const specOf = (image: string) =>
  createService("web", { replicas: 2, task: createTaskSpec({ container: createContainerSpec({ image }) }) }).spec;
const slot = (name: string, part: Partial<SlotPlan>): SlotPlan => ({
  ...{ name, action: "REPLACE", fromHost: "host1", toHost: "host2", whyNot: "", afterCanary: false },
  ...part,
});
const planOf = (part: Partial<PlanServiceResponse>): PlanServiceResponse => ({
  ...{ before: specOf("web:1"), after: specOf("web:2"), slots: [], affected: 0, kept: 0, canary: 0, waiting: "" },
  warnings: [],
  ...part,
});

test("a plan says what changes, what becomes of each slot, and that nothing was done", () => {
  const slots = [
    slot("1", {}),
    slot("2", { afterCanary: true, toHost: "host1" }),
    slot("3", {
      action: "START",
      fromHost: "",
      toHost: "",
      whyNot: "no suitable node (insufficient resources on 2 nodes)",
    }),
    slot("4", { action: "STOP", toHost: "" }),
  ];
  assert.deepEqual(
    planLines(planOf({ slots, affected: 6, kept: 1, canary: 1, waiting: "waiting for db to be healthy" })),
    [
      "Service web would change:",
      "    image: web:1 -> web:2",
      "6 slots would change, 1 of them as a canary, 1 slot would stay as it is:",
      "Before that: waiting for db to be healthy",
      "SLOT   ACTION                  FROM    TO",
      "1      replace                 host1   host2",
      "2      replace when promoted   host1   host1",
      "3      start                           no suitable node (insufficient resources on 2 nodes)",
      "4      stop                    host1",
      "and 2 more slots",
      "Nothing was changed.",
    ],
  );
});

test("a plan of nothing says so", () => {
  const lines = planLines(planOf({ after: specOf("web:1"), kept: 3 }));
  assert.deepEqual(lines, [
    "Service web would stay as it is",
    "No task would be replaced, 3 slots would stay as they are.",
    "Nothing was changed.",
  ]);
});

test("plan and --dry-run ask for a plan of what they would write, and write nothing", async () => {
  const spec = specOf("web:1");
  const asked: unknown[] = [];
  await using daemon = createFakeDaemon({
    control: {
      getService: unary(async () => ({ service: { id: "s1", meta: { version: 7 }, spec } })),
      planService: unary(async ({ ref, spec: wanted, rollback, rollbackTo }) => {
        const { image = "" } = wanted?.task?.container ?? {};
        const replicas = wanted?.mode === "replicated" ? wanted.replicated.replicas : null;
        asked.push([ref, image, replicas, rollback, rollbackTo]);
        return planOf({ before: ref === "" ? null : spec });
      }),
    },
  });
  await daemon.listen();
  const commands = [
    ["plan", "--image", "web:2", "web"],
    ["update", "--dry-run", "--image", "web:2", "web"],
    ["update", "--dry-run", "--rollback", "web"],
    ["scale", "--dry-run", "web=5"],
    ["rollback", "--dry-run", "--to", "3", "web"],
    ["create", "--dry-run", "--name", "new", "web:9"],
  ];
  for (const words of commands) {
    const ran = await runCli(["service", ...words], daemon);
    assert.deepEqual([ran.err, ran.out.at(-1)], [[], "Nothing was changed."], words.join(" "));
  }
  assert.deepEqual(asked, [
    ["web", "web:2", 2, false, 0],
    ["web", "web:2", 2, false, 0],
    ["web", "", null, true, 0],
    ["web", "web:1", 5, false, 0],
    ["web", "", null, true, 3],
    ["", "web:9", 1, false, 0],
  ]);
});
