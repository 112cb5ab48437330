import type { RaftHandle } from "../raft/raft-handle.ts";
import type { Scope } from "../shared/scope.ts";
import { TimeSlices } from "../shared/time-slices.ts";
import { runAllocator } from "./allocator/run-allocator.ts";
import { runAutoscale } from "./autoscale/run-autoscale.ts";
import { runRootRotation } from "./ca/run-root-rotation.ts";
import { type LoopDeps, PASS_SLICE_MS } from "./control-loop.ts";
import { runCron } from "./cron/run-cron.ts";
import { runDependencies } from "./dependencies/run-dependencies.ts";
import { runEvacuation } from "./evacuation/run-evacuation.ts";
import { runGossipKeys } from "./gossip-keys/run-gossip-keys.ts";
import { runOrchestrator } from "./orchestrator/run-orchestrator.ts";
import { runReaper } from "./reaper/run-reaper.ts";
import { runRestart } from "./restart/run-restart.ts";
import { runRoles } from "./role/run-roles.ts";
import { runRebalance } from "./scheduler/rebalance/run-rebalance.ts";
import { runScheduler } from "./scheduler/run-scheduler.ts";
import type { UsageSource } from "./tasks/task-use.ts";
import { runUpdater } from "./update/run-updater.ts";

export interface LeaderLoopDeps extends LoopDeps {
  readonly raft: RaftHandle;
  /** What workers measure of their tasks. */
  readonly usage: UsageSource;
}

/**
 * Starts what only the leader runs between the API and the dispatcher, in the scope of its leadership. The loops meet
 * only in the store, so their order does not affect the outcome. Where it saves work, the order is that of a task's
 * life in reverse: loops that free things (reaper) and loops that fill them (allocator, scheduler) look at what is
 * there before orchestrators add to it.
 */
export function startLeaderLoops(scope: Scope, deps: LeaderLoopDeps): void {
  const slices = new TimeSlices({ clock: deps.clock, sliceMs: PASS_SLICE_MS, label: "leader: begin another loop" });
  const start = (name: string, run: (deps: LeaderLoopDeps, signal: AbortSignal) => Promise<void>): void =>
    scope.spawn(name, async (signal) => {
      const component = name.replaceAll(" ", "-");
      const own = { ...deps, random: deps.random.fork(component), log: deps.log.child({ component }) };
      // Each begins by marking all that there is: not all of them in one turn.
      if (slices.isUsedUp) await slices.rest(signal).catch(() => {});
      if (!signal.aborted) await run(own, signal);
    });
  start("gossip keys", runGossipKeys);
  start("root rotation", runRootRotation);
  start("roles", runRoles);
  start("reaper", runReaper);
  start("allocator", runAllocator);
  start("dependencies", runDependencies);
  start("scheduler", runScheduler);
  // The restart supervisor before the orchestrator: a slot whose task was lost gets its successor, not a new task.
  start("restart", runRestart);
  start("evacuation", runEvacuation);
  start("rebalance", runRebalance);
  start("updater", runUpdater);
  start("autoscale", runAutoscale);
  start("cron", runCron);
  start("orchestrator", runOrchestrator);
}
