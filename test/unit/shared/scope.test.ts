import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { silentLogger } from "../../../shared/log.ts";
import { sleep } from "../../../shared/ports/clock.ts";
import { systemClock } from "../../../shared/ports/system-clock.ts";
import { Scope } from "../../../shared/scope.ts";

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });

describe("a scope", () => {
  it("waits for its tasks before it disposes its resources, last first", async () => {
    const order: string[] = [];
    const scope = new Scope(silentLogger);
    scope.defer(() => void order.push("first resource"));
    scope.defer(() => void order.push("second resource"));
    scope.spawn("task", async (signal) => {
      await untilAborted(signal);
      order.push("task");
    });
    await scope.end();
    assert.deepEqual(order, ["task", "second resource", "first resource"]);
  });

  it("ends as a whole when one task fails, and keeps the reason", async () => {
    const scope = new Scope(silentLogger);
    scope.spawn("healthy", untilAborted);
    scope.spawn("failing", () => Promise.reject(new Error("disk full")));
    await scope.ended;
    assert.equal((scope.failure as Error).message, "disk full");
    assert.equal(scope.signal.aborted, true);
  });

  it("does not end when a task merely finishes", async () => {
    const scope = new Scope(silentLogger);
    let finished = false;
    scope.spawn("short", async () => {
      finished = true;
    });
    await Promise.resolve();
    assert.equal(finished, true);
    assert.equal(scope.signal.aborted, false);
    await scope.end();
  });

  it("ends with its parent, also with one that has ended already", async () => {
    const parent = new AbortController();
    const before = new Scope(silentLogger, parent.signal);
    parent.abort();
    await before.ended;
    await new Scope(silentLogger, parent.signal).ended;
  });
});

describe("sleep", () => {
  it("rejects with the signal's reason and leaves no timer", async () => {
    const controller = new AbortController();
    const sleeping = sleep(systemClock, 60_000, "test", controller.signal);
    controller.abort(new Error("enough"));
    await assert.rejects(sleeping, /enough/);
  });
});
