import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskState } from "../../../../shared/rpc/gen/objects.ts";
import {
  afterFact,
  afterFatalError,
  afterPassingFault,
  afterStop,
  nextStep,
  type TaskKnowledge,
} from "../../../../worker/agent/task-step.ts";
import { createService, createTask, createTaskStatus } from "../../../support/objects.ts";

const RUNNING = { kind: "running", containerId: "c1", pid: 7 } as const;

function know(
  state: TaskState,
  desiredState: TaskState,
  part: Partial<TaskKnowledge> & { readonly managersState?: TaskState } = {},
): TaskKnowledge {
  const { managersState = "ASSIGNED", ...rest } = part;
  const task = createTask("t1", createService("web"), { state: managersState, desiredState });
  return {
    task,
    status: createTaskStatus(state),
    fact: null,
    isRemoved: false,
    isCutOff: false,
    isStopped: false,
    ...rest,
  };
}

const cases: readonly (readonly [string, TaskKnowledge, string])[] = [
  ["a new task is accepted", know("ASSIGNED", "RUNNING"), "become ACCEPTED"],
  ["an accepted task says that it prepares", know("ACCEPTED", "RUNNING"), "become PREPARING"],
  ["then it prepares", know("PREPARING", "RUNNING"), "prepare"],
  ["a task wanted READY prepares too", know("PREPARING", "READY"), "prepare"],
  ["a prepared task that is not yet wanted to run is held", know("READY", "READY"), "hold"],
  ["a prepared task starts once it is wanted", know("READY", "RUNNING"), "become STARTING"],
  ["a starting task starts", know("STARTING", "RUNNING"), "start"],
  ["a task adopted as running is looked at first", know("RUNNING", "RUNNING"), "inspect"],
  ["a running task is waited for", know("RUNNING", "RUNNING", { fact: RUNNING }), "wait"],
  ["a failed task is left alone", know("FAILED", "RUNNING"), "hold"],
  ["a task wanted SHUTDOWN before it began is stopped", know("ASSIGNED", "SHUTDOWN"), "stop"],
  ["a running task wanted SHUTDOWN is stopped", know("RUNNING", "SHUTDOWN", { fact: RUNNING }), "stop"],
  ["a running task wanted REMOVE is stopped", know("RUNNING", "REMOVE", { fact: RUNNING }), "stop"],
  ["a task the manager counts as over is stopped", know("RUNNING", "RUNNING", { managersState: "ORPHANED" }), "stop"],
  ["a task that ran unheard for too long is stopped", know("RUNNING", "RUNNING", { isCutOff: true }), "stop"],
  ["and does not start, if it had not yet", know("READY", "RUNNING", { isCutOff: true }), "stop"],
  ["a completed task wanted SHUTDOWN is left alone", know("COMPLETE", "SHUTDOWN"), "hold"],
  ["a task no longer assigned is stopped first", know("RUNNING", "RUNNING", { isRemoved: true }), "stop"],
  [
    "even one that is over, for its container may be half there",
    know("FAILED", "RUNNING", { isRemoved: true }),
    "stop",
  ],
  ["and then removed", know("SHUTDOWN", "RUNNING", { isRemoved: true, isStopped: true }), "remove"],
];
for (const [claim, knowledge, expected] of cases) {
  test(claim, () => {
    const step = nextStep(knowledge);
    assert.equal(step.kind === "become" ? `become ${step.state}` : step.kind, expected);
  });
}

test("a task that is never disturbed goes through every state, one step a call", () => {
  const seen: string[] = [];
  let knowledge = know("ASSIGNED", "RUNNING");
  for (let turn = 0; turn < 20; turn++) {
    const step = nextStep(knowledge);
    seen.push(step.kind === "become" ? step.state : step.kind);
    if (step.kind === "hold") break;
    const { status } = knowledge;
    if (step.kind === "become") knowledge = { ...knowledge, status: { ...status, state: step.state } };
    else if (step.kind === "prepare") knowledge = { ...knowledge, status: { ...status, state: "READY" } };
    else {
      const fact =
        step.kind === "start" ? RUNNING : ({ kind: "exited", containerId: "c1", exitCode: 0, cause: "" } as const);
      knowledge = { ...knowledge, fact, status: afterFact(status, fact, [], 1) };
    }
  }
  assert.deepEqual(seen, ["ACCEPTED", "PREPARING", "prepare", "STARTING", "start", "wait", "hold"]);
  assert.equal(knowledge.status.state, "COMPLETE");
});

const running = createTaskStatus("RUNNING", { container: { containerId: "c1", pid: 7, exitCode: 0 } });

test("an exit code other than 0 fails the task with Docker's words and the cause", () => {
  const status = afterFact(running, { kind: "exited", containerId: "c1", exitCode: 137, cause: "killed" }, [], 9);
  assert.equal(status.state, "FAILED");
  assert.equal(status.err, "task: non-zero exit (137): killed");
  assert.deepEqual(status.container, { containerId: "c1", pid: 0, exitCode: 137 });
  assert.equal(status.timestampMs, 9);
});

test("an adopted container that still runs changes nothing", () => {
  assert.equal(afterFact(running, RUNNING, [], 9), running);
});

test("a container that vanished fails its task", () => {
  for (const fact of [{ kind: "absent" }, { kind: "created", containerId: "c1" }] as const) {
    assert.equal(afterFact(running, fact, [], 9).state, "FAILED");
  }
});

test("a stop on a manager's word ends in SHUTDOWN whatever the exit code, and a final state stays", () => {
  const exited = { kind: "exited", containerId: "c1", exitCode: 137, cause: "" } as const;
  assert.equal(afterStop(running, exited, 9).state, "SHUTDOWN");
  assert.equal(afterStop(running, exited, 9).container?.exitCode, 137);
  assert.equal(afterStop(createTaskStatus("ASSIGNED"), { kind: "absent" }, 9).container, null);
  const failed = createTaskStatus("FAILED");
  assert.equal(afterStop(failed, exited, 9), failed);
});

test("an error before STARTING rejects the task, a later one fails it", () => {
  const states = (["ACCEPTED", "PREPARING", "READY", "STARTING", "RUNNING"] as const).map(
    (state) => afterFatalError(createTaskStatus(state), "no such image: x", 9).state,
  );
  assert.deepEqual(states, ["REJECTED", "REJECTED", "REJECTED", "FAILED", "FAILED"]);
});

test("a passing fault keeps the state and says when it is tried again", () => {
  const status = afterPassingFault(createTaskStatus("PREPARING"), "registry does not answer", 1_400, 9);
  assert.equal(status.state, "PREPARING");
  assert.equal(status.message, "preparing, next try in 2 s");
  assert.equal(status.err, "registry does not answer");
});
