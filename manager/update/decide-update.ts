import type { TaskId } from "../../shared/ids.ts";
import { unreachable } from "../../shared/invariant.ts";
import { isBefore } from "../../shared/objects/task-state.ts";
import type { Service, ServiceSpec } from "../../shared/objects/types.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import type { UpdateStatus } from "../../shared/rpc/gen/objects.ts";
import type { ReadView } from "../store/store-types.ts";
import { heldBase, isHeldBack } from "../tasks/canary.ts";
import { waitingSentence } from "../tasks/dependencies.ts";
import { DisruptionBudget } from "../tasks/disruption-budget.ts";
import { isJob } from "../tasks/jobs.ts";
import { rolloutRules } from "../tasks/policies.ts";
import { awaitsFirstDeploy } from "../tasks/pre-deploy.ts";
import { RoomForTwo } from "../tasks/room-for-two.ts";
import { sameData } from "../tasks/same-data.ts";
import { preferred } from "../tasks/slot-phase.ts";
import type { TaskOp, TaskStep } from "../tasks/task-steps.ts";
import { decidePreDeploy, type PreDeployStep, stopLeftJob } from "./decide-pre-deploy.ts";
import { findFailures } from "./failures.ts";
import { type RunningSince, type SlotRollout, slotRollouts } from "./slot-rollout.ts";

type RolloutRules = ReturnType<typeof rolloutRules>;

export interface UpdatePlan {
  readonly steps: readonly TaskStep[];
  /** The service's new update status; null = unchanged. */
  readonly status: UpdateStatus | null;
  /** Restore the spec that the service falls back to. */
  readonly isRollback: boolean;
  /** When to look again even if nothing changes; null = not needed. */
  readonly dueInMs: number | null;
  /** Why no further slot can be begun, though none is under way. */
  readonly held?: string;
  /** Why old tasks stop first although the new ones should start first; absent = they do not. */
  readonly stopFirst?: string;
  /** What becomes of the pre-deploy command of the service's spec. */
  readonly preDeploy?: PreDeployStep;
}

/** What the decision uses besides the store. */
export interface UpdateMoment {
  readonly nowMs: WallMs;
  readonly runningSince: RunningSince;
}

/** After an update whose delay is longer than the monitor time, a little more time to see the last task fail. */
const LATE_FAILURE_MS = 1000;
const NOTHING: UpdatePlan = { steps: [], status: null, isRollback: false, dueInMs: null };

/**
 * The next step of a service's rolling update. Its progress is read from the tasks themselves, so an update goes on
 * under a new leader; a paused update waits until the API clears the status with a new spec.
 */
export function decideUpdate(view: ReadView, service: Service, moment: UpdateMoment): UpdatePlan {
  const present = service.updateStatus;
  // A job has nothing to be replaced slot by slot: its orchestrator begins a new run.
  if (isJob(service)) return NOTHING;
  if (present?.state === "PAUSED" || present?.state === "ROLLBACK_PAUSED") return NOTHING;
  const preDeploy = decidePreDeploy(view, service, moment.nowMs);
  if (preDeploy !== null) return beforeDeploy(service, preDeploy, moment.nowMs);
  const left = stopLeftJob(view, service);
  if (left.length > 0) return { ...NOTHING, steps: left, dueInMs: 0 };
  const slots = slotRollouts(view, service, moment.runningSince);
  const waiting = slots.every(({ phase }) => phase === "updated") ? "" : waitingSentence(view, service);
  const isUnderWay = present?.state === "UPDATING" || present?.state === "ROLLBACK_STARTED";
  if (isUnderWay) return withMessage(goOn(view, service, present, slots, moment, waiting), present, waiting);
  if (slots.every(({ phase }) => phase === "updated")) return keepCanary(service, slots, moment.nowMs);
  const plan = advance(view, service, slots, moment.nowMs, waiting !== "");
  return { ...plan, status: withWords(plan, underWay(null, moment.nowMs), waiting) };
}

