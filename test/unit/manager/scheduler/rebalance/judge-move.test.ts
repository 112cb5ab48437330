import { strict as assert } from "node:assert";
import { test } from "node:test";
import { judgeMove, MOVE_MS_MAX } from "../../../../../manager/scheduler/rebalance/judge-move.ts";
import { isMoving } from "../../../../../manager/tasks/leaving.ts";
import type { NodeId } from "../../../../../shared/ids.ts";
import type { Service, Task } from "../../../../../shared/objects/types.ts";
import {
  createContainerSpec,
  createNode,
  createService,
  createTask,
  createTaskSpec,
  NO_META,
  type NodeParts,
  testId,
} from "../../../../support/objects.ts";
import { viewOf } from "../../../../support/view.ts";

const web = createService("web");
const NOW_MS = 100_000;
const move = { nodeId: testId<NodeId>("n2"), startedAtMs: NOW_MS - 1_000, reason: "" };
const leaving = createTask("t1", web, { nodeId: testId<NodeId>("n1"), move });
const heir = (part: Parameters<typeof createTask>[2]): Task =>
  createTask("t2", web, { nodeId: testId<NodeId>("n2"), meta: { ...NO_META, createdAtMs: NOW_MS }, ...part });

function judged(
  parts: {
    readonly goal?: NodeParts | null;
    readonly service?: Service | null;
    readonly heirs?: readonly Task[];
    readonly nowMs?: number;
  } = {},
): string {
  const goal = parts.goal === null ? [] : [createNode("n2", parts.goal ?? {})];
  const service = parts.service === undefined ? web : parts.service;
  const view = viewOf({
    nodes: [createNode("n1"), ...goal],
    services: service === null ? [] : [service],
    tasks: [leaving, ...(parts.heirs ?? [])],
  });
  assert(isMoving(leaving));
  const state = judgeMove(view, leaving, parts.nowMs ?? NOW_MS);
  return state.kind === "calledOff" ? state.reason : `${state.leftMs} ms left`;
}

test("a move goes on while its successor is on its way, for a limited time", () => {
  assert.equal(judged(), `${MOVE_MS_MAX - 1_000} ms left`);
  assert.equal(judged({ heirs: [heir({ state: "PREPARING" })] }), `${MOVE_MS_MAX - 1_000} ms left`);
  assert.equal(judged({ nowMs: 0 }), `${MOVE_MS_MAX} ms left`, "a clock that is behind gives no more time");
});

test("a move is called off when it can come to nothing", () => {
  const late = NOW_MS + MOVE_MS_MAX;
  const waiting = heir({ state: "PENDING" });
  const err = "no suitable node (insufficient resources on 1 node)";
  assert.equal(judged({ nowMs: late }), "its successor on n2 did not come to run within 10 minutes");
  assert.equal(
    judged({ nowMs: late, heirs: [{ ...waiting, status: { ...waiting.status, err } }] }),
    `its successor on n2 did not come to run within 10 minutes: ${err}`,
  );
  assert.equal(judged({ goal: { availability: "DRAIN" } }), "n2 takes no tasks any more");
  assert.equal(judged({ goal: null }), "the node it was to go to was removed");
  assert.equal(judged({ service: null }), "its service was removed");
  const task = createTaskSpec({ container: createContainerSpec({ image: "newer" }) });
  assert.equal(
    judged({ service: createService("web", { task }, { generation: 2 }) }),
    "its service has another spec now",
  );
  const failed = heir({ state: "FAILED", desiredState: "SHUTDOWN" });
  assert.equal(
    judged({ heirs: [{ ...failed, status: { ...failed.status, err: "exit code 1" } }] }),
    "its successor on n2 ended (failed: exit code 1)",
  );
});

test("a task that failed on the goal before the move was decided says nothing about it", () => {
  const earlier = heir({ state: "FAILED", desiredState: "SHUTDOWN", meta: NO_META });
  assert.equal(judged({ heirs: [earlier] }), `${MOVE_MS_MAX - 1_000} ms left`);
});
