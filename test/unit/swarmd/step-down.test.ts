import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SwarmError } from "../../../shared/errors.ts";
import { silentLogger } from "../../../shared/log.ts";
import { systemClock } from "../../../shared/ports/system-clock.ts";
import { unary } from "../../../shared/rpc/handler.ts";
import { STEP_DOWN_MS_MAX, type StepDownDeps, stepDown } from "../../../swarmd/step-down.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const SPEC = { annotations: { name: "", labels: { rack: "1" } }, desiredRole: "MANAGER", availability: "DRAIN" };

/** A manager "me" in a group of so many; `calls` are what it was asked. */
function setUp(managers: number, options: Partial<StepDownDeps> & { readonly hasLeader?: boolean } = {}) {
  const calls: unknown[] = [];
  const members = Array.from({ length: managers }, (_, index) => ({
    raftId: index + 1,
    nodeId: index ? "other" : "me",
  }));
  const answer = async (call: unknown, signal: AbortSignal, result: unknown): Promise<unknown> => {
    calls.push(call);
    if (options.hasLeader !== false) return result;
    return await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  };
  const control = {
    getNode: unary(({ ref }: { ref: string }, { signal }) => answer(ref, signal, { node: { id: ref, spec: SPEC } })),
    updateNode: unary((request, { signal }) => answer(request, signal, {})),
  };
  const deps = {
    nodeId: "me",
    manager: { control, status: () => ({ members }) },
    untilWorker: async () => {},
    clock: systemClock,
    log: silentLogger,
    ...options,
  } as unknown as StepDownDeps;
  return { calls, deps };
}

describe("a manager that leaves by force", () => {
  it("asks for its demotion, with the rest of its spec as it was, and waits until it is a worker", async () => {
    const told = Promise.withResolvers<void>();
    const { calls, deps } = setUp(3, { untilWorker: () => told.promise });
    let isOver = false;
    const leaving = stepDown(deps).then(() => {
      isOver = true;
    });
    while (calls.length < 2) await new Promise(setImmediate);
    assert.deepEqual(calls, ["me", { ref: "me", version: 0, spec: { ...SPEC, desiredRole: "WORKER" } }]);
    await new Promise(setImmediate);
    assert.equal(isOver, false);
    told.resolve();
    await leaving;
  });

  it("asks nobody when it is the last one, or not in the group", async () => {
    const last = setUp(1);
    await stepDown(last.deps);
    const stranger = setUp(3, { nodeId: "stranger" });
    await stepDown(stranger.deps);
    assert.deepEqual([...last.calls, ...stranger.calls], []);
  });

  it("goes all the same when there is no leader, after a bounded time", async () => {
    const clock = new VirtualClock();
    const { deps } = setUp(3, { hasLeader: false, clock, untilWorker: rejectOnAbort });
    const leaving = stepDown(deps);
    await clock.run(STEP_DOWN_MS_MAX);
    await leaving;
  });

  it("goes all the same when the others refuse, or forget to tell it", async () => {
    const refused = setUp(3);
    const control = {
      ...refused.deps.manager.control,
      updateNode: unary(() => Promise.reject(new SwarmError("failedPrecondition", "would lose quorum"))),
    };
    await stepDown({ ...refused.deps, manager: { ...refused.deps.manager, control }, untilWorker: rejectOnAbort });
    const clock = new VirtualClock();
    const untold = setUp(3, { clock, untilWorker: rejectOnAbort });
    const leaving = stepDown(untold.deps);
    while (untold.calls.length < 2) await new Promise(setImmediate);
    await clock.run(STEP_DOWN_MS_MAX);
    await leaving;
  });
});

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}
