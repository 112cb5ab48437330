import { unreachable } from "../../shared/invariant.ts";
import { KINDS } from "../../shared/objects/kinds.ts";
import { SPEC_LIMITS } from "../../shared/objects/limits.ts";
import { slotName } from "../../shared/objects/task-name.ts";
import type { Task } from "../../shared/objects/types.ts";
import type {
  RebalanceMove,
  RebalanceRequest,
  RebalanceResponse,
  UnevenService,
} from "../../shared/rpc/gen/control.ts";
import type { RebalanceStatus } from "../../shared/rpc/gen/objects.ts";
import { REBALANCE_DEFAULTS } from "../../shared/service-spec/defaults.ts";
import { checkWhole, refuse } from "../../shared/spec-checks/refuse.ts";
import type { ReadView } from "../store/store-types.ts";
import { goalOf, heirOf, isMoving, tasksOfSlot } from "../tasks/leaving.ts";
import type { RebalancePlan } from "../tasks/planned-move.ts";
import { type ApiContext, readCommitted } from "./api-context.ts";

/**
 * What running tasks would be moved, or are, to even out the load. The moves themselves are made by the leader's loop
 * (manager/scheduler/rebalance), which goes on when the caller is gone and under another leader.
 * @throws SwarmError invalidArgument; failedPrecondition for a start while one is under way.
 */
export async function rebalance(api: ApiContext, request: RebalanceRequest): Promise<RebalanceResponse> {
  checkWhole("number of moves", request.movesMax, SPEC_LIMITS.attempts.max);
  checkWhole("least gain", request.gainMin, SPEC_LIMITS.replicas.max);
  await readCommitted(api);
  switch (request.action) {
    case "PLAN":
      return shownPlan(api, await plan(api, request));
    case "START": {
      const planned = await plan(api, request);
      await start(api, request);
      return shownPlan(api, planned);
    }
    case "STOP":
      await stop(api);
      return underWay(api);
    case "STATUS":
      return underWay(api);
    default:
      return unreachable(request.action);
  }
}

const movesMaxOf = ({ movesMax }: RebalanceRequest): number => movesMax || REBALANCE_DEFAULTS.movesMax;

function plan(api: ApiContext, request: RebalanceRequest): Promise<RebalancePlan> {
  return api.planMoves({ gainMin: request.gainMin, movesMax: movesMaxOf(request) });
}

async function start(api: ApiContext, request: RebalanceRequest): Promise<void> {
  await api.store.update("start rebalance", (tx) => {
    const cluster = tx.cluster();
    const present = underWayRun(cluster.rebalance);
    if (present !== null) {
      refuse(
        "failedPrecondition",
        `tasks are being moved already, up to ${present.movesLeft} more: wait for that, or end it with --stop`,
      );
    }
    const startedAtMs = api.clock.wallNow();
    const fresh = { startedAtMs, endedAtMs: 0, movesLeft: movesMaxOf(request), movesBegun: 0 };
    const calledOff = cluster.rebalance?.calledOff ?? [];
    tx.update("cluster", { ...cluster, rebalance: { ...fresh, gainMin: request.gainMin, calledOff } });
  });
}

/** Tasks whose successors are on their way stay after all, and the successors stop (manager/restart). */
async function stop(api: ApiContext): Promise<void> {
  const moving = api.store.view().all("task").filter(isMoving);
  await api.store.update("stop rebalance", (tx) => {
    const cluster = tx.cluster();
    const run = underWayRun(cluster.rebalance);
    if (run !== null) {
      const endedAtMs = api.clock.wallNow();
      tx.update("cluster", { ...cluster, rebalance: { ...run, endedAtMs, movesLeft: 0 } });
    }
    for (const { id } of moving) {
      const task = tx.get("task", id);
      if (task !== undefined && isMoving(task)) tx.update("task", { ...task, move: null });
    }
  });
}

/** null = none is. */
const underWayRun = (run: RebalanceStatus | null): RebalanceStatus | null =>
  run !== null && run.startedAtMs > 0 && run.endedAtMs === 0 ? run : null;

function shownPlan({ store }: ApiContext, { moves, uneven }: RebalancePlan): RebalanceResponse {
  const view = store.view();
  return {
    moves: moves.map(({ task, from, to, gain, reason }): RebalanceMove => {
      const names = { from: nodeName(view, from), to: nodeName(view, to) };
      return { taskId: task.id, task: slotName(task), ...names, gain, reason, state: "NEW", error: "" };
    }),
    uneven: uneven.map(({ service, reason }): UnevenService => ({ service: service.spec.annotations.name, reason })),
    status: view.cluster().rebalance,
  };
}

function underWay({ store }: ApiContext): RebalanceResponse {
  const view = store.view();
  const moves = view.all("task").flatMap((task) => (isMoving(task) ? [shownMove(view, task)] : []));
  return { moves, uneven: [], status: view.cluster().rebalance };
}

function shownMove(view: ReadView, task: Task & { readonly move: NonNullable<Task["move"]> }): RebalanceMove {
  const service = view.get("service", task.serviceId);
  const heir = service === undefined ? undefined : heirOf(task, tasksOfSlot(view, service, task));
  return {
    taskId: task.id,
    task: slotName(task),
    from: nodeName(view, task.nodeId),
    to: nodeName(view, goalOf(task)),
    gain: 0,
    reason: task.move.reason,
    state: heir?.status.state ?? "NEW",
    error: heir?.status.err ?? "",
  };
}

function nodeName(view: ReadView, id: string): string {
  const node = view.get("node", id);
  return node === undefined ? id : KINDS.node.nameOf(node) || id;
}
