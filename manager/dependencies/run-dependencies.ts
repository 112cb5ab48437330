import type { ServiceId } from "../../shared/ids.ts";
import { isBefore, isRunnable } from "../../shared/objects/task-state.ts";
import type { Service, Task } from "../../shared/objects/types.ts";
import { type LoopDeps, runControlLoop } from "../control-loop.ts";
import { allServices, itselfWithTasks, serviceLoop } from "../service-loop.ts";
import type { Change, ReadView, WriteTx } from "../store/store-types.ts";
import { waitingSentence } from "../tasks/dependencies.ts";
import { Dependents } from "../tasks/dependents.ts";
import { isDirty } from "../tasks/task-dirty.ts";

/** What is there lets others start at once; the changes of one commit arrive together anyway. */
const QUIET_MS = 0;
const DELAY_MS_MAX = 20;

/** Says what each held-up task is waiting for, and lets it go on when that is there, until the signal. */
export function runDependencies(deps: LoopDeps, signal: AbortSignal): Promise<void> {
  const dependents = new Dependents();
  const loop = serviceLoop(deps, {
    name: "dependencies",
    verb: "await",
    quietMs: QUIET_MS,
    delayMsMax: DELAY_MS_MAX,
    everything(view) {
      dependents.rebuild(view);
      return allServices(view);
    },
    concerned: (change, view) => [...dependents.concerned(change), ...ownOf(change, view)],
    decide: (tx, serviceId) => ({ steps: [], dueInMs: tellTasks(tx, serviceId) ? 0 : null }),
  });
  return runControlLoop(loop, deps, signal);
}

/** The tasks that wait for a pre-deploy command say how far its job is. */
const ownersOf = (job: Service | undefined): readonly ServiceId[] =>
  job === undefined || job.preDeployOf === "" ? [] : [job.preDeployOf as ServiceId];

function ownOf(change: Change, view: ReadView): readonly ServiceId[] {
  if (change.kind === "service") return change.action === "remove" ? [] : itselfWithTasks(change, view);
  if (change.kind !== "task") return [];
  const { awaitsDependencies, serviceId } = change.object;
  return [...(awaitsDependencies ? [serviceId] : []), ...ownersOf(view.get("service", serviceId))];
}

/**
 * Made of a spec whose pre-deploy command has not succeeded, and that was never deployed: the updater puts a task of
 * the present spec in its place.
 */
const isSuperseded = (view: ReadView, task: Task, service: Service): boolean =>
  service.spec.preDeploy !== null && isDirty(view, task, service);

/** @returns whether the transaction was full before all were told. */
function tellTasks(tx: WriteTx, serviceId: ServiceId): boolean {
  const service = tx.get("service", serviceId);
  if (service === undefined) return false;
  const held = tx
    .tasksOfService(serviceId)
    .filter((task) => task.awaitsDependencies && isRunnable(task) && isBefore(task.status.state, "ASSIGNED"));
  if (held.length === 0) return false;
  const err = waitingSentence(tx, service);
  for (const task of held) {
    if (tx.isFull) return true;
    if (err === "" && !isSuperseded(tx, task, service))
      tx.update("task", { ...task, awaitsDependencies: false, status: { ...task.status, err } });
    else if (task.status.err !== err) tx.update("task", { ...task, status: { ...task.status, err } });
  }
  return false;
}
