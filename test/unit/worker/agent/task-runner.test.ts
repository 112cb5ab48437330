import assert from "node:assert/strict";
import { test } from "node:test";
import { SwarmError } from "../../../../shared/errors.ts";
import type { TaskId } from "../../../../shared/ids.ts";
import { InvariantError } from "../../../../shared/invariant.ts";
import { silentLogger } from "../../../../shared/log.ts";
import type { Task } from "../../../../shared/objects/types.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import type { TaskStatus } from "../../../../shared/rpc/gen/objects.ts";
import { Semaphore } from "../../../../shared/semaphore.ts";
import { TASK_RETRY, TASK_TRIES_MAX, TaskRunner } from "../../../../worker/agent/task-runner.ts";
import { FakeExecutor } from "../../../support/fake-worker.ts";
import { createService, createTask, createTaskSpec } from "../../../support/objects.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const service = createService("web");
const passing = (): SwarmError => new SwarmError("unavailable", "the registry does not answer");

const optionsOf = (clock: VirtualClock, executor: FakeExecutor) => ({
  executor,
  clock,
  random: seededRandom(1),
  log: silentLogger,
  preparing: new Semaphore(2),
  contentsOf: async () => new Map(),
});

function run(part: Partial<Task> = {}, setUp: (executor: FakeExecutor) => void = () => {}) {
  const clock = new VirtualClock();
  const executor = new FakeExecutor(clock);
  setUp(executor);
  const task = createTask("t1", service, { state: "ASSIGNED", ...part });
  const said: TaskStatus[] = [];
  const onStatus = async (_task: Task, status: TaskStatus): Promise<void> => void said.push(status);
  const runner = new TaskRunner(task, { ...optionsOf(clock, executor), onStatus });
  const end = new AbortController();
  const ended = runner.run(end.signal);
  const states = (): string => said.map(({ state }) => state).join(" ");
  const until = (state: string): Promise<number> => clock.until(state, () => runner.status.state === state);
  return { clock, executor, task, said, runner, end, ended, states, until };
}

/** What another daemon makes of the task that the first one left. */
function adopt({ clock, executor, runner: { record } }: ReturnType<typeof run>) {
  const end = new AbortController();
  const runner = new TaskRunner(record, { ...optionsOf(clock, executor), onStatus: async () => {} });
  runner.run(end.signal).catch(assert.fail);
  return { runner, end };
}

test("an undisturbed task says each state once", async () => {
  const world = run();
  await world.until("RUNNING");
  world.executor.exit(world.task.id, 0);
  await world.until("COMPLETE");
  assert.equal(world.states(), "ACCEPTED PREPARING PREPARING READY STARTING RUNNING COMPLETE");
  world.end.abort();
  assert.equal(await world.ended, "stopped");
});

test("a passing fault is shown, tried again, and forgotten once it has passed", async () => {
  const world = run({}, (executor) => executor.failures.set("prepare", [passing(), passing()]));
  await world.clock.run(50);
  assert.match(world.runner.status.message, /^preparing, next try in \d+ s$/);
  assert.equal(world.runner.status.err, "the registry does not answer");
  await world.until("RUNNING");
  assert.equal(world.runner.status.err, "");
  world.end.abort();
});

test("a fault that does not pass ends the task after so many tries, so that another host can try", async () => {
  const failures = Array.from({ length: 20 }, passing);
  const world = run({}, (executor) => executor.failures.set("prepare", failures));
  const tookMs = await world.until("REJECTED");
  assert.equal(20 - failures.length, TASK_TRIES_MAX);
  assert.ok(tookMs < 40_000, `${tookMs} ms`);
  world.end.abort();
});

const outOfFiles = (): Error => Object.assign(new Error("too many open files"), { code: "EMFILE" });

test("a shortage on the host passes: whatever met it is tried again", async () => {
  const refused = new SwarmError("resourceExhausted", "cannot run crun now", { cause: outOfFiles() });
  const world = run({}, (executor) => {
    executor.failures.set("prepare", [outOfFiles(), refused]);
    executor.failures.set("start", [refused]);
  });
  await world.until("RUNNING");
  world.end.abort();
});

for (const step of ["inspect", "wait"] as const) {
  test(`a container that cannot be looked at (${step}) is not stopped for it, however long that lasts`, async () => {
    const failures = Array.from({ length: 5 * TASK_TRIES_MAX }, (_, at) => (at % 2 === 0 ? outOfFiles() : passing()));
    const world = run({}, (executor) => executor.failures.set(step, failures));
    await world.until("RUNNING");
    if (step === "inspect") {
      // As after a restart of the daemon: it is known to run, and looked at first.
      world.end.abort();
      await world.ended;
    }
    const adopted = step === "inspect" ? adopt(world) : world;
    await world.clock.until("looked at again and again", () => failures.length === 0, 600_000);
    await world.clock.run(TASK_RETRY.maxMs);
    assert.equal(adopted.runner.status.state, "RUNNING");
    assert.equal(adopted.runner.status.err, "", "nothing is wrong with the task");
    assert.ok(!world.executor.calls.includes("stop t1"));
    world.executor.exit(world.task.id, 0);
    await world.clock.until("seen to end", () => adopted.runner.status.state === "COMPLETE");
    adopted.end.abort();
  });
}