const IN_PROGRESS = "update in progress";

/** Until its pre-deploy command has succeeded, an update replaces nothing, and a new service starts nothing. */
function beforeDeploy(service: Service, preDeploy: PreDeployStep, nowMs: WallMs): UpdatePlan {
  const present = service.updateStatus;
  const status = underWay(present, nowMs);
  switch (preDeploy.kind) {
    case "begin":
    case "succeeded":
      return { ...NOTHING, preDeploy, dueInMs: 0 };
    case "wait": {
      const { sentence, dueInMs } = preDeploy;
      // Of a service that was never deployed, the tasks that wait say so.
      const isTold = service.generation === 1 || (present?.state === "UPDATING" && present.message === sentence);
      return { ...NOTHING, status: isTold ? null : { ...status, message: sentence }, dueInMs };
    }
    case "failed": {
      const { steps, why: end, failedTask } = preDeploy;
      const why = `because its pre-deploy command failed: ${end}`;
      const plan = onFailure(service, { ...status, failedTask }, rolloutRules(service), why, nowMs);
      return { ...plan, steps, preDeploy };
    }
    default:
      return unreachable(preDeploy);
  }
}

function underWay(present: UpdateStatus | null, nowMs: WallMs): UpdateStatus {
  if (present?.state === "UPDATING") return present;
  return { state: "UPDATING", startedAtMs: nowMs, completedAtMs: 0, message: IN_PROGRESS, failedTask: "" };
}

/** What it waits for; else that it goes on. An order that was not asked for is said to the end. */
function withWords(plan: UpdatePlan, status: UpdateStatus, waiting: string): UpdateStatus {
  const { stopFirst = plan.stopFirst } = status;
  const message = waiting || plan.held || `${IN_PROGRESS}${orderNote(stopFirst)}`;
  return { ...status, message, ...(stopFirst === undefined ? {} : { stopFirst }) };
}

const orderNote = (stopFirst: string | undefined): string =>
  stopFirst === undefined ? "" : `, stop-first: ${stopFirst}`;

/** What an update waits for is its message meanwhile. */
function withMessage(plan: UpdatePlan, present: UpdateStatus, waiting: string): UpdatePlan {
  if (plan.status !== null || present.state !== "UPDATING") return plan;
  const status = withWords(plan, present, waiting);
  return sameData(status, present) ? plan : { ...plan, status };
}

function goOn(
  view: ReadView,
  service: Service,
  status: UpdateStatus,
  slots: readonly SlotRollout[],
  moment: UpdateMoment,
  waiting: string,
): UpdatePlan {
  const rules = rolloutRules(service);
  if (rules.failureAction !== "CONTINUE") {
    const failures = findFailures(view, service, status.startedAtMs, rules.monitorMs, moment.runningSince);
    const affected = slots.filter(({ phase, isTouched }) => phase !== "updated" || isTouched).length;
    const [first] = failures;
    if (first !== undefined && failures.length / Math.max(1, affected) > rules.maxFailureRatio) {
      return onFailure(service, { ...status, failedTask: first }, rules, why(view, first), moment.nowMs);
    }
  }
  if (slots.some(({ phase }) => phase !== "updated"))
    return advance(view, service, slots, moment.nowMs, waiting !== "");
  return maybeComplete(service, status, slots, rules, moment.nowMs);
}

/**
 * Removes old tasks where the new one runs, and begins as many further slots as may be under way; none while what the
 * service depends on is not there: the old tasks serve meanwhile.
 */
