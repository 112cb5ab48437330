import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { containerIdOf } from "../../shared/objects/container-id.ts";
import type { TaskContainers } from "../../worker/executor/task-containers.ts";
import { waitFor } from "../support/wait.ts";
import { NEVER, type RuntimeFixture, useRuntime } from "./runtime-fixture.ts";

const quiet = (): void => {};

describe("health checks on this kernel", () => {
  let fixture: RuntimeFixture;
  let executor: TaskContainers;
  useRuntime((made) => {
    ({ fixture, executor } = made);
  });

  it("counts as started only when healthy, and ends what is unhealthy", async () => {
    const check = (command: string, retries: number) => ({
      healthcheck: {
        test: ["CMD-SHELL", command],
        intervalMs: 100,
        timeoutMs: 60_000,
        retries,
        startPeriodMs: 0,
        startIntervalMs: 0,
      },
    });
    const well = fixture.task("sleep 1000", {
      ...check("echo >>/checks; test -e /well", 10_000),
      stopGracePeriodMs: 0,
    });
    await executor.prepare(well, NEVER, quiet);
    let isStarted = false;
    const start = executor.start(well, NEVER).finally(() => (isStarted = true));
    await waitFor("three checks", () => fixture.readIn(well, "checks").length >= 3);
    assert.equal(isStarted, false, "it waits until the check succeeds");
    fixture.signalIn(well, "well");
    assert.equal((await start).kind, "running");
    await executor.remove(well.id);
    const ill = fixture.task("trap 'exit 0' TERM; while :; do sleep 0.01; done", check("exit 1", 2));
    await executor.prepare(ill, NEVER, quiet);
    const fact = await executor.start(ill, NEVER);
    assert.deepEqual(fact, {
      kind: "exited",
      containerId: containerIdOf(ill.id),
      exitCode: 1,
      cause: "unhealthy container",
    });
    await executor.remove(ill.id);
    assert.deepEqual(fixture.leftovers(), []);
  });

  const checked = (command: string, numbers: { readonly timeoutMs: number; readonly retries: number }) => ({
    healthcheck: { test: ["CMD-SHELL", command], intervalMs: 100, startPeriodMs: 0, startIntervalMs: 0, ...numbers },
    stopGracePeriodMs: 0,
  });
  /** Command lines of the container's processes, as its first one's namespace shows them. */
  const processesOf = (pid: number): string =>
    execFileSync("nsenter", ["--target", String(pid), "--all", "/bin/ps", "-o", "args"]).toString();

  it("counts a check that hangs as failed, kills it with all it started, and ends the container", async () => {
    const hang = "sleep 501 & setsid sleep 502 & sleep 500";
    const task = fixture.task(
      "sleep 100",
      checked(`test ! -e /tmp/ill || { ${hang}; }`, { timeoutMs: 400, retries: 3 }),
    );
    await executor.prepare(task, NEVER, quiet);
    const fact = await executor.start(task, NEVER);
    assert.ok(fact.kind === "running");
    const exit = executor.wait(task.id, NEVER);
    execFileSync("nsenter", ["--target", String(fact.pid), "--all", "/bin/touch", "/tmp/ill"]);
    await waitFor("the check hangs", () => processesOf(fact.pid).includes("sleep 500"));
    await waitFor("it was killed with all it started", () => !processesOf(fact.pid).includes("sleep 50"));
    assert.deepEqual([(await exit).exitCode, (await exit).cause], [137, "unhealthy container"]);
    await executor.remove(task.id);
    assert.deepEqual(fixture.leftovers(), []);
  });

  it("believes a check that ends well, though it leaves something behind that holds its output", async () => {
    const task = fixture.task("sleep 100", checked("sleep 600 & exit 0", { timeoutMs: 60_000, retries: 1 }));
    await executor.prepare(task, NEVER, quiet);
    assert.equal((await executor.start(task, NEVER)).kind, "running");
    await executor.remove(task.id);
    assert.deepEqual(fixture.leftovers(), []);
  });

  it("lets a check say more than anyone reads", async () => {
    const task = fixture.task(
      "sleep 100",
      checked("yes | head -c 100000000; exit 0", { timeoutMs: 60_000, retries: 1 }),
    );
    await executor.prepare(task, NEVER, quiet);
    assert.equal((await executor.start(task, NEVER)).kind, "running");
    await executor.remove(task.id);
  });

  it("runs a check that is a line by the image's shell", async () => {
    const task = fixture.task("sleep 100", checked('test "$SHELL_OF_IMAGE" = yes', { timeoutMs: 60_000, retries: 1 }));
    await executor.prepare(task, NEVER, quiet);
    assert.equal((await executor.start(task, NEVER)).kind, "running");
    await executor.remove(task.id);
  });

  it("ends soon while a check hangs", async () => {
    const other = await fixture.executor();
    const task = fixture.task("sleep 100", checked("sleep 500", { timeoutMs: 60_000, retries: 1 }));
    await other.prepare(task, NEVER, quiet);
    const stopped = new AbortController();
    const start = other.start(task, stopped.signal);
    const pid = await waitFor("it runs", async () => {
      const fact = await other.inspect(task.id);
      return fact.kind === "running" && processesOf(fact.pid).includes("sleep 500") ? fact.pid : null;
    });
    stopped.abort(new Error("the daemon ends"));
    await assert.rejects(start);
    await other[Symbol.asyncDispose]();
    await waitFor("no check is left behind", () => !processesOf(pid).includes("sleep 500"));
    await executor.remove(task.id);
  });

  it("does not sit out a grace period when it ends: the next daemon stops the container", async () => {
    const task = fixture.task('trap "" TERM; while :; do sleep 0.01; done', { stopGracePeriodMs: 600_000 });
    await executor.prepare(task, NEVER, quiet);
    await executor.start(task, NEVER);
    const ending = new AbortController();
    const stop = executor.stop(task, ending.signal);
    ending.abort(new Error("the daemon ends"));
    await assert.rejects(stop, /the daemon ends/);
    const next = await fixture.executor();
    assert.equal((await next.inspect(task.id)).kind, "running");
    await next.stop({ ...task, spec: { ...task.spec, container: { ...task.spec.container, stopGracePeriodMs: 0 } } });
    assert.equal((await next.inspect(task.id)).kind, "exited");
    await next.remove(task.id);
  });
});
