import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ContainerKey, TaskId } from "../../../../shared/ids.ts";
import { silentLogger } from "../../../../shared/log.ts";
import {
  afterProbe,
  HEALTH_STARTING,
  type HealthPlan,
  type HealthState,
  healthPlan,
  probeDelayMs,
} from "../../../../worker/executor/health.ts";
import { HealthMonitor, type HealthVerdict } from "../../../../worker/executor/health-monitor.ts";
import { testId } from "../../../support/objects.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const plan: HealthPlan = {
  args: ["true"],
  intervalMs: 1000,
  timeoutMs: 100,
  retries: 3,
  startPeriodMs: 5000,
  startIntervalMs: 500,
};

describe("a health check", () => {
  const own = (test: readonly string[]) => ({
    test,
    intervalMs: 0,
    timeoutMs: 0,
    retries: 0,
    startPeriodMs: 0,
    startIntervalMs: 0,
  });
  const none = { healthcheck: null, shell: [] };
  const numbers = {
    intervalMs: 7,
    timeoutMs: 8,
    retries: 9,
    startPeriodMs: 10,
    startIntervalMs: 11,
  };
  const ofImage = { healthcheck: { test: ["CMD", "image"], ...numbers }, shell: [] };

  it("is the service's, else the image's, else none", () => {
    assert.deepEqual(healthPlan(own(["CMD", "curl", "x"]), none)?.args, ["curl", "x"]);
    assert.deepEqual(healthPlan(own(["CMD-SHELL", "a | b"]), none)?.args, ["/bin/sh", "-c", "a | b"]);
    assert.deepEqual(healthPlan(own([]), ofImage)?.args, ["image"]);
    assert.equal(healthPlan(null, none), null);
    assert.equal(healthPlan(own(["NONE"]), ofImage), null);
    assert.equal(healthPlan(null, { ...none, healthcheck: { test: ["NONE"], ...numbers } }), null);
  });

  it("of a starting container comes in the service's interval, else the image's, else twice a second", () => {
    const plan = (part: object, image = ofImage) =>
      healthPlan({ ...own(["CMD", "x"]), ...part }, image)?.startIntervalMs;
    assert.deepEqual(
      [plan({ startIntervalMs: 3_000 }), plan({}), healthPlan(own(["CMD", "x"]), none)?.startIntervalMs],
      [3_000, 11, 500],
    );
  });

  it("that is a line for a shell runs in the image's, whoever wrote the line", () => {
    const shell = ["/bin/bash", "-eo", "pipefail", "-c"];
    const healthcheck = { ...ofImage.healthcheck, test: ["CMD-SHELL", "a | b"] };
    assert.deepEqual(healthPlan(null, { healthcheck, shell })?.args, [...shell, "a | b"]);
    assert.deepEqual(healthPlan(own(["CMD-SHELL", "c"]), { healthcheck, shell })?.args, [...shell, "c"]);
    assert.deepEqual(healthPlan(own(["CMD", "c"]), { healthcheck, shell })?.args, ["c"]);
  });

  it("takes numbers from the service, then the image, then Docker's defaults", () => {
    assert.deepEqual(healthPlan({ ...own(["CMD", "x"]), intervalMs: 5 }, ofImage), {
      ...{
        args: ["x"],
        intervalMs: 5,
        timeoutMs: 8,
        retries: 9,
        startPeriodMs: 10,
        startIntervalMs: 11,
      },
    });
    assert.deepEqual(healthPlan(own(["CMD", "x"]), none), {
      ...{
        args: ["x"],
        intervalMs: 30_000,
        timeoutMs: 30_000,
        retries: 3,
        startPeriodMs: 0,
        startIntervalMs: 500,
      },
    });
    assert.equal(healthPlan({ ...own(["CMD", "x"]), intervalMs: 100 }, none)?.startIntervalMs, 100);
  });
});