function advance(
  view: ReadView,
  service: Service,
  slots: readonly SlotRollout[],
  nowMs: WallMs,
  isHeld: boolean,
): UpdatePlan {
  const rules = rolloutRules(service);
  const budget = new DisruptionBudget(view, service);
  const orders = new Orders(view, service, rules.order);
  const steps: TaskStep[] = [];
  let free = rules.parallelism === 0 ? Number.POSITIVE_INFINITY : rules.parallelism;
  let dueInMs: number | null = null;
  let isUnderWay = false;
  for (const progress of slots) {
    if (progress.phase === "crossing") {
      const finish = finishCrossing(progress, orders.of(progress), budget);
      orders.note(finish);
      steps.push(...finish);
    }
    const busyMs = busyForMs(progress, rules, nowMs);
    if (busyMs === 0) continue;
    isUnderWay = true;
    free--;
    if (busyMs !== null) dueInMs = Math.min(dueInMs ?? busyMs, busyMs);
  }
  let isRefused = false;
  for (const progress of slots) {
    if (free <= 0 || isHeld) break;
    if (progress.phase !== "outdated") continue;
    // A slot further on may have nothing that serves: it can be replaced at no cost, and perhaps mended.
    const order = orders.of(progress);
    if (order === "STOP_FIRST" && !budget.take(progress.slot, progress.slot.runnable)) {
      isRefused = true;
      continue;
    }
    steps.push(replaceSlot(progress, order));
    free--;
  }
  const held = isRefused && !isUnderWay && steps.length === 0 ? { held: budget.sentence } : {};
  const { stopFirst } = orders;
  return { ...NOTHING, steps, dueInMs, ...held, ...(stopFirst === undefined ? {} : { stopFirst }) };
}

type Order = RolloutRules["order"];

/** In which order a slot's tasks are replaced: as it was asked for, but where there can be no second task. */
class Orders {
  readonly #asked: Order;
  readonly #room: RoomForTwo;
  /** Why some slot's old task stops first, though that was not asked for. */
  stopFirst: string | undefined;

  constructor(view: ReadView, service: Service, asked: Order) {
    this.#asked = asked;
    this.#room = new RoomForTwo(view, service);
  }

  of({ slot, keeper }: SlotRollout): Order {
    // What is new has found a node.
    if (this.#asked === "STOP_FIRST" || (keeper !== null && !isBefore(keeper.status.state, "ASSIGNED"))) {
      return this.#asked;
    }
    const why = this.#room.whyNot(slot);
    if (why === "") return this.#asked;
    this.stopFirst ??= why;
    return "STOP_FIRST";
  }

  /** These steps are taken: what they stop is in nobody's way. */
  note(steps: readonly TaskStep[]): void {
    for (const op of steps.flat()) if (op.kind === "shutdown") this.#room.free(op.taskId);
  }
}

/** How long the slot still counts as under way: 0 = it does not, null = until its task runs. */
function busyForMs(progress: SlotRollout, rules: RolloutRules, nowMs: WallMs): number | null {
  if (progress.phase === "outdated" || !progress.isTouched) return 0;
  if (progress.arrivedAtMs === null) return null;
  return Math.max(0, progress.arrivedAtMs + rules.delayMs - nowMs);
}

function finishCrossing({ slot, keeper }: SlotRollout, order: Order, budget: DisruptionBudget): readonly TaskStep[] {
  if (order === "START_FIRST" && keeper?.status.state !== "RUNNING") return [];
  const leaving = slot.runnable.filter(({ id }) => id !== keeper?.id);
  if (!budget.take(slot, leaving)) return [];
  return leaving.map(({ id }) => [{ kind: "shutdown", taskId: id }]);
}

function replaceSlot({ slot }: SlotRollout, order: Order): TaskStep {
  const place = { slot: slot.slot, nodeId: slot.nodeId } as const;
  switch (order) {
    case "START_FIRST": {
      // One task serves until the new one runs; others are left over from updates that this one overtook.
      const serving = slot.runnable.reduce(preferred, null);
      const stops = slot.runnable
        .filter((task) => task !== serving)
        .map(({ id }): TaskOp => ({ kind: "shutdown", taskId: id }));
      return [...stops, { kind: "create", ...place, desiredState: "RUNNING" }];
    }
    case "STOP_FIRST": {
      // Made with desired state READY: the restart supervisor lets it start once the old ones have stopped.
      const stops = slot.runnable.map(({ id }): TaskOp => ({ kind: "shutdown", taskId: id }));
      return [...stops, { kind: "create", ...place, desiredState: "READY" }];
    }
    default:
      return unreachable(order);
  }
}

