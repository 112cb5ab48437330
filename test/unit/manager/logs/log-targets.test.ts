import { strict as assert } from "node:assert";
import { test } from "node:test";
import { logTargets } from "../../../../manager/logs/log-targets.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import type { TaskState } from "../../../../shared/rpc/gen/objects.ts";
import { createService, createTask, testId } from "../../../support/objects.ts";
import { viewOf } from "../../../support/view.ts";

function isTarget(state: TaskState): boolean {
  const service = createService("web");
  const task = createTask("t1", service, { nodeId: testId<NodeId>("n1"), state });
  return (
    logTargets(viewOf({ services: [service], tasks: [task] }), { kind: "service", serviceId: service.id }).length === 1
  );
}

test("a task has a log from READY on, when its container is made, and keeps it when it is over", () => {
  for (const state of ["NEW", "PENDING", "ASSIGNED", "ACCEPTED", "PREPARING"] as const) {
    assert.equal(isTarget(state), false, state);
  }
  for (const state of ["READY", "STARTING", "RUNNING", "COMPLETE", "FAILED", "SHUTDOWN"] as const) {
    assert.equal(isTarget(state), true, state);
  }
});
