import type { RaftHandle } from "../raft/raft-handle.ts";
import type { Scope } from "../shared/scope.ts";
import { runAllocator } from "./allocator/run-allocator.ts";
import { runAutoscale } from "./autoscale/run-autoscale.ts";
import { runRootRotation } from "./ca/run-root-rotation.ts";
import type { LoopDeps } from "./control-loop.ts";
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
  const depsOf = (name: string): LeaderLoopDeps => ({
    ...deps,
    random: deps.random.fork(name),
    log: deps.log.child({ component: name }),
  });
  scope.spawn("gossip keys", (signal) => runGossipKeys(depsOf("gossip-keys"), signal));
  scope.spawn("root rotation", (signal) => runRootRotation(depsOf("root-rotation"), signal));
  scope.spawn("roles", (signal) => runRoles(depsOf("roles"), signal));
  scope.spawn("reaper", (signal) => runReaper(depsOf("reaper"), signal));
  scope.spawn("allocator", (signal) => runAllocator(depsOf("allocator"), signal));
  scope.spawn("dependencies", (signal) => runDependencies(depsOf("dependencies"), signal));
  scope.spawn("scheduler", (signal) => runScheduler(depsOf("scheduler"), signal));
  // The restart supervisor before the orchestrator: a slot whose task was lost gets its successor, not a new task.
  scope.spawn("restart", (signal) => runRestart(depsOf("restart"), signal));
  scope.spawn("evacuation", (signal) => runEvacuation(depsOf("evacuation"), signal));
  scope.spawn("rebalance", (signal) => runRebalance(depsOf("rebalance"), signal));
  scope.spawn("updater", (signal) => runUpdater(depsOf("updater"), signal));
  scope.spawn("autoscale", (signal) => runAutoscale(depsOf("autoscale"), signal));
  scope.spawn("cron", (signal) => runCron(depsOf("cron"), signal));
  scope.spawn("orchestrator", (signal) => runOrchestrator(depsOf("orchestrator"), signal));
}