function onFailure(
  service: Service,
  status: UpdateStatus,
  rules: RolloutRules,
  why: string,
  nowMs: WallMs,
): UpdatePlan {
  if (status.state === "ROLLBACK_STARTED") {
    return { ...NOTHING, status: { ...status, state: "ROLLBACK_PAUSED", message: `rollback paused ${why}` } };
  }
  if (rules.failureAction === "ROLLBACK" && fallbackOf(service) !== null) {
    const message = `update rolled back ${why}`;
    return {
      ...NOTHING,
      status: { ...status, state: "ROLLBACK_STARTED", startedAtMs: nowMs, completedAtMs: 0, message },
      isRollback: true,
    };
  }
  return { ...NOTHING, status: { ...status, state: "PAUSED", message: `update paused ${why}` } };
}

/**
 * What an update goes back to when it fails. While a spec is held back, that is what the other slots run, however often
 * the spec that is tried was changed; where nothing was ever deployed, there is none.
 */
export const fallbackOf = (service: Service): ServiceSpec | null =>
  awaitsFirstDeploy(service) ? null : (heldBase(service)?.base ?? service.previousSpec);

/** Docker's words, and the task's own error: the task is dropped from history long before people forget the update. */
function why(view: ReadView, taskId: TaskId): string {
  const err = view.get("task", taskId)?.status.err ?? "";
  return `due to failure or early termination of task ${taskId}${err === "" ? "" : `: ${err}`}`;
}

/** Every slot is updated: the last one is watched for a while, then the update is over. */
function maybeComplete(
  service: Service,
  status: UpdateStatus,
  slots: readonly SlotRollout[],
  rules: RolloutRules,
  nowMs: WallMs,
): UpdatePlan {
  const touched = slots.filter(({ isTouched }) => isTouched);
  if (touched.some(({ arrivedAtMs }) => arrivedAtMs === null)) return NOTHING;
  const watchMs = rules.delayMs >= rules.monitorMs ? rules.delayMs + LATE_FAILURE_MS : rules.monitorMs;
  const lastMs = touched.reduce((last, { arrivedAtMs }) => Math.max(last, arrivedAtMs ?? 0), 0);
  // A new leader's clock that is behind must not make the watch longer.
  const restMs = touched.length === 0 ? 0 : Math.min(watchMs, lastMs + watchMs - nowMs);
  if (restMs > 0) return { ...NOTHING, dueInMs: restMs };
  if (service.canary !== null) return keepCanary(service, slots, nowMs);
  const isRollback = status.state === "ROLLBACK_STARTED";
  const isBarren = touched.length === 0 && status.failedTask !== "";
  return {
    ...NOTHING,
    status: {
      ...status,
      state: isRollback ? "ROLLBACK_COMPLETED" : "COMPLETED",
      completedAtMs: nowMs,
      // Where a failure came before anything was replaced, it is all that there is to say.
      message: isRollback
        ? isBarren
          ? status.message
          : "rollback completed"
        : `update completed${orderNote(status.stopFirst)}`,
    },
  };
}

/** A canary runs: that is shown until people promote or abort it, or write another spec. */
function keepCanary(service: Service, slots: readonly SlotRollout[], nowMs: WallMs): UpdatePlan {
  if (service.canary === null) return NOTHING;
  const tried = slots.filter(({ slot }) => !isHeldBack(service, slot)).length;
  const message = `canary: ${tried} of ${slots.length} run the new spec; promote or abort`;
  const present = service.updateStatus;
  if (present?.state === "CANARY" && present.message === message) return NOTHING;
  const startedAtMs = present?.startedAtMs ?? nowMs;
  return { ...NOTHING, status: { state: "CANARY", startedAtMs, completedAtMs: nowMs, message, failedTask: "" } };
}
