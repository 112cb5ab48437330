import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServiceProgress, SlotProgress } from "../../../../../shared/rpc/gen/control.ts";
import type { TaskState, UpdateStatus } from "../../../../../shared/rpc/gen/objects.ts";
import { createView } from "../../../../../swarmctl/service/progress/progress-view.ts";
import { ServiceWaiter } from "../../../../../swarmctl/service/progress/service-waiter.ts";
import { VirtualClock } from "../../../../support/virtual-clock.ts";

const ASKED = 4;

function slot(name: string, state: TaskState, parts: Partial<SlotProgress> = {}): SlotProgress {
  const isRunning = state === "RUNNING";
  return {
    ...{ name, state, message: "", error: "", errorIsEarlier: false },
    ...{ running: isRunning, over: false, endedTasks: [], ...parts },
  };
}

/** Of two slots; converged when both run, unless it is said otherwise. */
function progress(slots: readonly SlotProgress[], parts: Partial<ServiceProgress> = {}): ServiceProgress {
  const running = slots.filter((each) => each.running).length;
  return {
    version: 1,
    removed: false,
    name: "web",
    generation: ASKED,
    global: false,
    running,
    wanted: slots.length,
    slots,
    converged: running === slots.length,
    updateStatus: null,
    rolledBack: false,
    troubles: [],
    monitorMs: 5_000,
    job: false,
    completed: 0,
    waiting: "",
    nextRunMs: 0,
    ...parts,
  };
}
const both = (state: TaskState) => [slot("1", state), slot("2", state)];
const update = (state: UpdateStatus["state"], message = "too many failures"): UpdateStatus => ({
  state,
  startedAtMs: 1,
  completedAtMs: 0,
  message,
  failedTask: "",
});

