import { strict as assert } from "node:assert";
import { test } from "node:test";
import { Absences } from "../../../../manager/liveness/absences.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import type { Node, Task } from "../../../../shared/objects/types.ts";
import type { NodeStatus } from "../../../../shared/rpc/gen/objects.ts";
import { createNode, createService, createTask, createTaskSpec, testId } from "../../../support/objects.ts";
import { viewOf } from "../../../support/view.ts";

const AFTER_MS = 40_000;
const patient = createService("web", {
  task: createTaskSpec({ loss: { lostAfterMs: AFTER_MS, stopAfterMs: 0, onReturn: "KEEP_NEW" } }),
});
const WALL_MS = 1_700_000_000_000;

function node(status: Partial<NodeStatus>): Node {
  const plain = createNode("n1");
  return { ...plain, status: { ...plain.status, ...status } };
}
const SILENT = { state: "DISCONNECTED", silentSinceMs: 1 } as const;
const task = (part: Partial<Task> = {}): Task => createTask("t1", patient, { nodeId: testId<NodeId>("n1"), ...part });

/** What is written at each instant: since when the task counts as lost, or "heard". */
class Ticks {
  readonly absences = new Absences();

  at(nowMs: number, status: Partial<NodeStatus>, one: Task = task()): readonly string[] {
    const view = viewOf({ nodes: [node(status)], services: [patient], tasks: [one] });
    for (const _ of this.absences.fill(() => view));
    this.absences.watch(view, nowMs, []);
    return this.absences.changes(view, nowMs, WALL_MS, []).map(({ lostAtMs }) => String(lostAtMs ?? "heard"));
  }
}

test("a task counts as lost when its node has been silent for its own time, and not before", () => {
  const ticks = new Ticks();
  assert.deepEqual(ticks.at(1_000, SILENT), []);
  assert.deepEqual(ticks.at(1_000 + AFTER_MS - 1, SILENT), []);
  assert.deepEqual(ticks.at(1_000 + AFTER_MS, SILENT), [String(WALL_MS)]);
});

test("a node that is down is silent, too; one that gossip alone has lost is not", () => {
  const [down, odd] = [new Ticks(), new Ticks()];
  for (const [ticks, status, expected] of [
    [down, { state: "DOWN" }, [String(WALL_MS)]],
    [odd, { state: "DISCONNECTED" }, []],
  ] as const) {
    ticks.at(0, status);
    assert.deepEqual(ticks.at(AFTER_MS, status), expected);
  }
});

test("a word in between begins the count anew", () => {
  const ticks = new Ticks();
  ticks.at(0, SILENT);
  ticks.at(AFTER_MS - 1, { state: "READY" });
  ticks.at(AFTER_MS, SILENT);
  assert.deepEqual(ticks.at(AFTER_MS * 2 - 1, SILENT), []);
});

test("a new leader counts anew, whatever the store says of the past", () => {
  assert.deepEqual(new Ticks().at(5, { state: "DOWN", silentSinceMs: 1, sinceMs: 1 }), []);
});

test("the mark is taken back when the node is heard again", () => {
  const ticks = new Ticks();
  const marked = task({ lostAtMs: WALL_MS });
  assert.deepEqual(ticks.at(0, SILENT, marked), []);
  assert.deepEqual(ticks.at(1, { state: "READY" }, marked), ["heard"]);
});

test("tasks that are over, or go by the node's judgement, are left alone", () => {
  const plain = createTask("t1", createService("web"), { nodeId: testId<NodeId>("n1") });
  for (const one of [task({ status: { ...task().status, state: "FAILED" } }), plain]) {
    const ticks = new Ticks();
    ticks.at(0, SILENT, one);
    assert.deepEqual(ticks.at(AFTER_MS * 2, SILENT, one), []);
  }
});