test("a refusal rejects the task at once; one at the start fails it and leaves nothing running", async () => {
  const refusal = new SwarmError("notFound", "no such image: nosuch:latest");
  const rejected = run({}, (executor) => executor.failures.set("prepare", [refusal]));
  await rejected.until("REJECTED");
  assert.equal(rejected.runner.status.err, "no such image: nosuch:latest");
  rejected.end.abort();
  const failed = run({}, (executor) => executor.failures.set("start", [refusal]));
  await failed.until("FAILED");
  assert.ok(failed.executor.calls.includes("stop t1"));
  failed.end.abort();
});

test("an error that is not a SwarmError is not retried, and a bug is not swallowed", async () => {
  const odd = run({}, (executor) => executor.failures.set("prepare", [new Error("EIO")]));
  await odd.until("REJECTED");
  odd.end.abort();
  const bug = run({}, (executor) => executor.failures.set("prepare", [new InvariantError("two containers")]));
  bug.ended.catch(() => {});
  await bug.clock.run(10);
  await assert.rejects(bug.ended, InvariantError);
});

test("a task told to go while it pulls is stopped without waiting for the pull", async () => {
  const world = run({}, (executor) => {
    executor.prepareMs = 60_000;
  });
  await world.clock.run(100);
  assert.equal(world.runner.status.state, "PREPARING");
  world.runner.onAssigned({ ...world.task, desiredState: "SHUTDOWN" });
  const tookMs = await world.until("SHUTDOWN");
  assert.ok(tookMs < 10, `${tookMs} ms`);
  world.end.abort();
});

test("a stop that fails is tried until it works", async () => {
  const world = run({}, (executor) => executor.failures.set("stop", Array.from({ length: 12 }, passing)));
  await world.until("RUNNING");
  world.runner.onAssigned({ ...world.task, desiredState: "SHUTDOWN" });
  await world.clock.until("it is down", () => world.runner.status.state === "SHUTDOWN", 300_000);
  assert.equal(world.executor.running().length, 0);
  world.end.abort();
});

test("a task no longer assigned is stopped, removed and over", async () => {
  const world = run();
  await world.until("RUNNING");
  world.runner.onRemoved();
  await world.clock.run(10);
  assert.equal(await world.ended, "removed");
  assert.deepEqual(world.executor.calls.slice(-3), ["stop t1", "inspect t1", "remove t1"]);
});

test("the end of the daemon leaves the container alone", async () => {
  const world = run();
  await world.until("RUNNING");
  world.end.abort();
  assert.equal(await world.ended, "stopped");
  assert.equal(world.executor.running().length, 1);
});

test("progress is told at most once a second", async () => {
  const world = run({}, (executor) => {
    executor.prepare = async (_task, _signal, onProgress) => {
      for (let at = 0; at < 100; at++) onProgress(`pulling ${at} %`);
    };
  });
  await world.clock.run(10);
  assert.equal(world.said.filter(({ message }) => message.startsWith("pulling")).length, 1);
  world.end.abort();
});

test("places go to those who wait, in order, and come back from those who gave up", async () => {
  const places = new Semaphore(1);
  const { signal } = new AbortController();
  const first = await places.take(signal);
  const order: string[] = [];
  const impatient = new AbortController();
  const given = places.take(impatient.signal);
  const waiting = ["b", "c"].map((name) =>
    places.take(signal).then((place) => {
      order.push(name);
      place[Symbol.dispose]();
    }),
  );
  impatient.abort(new Error("gave up"));
  await assert.rejects(given, /gave up/);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  await Promise.all(waiting);
  assert.deepEqual(order, ["b", "c"]);
});

test("no more tasks prepare at once than there are places", async () => {
  const clock = new VirtualClock();
  const executor = new FakeExecutor(clock);
  executor.prepareMs = 100;
  const places = new Semaphore(2);
  const end = new AbortController();
  for (let at = 0; at < 6; at++) {
    const task = createTask(`t${at}`, service, { state: "ASSIGNED", id: `t${at}`.padEnd(25, "z") as TaskId });
    const options = { executor, clock, random: seededRandom(at), log: silentLogger, preparing: places };
    void new TaskRunner(task, { ...options, onStatus: async () => {}, contentsOf: async () => new Map() }).run(
      end.signal,
    );
  }
  await clock.until("all run", () => executor.running().length === 6);
  assert.equal(executor.preparingMax, 2);
  end.abort();
});

test("a task whose spec says so ends when no leader was heard for long, and stays ended when one is", async () => {
  const loss = { lostAfterMs: 0, stopAfterMs: 30_000, onReturn: "KEEP_NEW" } as const;
  const world = run({ spec: createTaskSpec({ loss }) });
  await world.until("RUNNING");
  world.runner.onSilence(29_999);
  await world.clock.run(1_000);
  assert.equal(world.runner.status.state, "RUNNING");
  world.runner.onSilence(30_000);
  await world.until("SHUTDOWN");
  assert.equal(world.runner.status.err, "stopped by its host: no leader was heard for 30 s");
  assert.deepEqual(world.executor.running(), []);
  world.runner.onSilence(0);
  world.runner.onAssigned(world.task);
  await world.clock.run(1_000);
  assert.deepEqual(world.executor.running(), []);
  world.end.abort();
});

test("a task without such a time runs on, however long no leader is heard", async () => {
  const world = run();
  await world.until("RUNNING");
  world.runner.onSilence(1e9);
  await world.clock.run(1_000);
  assert.equal(world.runner.status.state, "RUNNING");
  world.end.abort();
});
