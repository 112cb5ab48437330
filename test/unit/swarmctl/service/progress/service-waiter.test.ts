import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../../../../../shared/ports/clock.ts";
import type { WatchResponse } from "../../../../../shared/rpc/gen/control.ts";
import { mayRunOn } from "../../../../../swarmctl/service/progress/may-run-on.ts";
import { createView } from "../../../../../swarmctl/service/progress/progress-view.ts";
import { ServiceWaiter } from "../../../../../swarmctl/service/progress/service-waiter.ts";
import { message, SERVICE, task } from "./objects.ts";

type Changes = NonNullable<Parameters<typeof message>[0]>;

/** A clock that stands until it is told to go on, and a watch that says what it is told to say. */
function world(isTerminal = false) {
  let nowMs = 0;
  const timers = new Set<{ atMs: number; action: () => void }>();
  const clock: Clock = {
    now: () => nowMs,
    wallNow: () => nowMs,
    schedule(delayMs, _label, action) {
      const timer = { atMs: nowMs + delayMs, action };
      timers.add(timer);
      return { [Symbol.dispose]: () => void timers.delete(timer) };
    },
  };
  const lines: string[] = [];
  const output = {
    isTerminal,
    columns: 80,
    line: (text: string) => void lines.push(text),
    help: (text: string) => void lines.push(text),
    redraw: (drawn: number, next: readonly string[]) =>
      void lines.push(`${"\u001b[1A\u001b[2K".repeat(drawn)}${next.join("\n")}\n`),
    logLine: () => {},
    warn: (text: string) => void lines.push(`! ${text}`),
  };
  const queue: WatchResponse[] = [];
  let wake: () => void = () => {};
  async function* messages(): AsyncGenerator<WatchResponse> {
    for (;;) {
      const next = queue.shift();
      if (next !== undefined) yield next;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const waiter = new ServiceWaiter(createView(output, false), clock, mayRunOn);
  const following = waiter.follow(messages());
  following.catch(() => {});
  return {
    lines,
    following,
    async say(...changes: Changes) {
      queue.push(message(changes));
      wake();
      await settle();
    },
    async pass(ms: number) {
      nowMs += ms;
      for (const timer of [...timers]) if (timer.atMs <= nowMs) timer.action();
      await settle();
    },
  };
}

const has = (...args: Parameters<typeof task>) => ({ kind: "UPDATE", task: task(...args) }) as const;
const service = { kind: "CREATE", service: SERVICE } as const;

test("every task's steps are lines, then it is verified for the monitor time", async () => {
  const { say, pass, lines, following } = world();
  await say(service, has("a", 1, "PREPARING"), has("b", 2, "PREPARING"));
  await say(has("a", 1, "RUNNING"));
  await say(has("b", 2, "RUNNING"));
  await pass(4_999);
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

test("a task that dies while it is verified starts the wait anew", async () => {
  const { say, pass, lines, following } = world();
  let done = false;
  following.then(() => (done = true)).catch(() => {});
  await say(service, has("a", 1, "RUNNING"), has("b", 2, "RUNNING"));
  await pass(3_000);
  await say(has("b", 2, "FAILED", { err: "exit 1", desired: "SHUTDOWN" }), has("c", 2, "STARTING", { createdAtMs: 1 }));
  assert.ok(lines.includes("verify: Detected task failure"));
  assert.ok(lines.includes("web.2: starting: exit 1"));
  await pass(3_000);
  await say(has("c", 2, "RUNNING", { createdAtMs: 1 }));
  await pass(4_999);
  assert.equal(done, false);
  await pass(1);
  await following;
});

test("a slot that only fails ends the wait with the task's own words, each said once", async () => {
  const { say, lines, following } = world();
  await say(service, has("old", 1, "REJECTED", { err: "old story", desired: "SHUTDOWN" }), has("b", 2, "RUNNING"));
  for (const id of ["x", "y", "z"]) {
    const createdAtMs = id.charCodeAt(0);
    await say(has(id, 1, "PREPARING", { createdAtMs }));
    await say(has(id, 1, "REJECTED", { createdAtMs, err: "no such image: foo" }));
  }
  await assert.rejects(following, {
    code: "failedPrecondition",
    message: /^service web does not converge: web\.1 failed 3 times: no such image: foo\. .*swarmctl service ps web/,
  });
  assert.equal(lines.filter((line) => line.includes("no such image")).length, 1);
});

test("a slot whose command only ends ends the wait, and one that may not be tried again does so at once", async () => {
  const looping = world();
  await looping.say(service);
  for (const id of ["x", "y", "z"]) {
    const createdAtMs = id.charCodeAt(0);
    await looping.say(has(id, 1, "COMPLETE", { createdAtMs, desired: "SHUTDOWN" }));
    await looping.say(has(`${id}2`, 1, "READY", { createdAtMs, desired: "READY" }));
  }
  await assert.rejects(looping.following, {
    message: /^service web does not converge: web\.1 ended 3 times: its command ends, with exit code 0\. It stays/,
  });
  const once = world();
  const spec = { ...SERVICE.spec, task: { container: { image: "nginx" }, restart: { condition: "NONE" as const } } };
  await once.say({ kind: "CREATE", service: { ...SERVICE, spec } }, has("a", 1, "RUNNING"), has("b", 2, "RUNNING"));
  await once.say(has("a", 1, "FAILED", { err: "task: non-zero exit (1)", desired: "SHUTDOWN" }));
  await assert.rejects(once.following, {
    message: /^service web does not converge: web\.1 failed: task: non-zero exit \(1\)\. Its restart policy allows no/,
  });
});

for (const [state, sentence] of [
  ["PAUSED", "service update paused: too many failures"],
  ["ROLLBACK_PAUSED", "service rollback paused: too many failures"],
] as const) {
  test(`an update that gets ${state} ends the wait; one that was so before does not`, async () => {
    const updateStatus = (startedAtMs: number) => ({ state, startedAtMs, message: "too many failures" });
    const { say, following } = world();
    let ended = false;
    following.catch(() => (ended = true));
    await say({ kind: "CREATE", service: { ...SERVICE, updateStatus: updateStatus(1) } });
    assert.equal(ended, false);
    await say({ kind: "UPDATE", service: { ...SERVICE, updateStatus: updateStatus(2) } });
    await assert.rejects(following, { code: "failedPrecondition", message: sentence });
  });
}

test("a service that is removed meanwhile is said to be", async () => {
  const { say, following } = world();
  await say(service);
  await say({ kind: "REMOVE", service: { id: "s1" } });
  await assert.rejects(following, { message: "the service was removed in the meantime" });
});

test("on a terminal the same lines are drawn again, none of them wider than it", async () => {
  const { say, lines } = world(true);
  await say(service, has("a", 1, "PREPARING"));
  await say(has("a", 1, "REJECTED", { err: "x".repeat(200) }));
  const [first = "", second = ""] = lines;
  assert.match(first, /^overall progress: 0 out of 2 tasks\n1\/2: preparing \[=+> +\]\n2\/2: new +\[> +\]\n$/);
  assert.ok(second.startsWith("\u001b[1A\u001b[2K".repeat(3)));
  for (const line of second.replaceAll("\u001b[1A\u001b[2K", "").split("\n")) assert.ok([...line].length < 80, line);
});