describe("health", () => {
  /** Probes at given instants; + is well, - is not. */
  const run = (probes: readonly (readonly [atMs: number, sign: "+" | "-"])[]): HealthState =>
    probes.reduce((state, [atMs, sign]) => afterProbe(state, sign === "+", plan, atMs), HEALTH_STARTING);

  it("needs one success", () =>
    assert.equal(
      run([
        [10, "-"],
        [500, "+"],
      ]).status,
      "healthy",
    ));

  it("does not count failures in the start period", () => {
    assert.deepEqual(
      run([
        [0, "-"],
        [1000, "-"],
        [2000, "-"],
        [4999, "-"],
      ]),
      HEALTH_STARTING,
    );
  });

  it("counts one failure an interval while starting, however often it is asked", () => {
    const state = run([
      [5000, "-"],
      [5500, "-"],
      [6000, "-"],
      [6500, "-"],
    ]);
    assert.deepEqual([state.status, state.failures], ["starting", 2]);
    assert.equal(afterProbe(state, false, plan, 7000).status, "unhealthy");
  });

  it("counts failures in a row only, also in the start period once it was healthy", () => {
    assert.deepEqual(
      run([
        [0, "+"],
        [1000, "-"],
        [2000, "-"],
        [3000, "+"],
        [4000, "-"],
      ]).failures,
      1,
    );
    assert.equal(
      run([
        [0, "+"],
        [1000, "-"],
        [2000, "-"],
        [3000, "-"],
      ]).status,
      "unhealthy",
    );
  });

  it("is asked for more often until the first success", () => {
    assert.equal(probeDelayMs(HEALTH_STARTING, plan), 500);
    assert.equal(probeDelayMs({ status: "healthy", failures: 0, lastCountedMs: 0 }, plan), 1000);
  });
});

const WELL = { exitCode: 0, output: "fine\n" };
const ILL = { exitCode: 3, output: "why\n" };

describe("the health monitor", () => {
  const taskId = testId<TaskId>("t1");
  function setUp(answers: readonly boolean[], refusals = 0) {
    const clock = new VirtualClock();
    const unhealthy: ContainerKey[] = [];
    let probes = 0;
    const monitor = new HealthMonitor({
      clock,
      log: silentLogger,
      probe: async () => (answers[Math.min(probes++, answers.length - 1)] === true ? WELL : ILL),
      onUnhealthy: async (id) => {
        unhealthy.push(id);
        if (unhealthy.length <= refusals) throw new Error("it does not end");
        return "ended";
      },
    });
    return { clock, monitor, unhealthy, probes: () => probes };
  }

  it("gives its verdict at the first success, to all who ask, and goes on asking", async () => {
    const { clock, monitor, probes } = setUp([false, true]);
    const verdicts = [monitor.watch(taskId, plan), monitor.watch(taskId, plan)];
    await clock.run(5_000);
    assert.deepEqual(await Promise.all(verdicts), ["healthy", "healthy"]);
    assert.ok(probes() >= 5);
    await monitor.close();
    assert.deepEqual(clock.pending, []);
  });

  it("keeps what the last five checks wrote, and how they ended", async () => {
    const { clock, monitor } = setUp([false, false, true]);
    void monitor.watch(taskId, { ...plan, retries: 10 });
    await clock.run(10_000);
    const log = monitor.report(taskId)?.log ?? [];
    assert.equal(log.length, 5);
    for (const { exitCode, output } of log) assert.deepEqual({ exitCode, output }, WELL);
    await monitor.close();
    const other = setUp([false]);
    void other.monitor.watch(taskId, { ...plan, retries: 10 });
    await other.clock.run(1);
    const [first] = other.monitor.report(taskId)?.log ?? [];
    assert.deepEqual([first?.exitCode, first?.output], [3, "why\n"]);
    await other.monitor.close();
  });

  it("tells once of a container that stays unhealthy", async () => {
    const { clock, monitor, unhealthy } = setUp([true, false]);
    void monitor.watch(taskId, plan);
    await clock.run(60_000);
    assert.deepEqual(unhealthy, [taskId]);
    assert.deepEqual(clock.pending, []);
  });

  it("tries again to end one that could not be ended", async () => {
    const { clock, monitor, unhealthy } = setUp([false], 2);
    const verdict = monitor.watch(taskId, { ...plan, startPeriodMs: 0 });
    await clock.run(60_000);
    assert.equal(await verdict, "unhealthy");
    assert.equal(unhealthy.length, 3);
    assert.deepEqual(clock.pending, []);
  });

  it("goes on ending one that an earlier daemon found unhealthy, without asking it again", async () => {
    const { monitor, unhealthy, probes } = setUp([true]);
    assert.equal(await monitor.watch(taskId, plan, true), "unhealthy");
    assert.deepEqual([unhealthy, probes()], [[taskId], 0]);
  });

  it("cancels the verdict of one that is forgotten", async () => {
    const { clock, monitor, unhealthy } = setUp([false]);
    const verdict: Promise<HealthVerdict> = monitor.watch(taskId, plan);
    await clock.run(1_000);
    monitor.forget(taskId);
    assert.equal(await verdict, "cancelled");
    await clock.run(60_000);
    assert.deepEqual(unhealthy, []);
  });
});
