import type { ServiceId } from "../../../shared/ids.ts";
import { slotName } from "../../../shared/objects/task-name.ts";
import type { Cluster, Task } from "../../../shared/objects/types.ts";
import type { WallMs } from "../../../shared/ports/clock.ts";
import type { RebalanceStatus } from "../../../shared/rpc/gen/objects.ts";
import { type ControlLoop, type LookAgain, type LoopDeps, runControlLoop } from "../../control-loop.ts";
import type { Change, ReadView, WriteTx } from "../../store/store-types.ts";
import { takeInMoves } from "../../take-in-moves.ts";
import { isMoving, type MovingTasks } from "../../tasks/leaving.ts";
import { changesFitness, takesTasks } from "../../tasks/node-fitness.ts";
import type { PlannedMove } from "../../tasks/planned-move.ts";
import { judgeMove } from "./judge-move.ts";
import { planInSlices } from "./plan-now.ts";
import { nodeName } from "./service-balance.ts";
import { type RebalanceWish, wishOf } from "./settings.ts";

/** A node that joins brings several changes, and tasks of one service end and start together. */
const QUIET_MS = 100;
const DELAY_MS_MAX = 1_000;
/** In the background a plan reads everything, for what is worth no hurry. */
const LOOK_MS = 30_000;
/** Moves that came to nothing and are remembered (objects.proto states it, too). */
const CALLED_OFF_MAX = 32;
/** There is only one thing to look at: the whole. */
const BALANCE = "balance";

/** Nobody has asked for anything yet. */
export const NO_REBALANCE: RebalanceStatus = {
  startedAtMs: 0,
  endedAtMs: 0,
  movesLeft: 0,
  movesBegun: 0,
  gainMin: 0,
  calledOff: [],
};

/**
 * Begins moves of running tasks while somebody wants them, a few at a time, and calls off those that come to nothing,
 * until the signal. Which ones, it plans anew for each: what was true before the last one need not be now. The moves
 * themselves are up to manager/restart, as on a node that is being emptied.
 */
export async function runRebalance(deps: LoopDeps, signal: AbortSignal): Promise<void> {
  using moves = await takeInMoves(deps, "rebalance: take in what moves", signal);
  await runControlLoop(new Rebalancer(deps, moves.moving).loop, deps, signal);
}

class Rebalancer {
  readonly loop: ControlLoop<typeof BALANCE>;
  readonly #deps: LoopDeps;
  readonly #moving: MovingTasks;
  #plannedAtMs: WallMs | null = null;

  constructor(deps: LoopDeps, moving: MovingTasks) {
    this.#deps = deps;
    this.#moving = moving;
    this.loop = {
      name: "rebalance",
      scope: "object",
      quietMs: QUIET_MS,
      delayMsMax: DELAY_MS_MAX,
      everything: () => [BALANCE],
      concerned: (change, view) => (this.#concerns(change, view) ? [BALANCE] : []),
      reconcile: (_key, lookAgain) => this.#pass(lookAgain),
    };
  }

  #concerns(change: Change, view: ReadView): boolean {
    const wasMoving = change.kind === "task" && this.#moving.has(change.object.serviceId);
    this.#moving.note(change);
    switch (change.kind) {
      case "cluster":
        return true;
      // In the background the next look finds it: nothing is lost by waiting.
      case "node":
        return changesFitness(change) && (this.#moving.ids.length > 0 || isAskedFor(view));
      case "task":
        return wasMoving;
      case "service":
        return this.#moving.has(change.object.id);
      default:
        return false;
    }
  }

  async #pass(lookAgain: LookAgain<typeof BALANCE>): Promise<void> {
    const { store, clock } = this.#deps;
    const nowMs = clock.wallNow();
    const [cluster] = store.view().all("cluster");
    if (cluster === undefined) return;
    const underWay = await this.#judge(nowMs, lookAgain);
    const wish = wishOf(cluster, nowMs);
    if (wish === null) return;
    if (!wish.isAskedFor) {
      const sinceMs = this.#plannedAtMs === null ? LOOK_MS : nowMs - this.#plannedAtMs;
      lookAgain(BALANCE, LOOK_MS);
      if (underWay === 0 && sinceMs >= 0 && sinceMs < LOOK_MS) return;
    }
    const movesMax = Math.min(wish.movesMax, wish.parallelism - underWay);
    if (movesMax > 0) {
      this.#plannedAtMs = nowMs;
      const plan = await planInSlices(() => store.view(), { ...wish, movesMax }, clock);
      if (plan.moves.length > 0) {
        // What refused all of them may be in flight.
        if (!(await this.#begin(plan.moves, wish, nowMs))) lookAgain(BALANCE, DELAY_MS_MAX);
        return;
      }
    }
    if (wish.isAskedFor && underWay === 0) await this.#end(nowMs);
  }

  /** @returns how many moves go on. */
  async #judge(nowMs: WallMs, lookAgain: LookAgain<typeof BALANCE>): Promise<number> {
    const { store, log } = this.#deps;
    const view = store.view();
    const off: { readonly task: Task; readonly reason: string }[] = [];
    let underWay = 0;
    for (const id of this.#moving.ids) {
      const task = view.get("task", id);
      if (task === undefined || !isMoving(task)) continue;
      const state = judgeMove(view, task, nowMs);
      if (state.kind === "calledOff") off.push({ task, reason: state.reason });
      else {
        underWay++;
        lookAgain(BALANCE, state.leftMs);
      }
    }
    if (off.length === 0) return underWay;
    await store.update("rebalance calls moves off", (tx) => {
      for (const { task, reason } of off) callOff(tx, task, reason, nowMs);
    });
    for (const { task, reason } of off) log.info("a task stays where it is", { task: slotName(task), reason });
    return underWay;
  }

  /** @returns whether any began. */
  async #begin(moves: readonly PlannedMove[], wish: RebalanceWish, nowMs: WallMs): Promise<boolean> {
    const { store, log } = this.#deps;
    const begun = await store.update("rebalance begins moves", (tx) => {
      const made = moves.filter((move) => begin(tx, move, nowMs));
      if (wish.isAskedFor && made.length > 0) countBegun(tx, made.length);
      return made;
    });
    const view = store.view();
    for (const { task, from, to, gain, reason } of begun) {
      const [left, taken] = [from, to].map((id) => view.get("node", id));
      const names = { from: left && nodeName(left), to: taken && nodeName(taken) };
      log.info("a task moves to even out the load", { task: slotName(task), ...names, gain, reason });
    }
    return begun.length > 0;
  }

