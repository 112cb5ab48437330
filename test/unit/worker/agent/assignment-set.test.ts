import assert from "node:assert/strict";
import { test } from "node:test";
import type { Assignments } from "../../../../shared/rpc/gen/dispatcher.ts";
import { applyAssignments } from "../../../../worker/agent/assignment-set.ts";
import { createConfig, createSecret, createService, createTask, testId } from "../../../support/objects.ts";

const message = (part: Partial<Assignments>): Assignments => ({
  ...{ kind: "DELTA", revision: 1, put: [], removedIds: [], more: false, tableChanges: [] },
  ...part,
});
const task = createTask("t1", createService("web"));
const secret = createSecret("key");
const config = createConfig("site");

test("a revision in parts counts once its last part is here, and begins with nothing only once", () => {
  const stale = applyAssignments(null, message({ kind: "FULL", put: [{ item: "config", config }] }));
  const first = message({ kind: "FULL", put: [{ item: "secret", secret }], more: true });
  const part = applyAssignments(stale, first);
  assert.ok(part.isPartial);
  assert.deepEqual([...part.contents.keys()], [secret.id], "a full set replaces what was known");
  const whole = applyAssignments(part, message({ kind: "FULL", put: [{ item: "task", task }] }));
  assert.ok(!whole.isPartial);
  assert.deepEqual([...whole.contents.keys(), ...whole.tasks.keys()], [secret.id, task.id]);
});

test("what is removed is removed, whatever it is; a missing revision is a gap", () => {
  const put = [
    { item: "secret" as const, secret },
    { item: "config" as const, config },
    { item: "task" as const, task },
  ];
  const known = applyAssignments(null, message({ kind: "FULL", put }));
  const next = applyAssignments(known, message({ revision: 2, removedIds: [secret.id, task.id, testId("unknown")] }));
  assert.deepEqual([[...next.contents.keys()], next.tasks.size], [[config.id], 0]);
  assert.throws(() => applyAssignments(known, message({ revision: 3 })), {
    message: /revision 3 came after revision 1/,
  });
  assert.throws(() => applyAssignments(null, message({ revision: 1 })), { message: /came after no full set/ });
});
