import { strict as assert } from "node:assert";
import { test } from "node:test";
import { complaintOfNoLog, logTargets, resolveLogSubject } from "../../../../manager/logs/log-targets.ts";
import type { NodeId, TaskId } from "../../../../shared/ids.ts";
import type { TaskState } from "../../../../shared/rpc/gen/objects.ts";
import { createService, createTask, createTaskSpec, testId } from "../../../support/objects.ts";
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

test("tasks whose log nobody keeps are not asked for, and that is said once for all of them", () => {
  const none = createTaskSpec({ logDriver: { name: "none", options: {} } });
  const [silent, loud] = [createService("web", { task: none }), createService("web")];
  const place = { nodeId: testId<NodeId>("n1"), state: "RUNNING" } as const;
  const subject = { kind: "service", serviceId: silent.id } as const;
  const tasks = [createTask("t1", silent, place), createTask("t2", silent, place)];
  const first = viewOf({ services: [silent], tasks });
  assert.deepEqual(logTargets(first, subject), []);
  assert.equal(complaintOfNoLog(first, subject), "service web keeps no log: its log driver is none");
  const updated = viewOf({ services: [loud], tasks: [...tasks, createTask("t3", loud, place)] });
  assert.deepEqual(
    logTargets(updated, subject).map(({ taskId }) => taskId),
    [testId("t3")],
  );
  assert.equal(complaintOfNoLog(updated, subject), "2 tasks of service web kept no log: the log driver was none");
  const task = { kind: "task", taskId: testId<TaskId>("t1") } as const;
  assert.match(complaintOfNoLog(first, task) ?? "", /^task t1\w* keeps no log: its log driver is none$/);
  assert.equal(complaintOfNoLog(viewOf({ services: [loud], tasks: [] }), subject), null);
});

test("the start of several ids is refused with their number and what to do", () => {
  const service = createService("web");
  const view = viewOf({ services: [service], tasks: [createTask("t1a", service), createTask("t1b", service)] });
  assert.throws(() => resolveLogSubject(view, "t1"), {
    code: "invalidArgument",
    message: "task t1 is ambiguous (2 matches found): give its whole id",
  });
});

test("a task is named by its slot, of which the latest one is meant, or by slot and id, or by its node", () => {
  const [web, agent] = [createService("web"), createService("agent")];
  const at = (createdAtMs: number) => ({ meta: { version: 1, createdAtMs, updatedAtMs: 1 } });
  const nodeId = testId<NodeId>("n1");
  const tasks = [
    createTask("t1", web, { slot: 2, ...at(1) }),
    createTask("t2", web, { slot: 2, ...at(3) }),
    createTask("t3", web, { slot: 2, ...at(2) }),
    createTask("t4", web, { slot: 12, ...at(4) }),
    createTask("t5", agent, { slot: 0, nodeId, ...at(5) }),
  ];
  const view = viewOf({ services: [web, agent], tasks });
  const taskOf = (ref: string): string => {
    const subject = resolveLogSubject(view, ref);
    return subject.kind === "task" ? subject.taskId : subject.kind;
  };
  assert.equal(taskOf("web.2"), testId("t2"));
  assert.equal(taskOf(`web.2.${testId("t1")}`), testId("t1"));
  assert.equal(taskOf(`agent.${nodeId}`), testId("t5"));
  for (const ref of ["web.3", "web.", ".2", "web.2.zzz", "none.2", "web.2."]) {
    assert.throws(() => resolveLogSubject(view, ref), { code: "notFound" }, ref);
  }
});