/** A leader that says what it is told to say. */
function world(isTerminal = false) {
  const clock = new VirtualClock();
  const lines: string[] = [];
  const output = {
    isTerminal,
    columns: 80,
    line: (text: string) => void lines.push(text),
    help: (text: string) => void lines.push(text),
    redraw: (drawn: number, next: readonly string[]) =>
      void lines.push(`${"\u001b[1A\u001b[2K".repeat(drawn)}${next.join("\n")}\n`),
    logLine: () => {},
    room: async () => {},
    warn: (text: string) => void lines.push(`! ${text}`),
  };
  const waiter = new ServiceWaiter(createView(output, false), clock, { generation: ASKED });
  const state = { over: false };
  const stream = () => {
    const queue: (ServiceProgress | Error)[] = [];
    let wake: () => void = () => {};
    async function* messages(): AsyncGenerator<ServiceProgress> {
      for (;;) {
        const next = queue.shift();
        if (next instanceof Error) throw next;
        if (next !== undefined) yield next;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    }
    const following = waiter.follow(messages());
    following.then(
      () => (state.over = true),
      () => {},
    );
    const push = async (next: ServiceProgress | Error) => {
      queue.push(next);
      wake();
      await clock.run(0);
    };
    return { following, push };
  };
  const first = stream();
  return {
    lines,
    state,
    stream,
    following: first.following,
    say: (slots: readonly SlotProgress[], parts: Partial<ServiceProgress> = {}) => first.push(progress(slots, parts)),
    break: (error: Error) => first.push(error),
    pass: (ms: number) => clock.run(ms),
  };
}

test("every task's steps are lines, then it is verified for the monitor time", async () => {
  const { say, pass, lines, following, state } = world();
  await say(both("PREPARING"));
  await say([slot("1", "RUNNING"), slot("2", "PREPARING")]);
  await say(both("RUNNING"));
  await pass(4_999);
  assert.equal(state.over, false);
  await pass(1);
  await following;
  assert.deepEqual(lines, [
    "web.1: preparing",
    "web.2: preparing",
    "overall progress: 0 out of 2 tasks",
    "web.1: running",
    "overall progress: 1 out of 2 tasks",
    "web.2: running",
    "overall progress: 2 out of 2 tasks",
    "verify: Waiting 5 seconds to verify that tasks are stable...",
    "verify: Service converged",
  ]);
});

test("what all runs has not converged while the leader does not say so", async () => {
  const { say, pass, lines, state } = world();
  await say(both("RUNNING"), { converged: false });
  await pass(60_000);
  assert.deepEqual([state.over, lines.some((line) => line.startsWith("verify"))], [false, false]);
});

test("a task that dies while it is verified starts the wait anew", async () => {
  const { say, pass, lines, following, state } = world();
  await say(both("RUNNING"));
  await pass(3_000);
  await say([slot("1", "RUNNING"), slot("2", "STARTING", { error: "exit 1" })]);
  assert.ok(lines.includes("verify: Detected task failure"));
  assert.ok(lines.includes("web.2: starting: exit 1"));
  await pass(3_000);
  await say(both("RUNNING"));
  await pass(4_999);
  assert.equal(state.over, false);
  await pass(1);
  await following;
});

test("an update that is still under way is waited for, however long all tasks run", async () => {
  const { say, pass, state, following } = world();
  await say(both("RUNNING"), { updateStatus: update("UPDATING") });
  await pass(60_000);
  assert.equal(state.over, false);
  await say(both("RUNNING"), { updateStatus: update("COMPLETED") });
  await pass(0);
  await following;
});

test("a change of leader is one wait", async () => {
  const { say, pass, stream, lines, following, ...more } = world();
  await say(both("RUNNING"));
  await pass(3_000);
  await more.break(new Error("lost"));
  await assert.rejects(following, { message: "lost" });
  const next = stream();
  await next.push(progress(both("RUNNING")));
  await pass(2_000);
  await next.following;
  assert.equal(lines.filter((line) => line.startsWith("verify: Waiting")).length, 1);
});

test("what is said of an older spec is not listened to, and a newer one is waited for", async () => {
  const { say, pass, lines, state, following } = world();
  await say(both("RUNNING"), { generation: ASKED - 1, updateStatus: update("PAUSED") });
  await pass(60_000);
  assert.deepEqual([lines, state.over], [[], false]);
  await say(both("RUNNING"));
  await pass(3_000);
  await say(both("RUNNING"), { generation: ASKED + 1 });
  assert.ok(lines.includes("update: the service was changed again: waiting for its newest spec"));
  await pass(4_999);
  assert.equal(state.over, false);
  await pass(1);
  await following;
});

test("a slot that only fails ends the wait with the task's own words, each said once", async () => {
  const { say, lines, following } = world();
  // The managers keep no more than the last one.
  for (const id of ["x", "y", "z"]) {
    await say([slot("1", "PREPARING"), slot("2", "RUNNING")]);
    await say([slot("1", "NEW", { error: "no such image: foo", endedTasks: [id] }), slot("2", "RUNNING")]);
  }
  await assert.rejects(following, {
    code: "failedPrecondition",
    message: /^service web did not converge: web\.1 failed 3 times: no such image: foo\. .*swarmctl service ps web/,
  });
  assert.equal(lines.filter((line) => line.includes("no such image")).length, 1);
});

test("that the swarm keeps trying is not said before it has made another task", async () => {
  const { say, following } = world();
  const ended = { error: "task: non-zero exit (3)", endedTasks: ["x", "y", "z"] };
  await say([slot("1", "FAILED", ended)], { job: true });
  await say([slot("1", "FAILED", { ...ended, over: true })], { job: true });
  await assert.rejects(following, { message: /non-zero exit \(3\)\. Its restart policy allows no more attempts/ });
});

test("ends under an older spec are not counted", async () => {
  const { say, following, state } = world();
  await say([slot("1", "NEW", { endedTasks: ["x", "y"] })]);
  await say([slot("1", "NEW", { endedTasks: ["z"] })], { generation: ASKED + 1 });
  assert.equal(state.over, false);
  await say([slot("1", "NEW", { endedTasks: ["b", "a", "z"] })], { generation: ASKED + 1 });
  await assert.rejects(following, {
    message: /^service web did not converge: web\.1 ended 3 times: its command exits with code 0\. The swarm keeps/,
  });
});

test("a slot that may not be tried again ends the wait at once, but not before the updater has judged it", async () => {
  const failed = [slot("1", "FAILED", { over: true, error: "task: non-zero exit (1)" }), slot("2", "RUNNING")];
  const once = world();
  await once.say(failed);
  await assert.rejects(once.following, {
    message: /^service web did not converge: web\.1 failed: task: non-zero exit \(1\)\. Its restart policy allows no/,
  });
  const updating = world();
  await updating.say(failed, { updateStatus: update("UPDATING") });
  await updating.say(failed, { updateStatus: update("PAUSED") });
  await assert.rejects(updating.following, { message: "service update paused: too many failures" });
});

test("a slot that completed and is over is none of these", async () => {
  const { say, pass, following } = world();
  await say([slot("1", "COMPLETE", { over: true, endedTasks: ["a", "b", "c"] })], { converged: true });
  await pass(5_000);
  await following;
});

for (const [state, sentence] of [
  ["PAUSED", "service update paused: too many failures"],
  ["ROLLBACK_PAUSED", "service rollback paused: too many failures"],
] as const) {
  test(`an update that gets ${state} ends the wait`, async () => {
    const { say, following } = world();
    await say(both("RUNNING"), { updateStatus: update("UPDATING") });
    await say(both("RUNNING"), { updateStatus: update(state), generation: ASKED + 1, rolledBack: true });
    await assert.rejects(following, { code: "failedPrecondition", message: sentence });
  });
}

test("an update that fails and is rolled back fails once the rollback is over", async () => {
  const { say, pass, lines, following, state } = world();
  const rolledBack = { generation: ASKED + 1, rolledBack: true, monitorMs: 1_000 };
  await say([slot("1", "FAILED", { error: "exit 1" })], { updateStatus: update("UPDATING") });
  await say([slot("1", "STARTING")], { ...rolledBack, updateStatus: update("ROLLBACK_STARTED", "update rolled back") });
  assert.ok(lines.includes("rollback: update rolled back"));
  await say([slot("1", "RUNNING")], { ...rolledBack, updateStatus: update("ROLLBACK_STARTED", "update rolled back") });
  await pass(60_000);
  assert.equal(state.over, false);
  await say([slot("1", "RUNNING")], {
    ...rolledBack,
    updateStatus: update("ROLLBACK_COMPLETED", "rollback completed"),
  });
  await pass(0);
  await assert.rejects(following, {
    code: "failedPrecondition",
    message: "service web was not changed as asked: update rolled back",
  });
});

test("an update that was rolled back has failed, whatever others ask of the service then", async () => {
  const { say, following } = world();
  const updateStatus = update("ROLLBACK_STARTED", "update rolled back");
  await say(both("STARTING"), { generation: ASKED + 1, rolledBack: true, updateStatus });
  await say(both("RUNNING"), { generation: ASKED + 2 });
  await assert.rejects(following, { message: "service web was not changed as asked: update rolled back" });
});

test("a rollback that people asked for is what was wanted", async () => {
  const { say, pass, following, lines } = world();
  await say(both("RUNNING"), { updateStatus: update("ROLLBACK_STARTED", "manually requested rollback") });
  await say(both("RUNNING"), { updateStatus: update("ROLLBACK_COMPLETED", "rollback completed") });
  await pass(5_000);
  await following;
  assert.ok(lines.includes("rollback: manually requested rollback"));
});

test("what control loops fail over in the service is shown while it lasts, each loop's", async () => {
  const reaper = { loop: "reaper", sentence: "internal error: no" };
  const updater = { loop: "updater", sentence: "internal error: oops" };
  const { say, lines, state } = world();
  await say(both("NEW"), { troubles: [updater] });
  await say(both("NEW"), { troubles: [updater] });
  const said = "trouble: updater: internal error: oops";
  assert.deepEqual([lines.filter((line) => line === said).length, state.over], [1, false]);
  const live = world(true);
  await live.say(both("NEW"), { troubles: [reaper, updater] });
  await live.say(both("NEW"), { troubles: [updater] });
  await live.say(both("NEW"));
  assert.deepEqual(
    live.lines.map((drawn) => [drawn.includes(`${said}\n`), drawn.includes("trouble: reaper: internal error: no\n")]),
    [
      [true, true],
      [true, false],
      [false, false],
    ],
  );
});

for (const [global, sentence] of [
  [false, "verify: Service web has 0 replicas: there is nothing to wait for"],
  [true, "verify: No node is ready, active and meets the constraints of service web: it runs nowhere until one does"],
] as const) {
  test(`nothing to wait for (global: ${global}) is said, and not waited for`, async () => {
    const { say, following, lines } = world();
    await say([], { global, converged: false });
    await say([], { global });
    await following;
    assert.deepEqual(lines, ["overall progress: 0 out of 0 tasks", sentence]);
  });
}

test("a service that is removed meanwhile is said to be", async () => {
  const { say, following } = world();
  await say(both("NEW"));
  await say([], { removed: true, name: "" });
  await assert.rejects(following, {
    code: "failedPrecondition",
    message: "the service web was removed in the meantime",
  });
});

test("on a terminal the same lines are drawn again, none of them wider than it", async () => {
  const { say, lines } = world(true);
  await say([slot("1", "PREPARING"), slot("2", "NEW")]);
  await say([slot("1", "REJECTED", { error: "x".repeat(200) }), slot("2", "COMPLETE")]);
  const [first = "", second = ""] = lines;
  assert.match(first, /^overall progress: 0 out of 2 tasks\n1\/2: preparing \[=+> +\]\n2\/2: new +\[> +\]\n$/);
  assert.ok(second.startsWith("\u001b[1A\u001b[2K".repeat(3)));
  assert.match(second, /\n2\/2: complete {2}\[=+>?\]\n$/);
  for (const line of second.replaceAll("\u001b[1A\u001b[2K", "").split("\n")) assert.ok([...line].length < 80, line);
});

test("of many slots a terminal shows only the sum, and a global service's are host names", async () => {
  const many = world(true);
  await many.say(Array.from({ length: 21 }, (_, at) => slot(String(at + 1), "NEW")));
  assert.deepEqual(many.lines, ["overall progress: 0 out of 21 tasks\n"]);
  const global = world(true);
  await global.say([slot("host1", "NEW"), slot("77", "NEW")], { global: true });
  assert.match(global.lines[0] ?? "", /\nhost1: new .*\n77 {3}: new /);
});

test("a job is over when its slots are done, and there is nothing to verify", async () => {
  const { say, lines, following } = world();
  await say([slot("1", "RUNNING"), slot("2", "NEW")], { job: true, converged: false, completed: 0 });
  await say([slot("1", "COMPLETE", { over: true }), slot("2", "RUNNING")], {
    ...{ job: true, converged: false, completed: 1 },
  });
  await say([slot("1", "COMPLETE", { over: true }), slot("2", "COMPLETE", { over: true })], {
    job: true,
    converged: true,
    completed: 2,
  });
  await following;
  assert.deepEqual(lines, [
    "web.1: running",
    "job progress: 0 out of 2 complete, 1 running",
    "web.1: complete",
    "web.2: running",
    "job progress: 1 out of 2 complete, 1 running",
    "web.2: complete",
    "job progress: 2 out of 2 complete, 0 running",
    "job complete",
  ]);
});

test("a job of which a slot failed for good ends the wait with that slot's error", async () => {
  const { say, following } = world();
  const failed = slot("1", "FAILED", { over: true, error: "task: non-zero exit (3)", endedTasks: ["a"] });
  const outcome = assert.rejects(following, {
    code: "failedPrecondition",
    message: /^job web failed: web\.1 failed: task: non-zero exit \(3\)\. Its restart policy allows no more attempts/,
  });
  await say([failed, slot("2", "RUNNING")], { job: true, converged: false });
  await outcome;
});

test("a canary that runs ends the wait, with what people may do next", async () => {
  const { say, lines, following } = world();
  await say([slot("1", "RUNNING"), slot("2", "PREPARING")], { updateStatus: update("UPDATING", "update in progress") });
  const message = "canary: 1 of 2 run the new spec; promote or abort";
  await say(both("RUNNING"), { updateStatus: update("CANARY", message) });
  await following;
  assert.equal(lines.at(-1), `${message} (swarmctl service promote web, swarmctl service abort web)`);
});