  async #end(nowMs: WallMs): Promise<void> {
    const { store, log } = this.#deps;
    const ended = await store.update("rebalance is over", (tx) => {
      const cluster = tx.cluster();
      const run = cluster.rebalance;
      if (run === null || run.startedAtMs === 0 || run.endedAtMs !== 0) return null;
      tx.update("cluster", { ...cluster, rebalance: { ...run, endedAtMs: nowMs, movesLeft: 0 } });
      return run;
    });
    if (ended === null) return;
    const calledOff = ended.calledOff.filter(({ atMs }) => atMs >= ended.startedAtMs).length;
    log.info("rebalancing is over", { begun: ended.movesBegun, calledOff });
  }
}

function isAskedFor(view: ReadView): boolean {
  const run = view.all("cluster")[0]?.rebalance ?? null;
  return run !== null && run.startedAtMs > 0 && run.endedAtMs === 0;
}

/** By the newest state: the task still runs where it did, as its service wants it, and the other node takes tasks. */
function begin(tx: WriteTx, { task, from, to, reason }: PlannedMove, nowMs: WallMs): boolean {
  const now = tx.get("task", task.id);
  const goal = tx.get("node", to);
  const service = tx.get("service", task.serviceId);
  if (now === undefined || goal === undefined || service === undefined || !takesTasks(goal)) return false;
  const isAsPlanned =
    now.nodeId === from &&
    now.desiredState === "RUNNING" &&
    now.status.state === "RUNNING" &&
    now.move === null &&
    now.generation === task.generation;
  if (isAsPlanned) tx.update("task", { ...now, move: { nodeId: to, startedAtMs: nowMs, reason } });
  return isAsPlanned;
}

function countBegun(tx: WriteTx, begun: number): void {
  const cluster = tx.cluster();
  const run = cluster.rebalance ?? NO_REBALANCE;
  const movesLeft = Math.max(0, run.movesLeft - begun);
  tx.update("cluster", { ...cluster, rebalance: { ...run, movesLeft, movesBegun: run.movesBegun + begun } });
}

function callOff(tx: WriteTx, { id, serviceId }: Task, reason: string, nowMs: WallMs): void {
  const task = tx.get("task", id);
  if (task === undefined || !isMoving(task)) return;
  tx.update("task", { ...task, move: null });
  const cluster = tx.cluster();
  tx.update("cluster", withCalledOff(cluster, { serviceId, task: slotName(task), atMs: nowMs, reason }));
}

function withCalledOff(
  cluster: Cluster,
  move: { readonly serviceId: ServiceId; readonly task: string; readonly atMs: WallMs; readonly reason: string },
): Cluster {
  const run = cluster.rebalance ?? NO_REBALANCE;
  return { ...cluster, rebalance: { ...run, calledOff: [...run.calledOff, move].slice(-CALLED_OFF_MAX) } };
}
