import type { TaskId } from "../../shared/ids.ts";
import { isFinal, isRunnable } from "../../shared/objects/task-state.ts";
import type { PreDeployStatus, Service, Task } from "../../shared/objects/types.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import type { ReadView } from "../store/store-types.ts";
import { isAwaited } from "../tasks/canary.ts";
import { dependenciesSentence } from "../tasks/dependencies.ts";
import { placesOf } from "../tasks/places.ts";
import { preDeployJob, preDeploySentence, timeoutMsOf } from "../tasks/pre-deploy.ts";
import { isDoneJob, isOver } from "../tasks/slots.ts";
import type { TaskStep } from "../tasks/task-steps.ts";

/** The next step of a pre-deploy command that has yet to succeed. */
export type PreDeployStep =
  /** Make its job, or begin a further run of it. */
  | { readonly kind: "begin" }
  | { readonly kind: "wait"; readonly sentence: string; readonly dueInMs: number | null }
  | { readonly kind: "succeeded" }
  | {
      readonly kind: "failed";
      readonly why: string;
      readonly failedTask: TaskId | "";
      readonly steps: readonly TaskStep[];
    };

/** null = there is nothing to wait for. Everything it knows is in the store, so that a new leader goes on with it. */
export function decidePreDeploy(view: ReadView, service: Service, nowMs: WallMs): PreDeployStep | null {
  const { preDeploy } = service;
  if (!isAwaited(preDeploy)) return null;
  switch (preDeploy.state) {
    case "WAITING": {
      const sentence = dependenciesSentence(view, service);
      return sentence === "" ? { kind: "begin" } : { kind: "wait", sentence, dueInMs: null };
    }
    case "RUNNING":
      return watch(view, service, preDeploy, nowMs);
    default:
      return { kind: "wait", sentence: preDeploySentence(view, service), dueInMs: null };
  }
}

function watch(view: ReadView, service: Service, { startedAtMs }: PreDeployStatus, nowMs: WallMs): PreDeployStep {
  const job = preDeployJob(view, service);
  if (job === undefined) return { kind: "failed", why: "its job was removed", failedTask: "", steps: [] };
  const { kept } = placesOf(view, job);
  if (kept.some(isDoneJob)) return { kind: "succeeded" };
  const failed = kept.find(isOver)?.tasks.at(-1);
  if (failed !== undefined) return { kind: "failed", why: endOf(failed), failedTask: failed.id, steps: [] };
  const timeoutMs = timeoutMsOf(service.spec);
  // A new leader's clock that is behind must not make the wait longer.
  const restMs = Math.min(timeoutMs, startedAtMs + timeoutMs - nowMs);
  if (restMs > 0) return { kind: "wait", sentence: preDeploySentence(view, service), dueInMs: restMs };
  const late = kept.flatMap(({ runnable }) => runnable).at(-1);
  const why = `it did not end within ${timeoutMs / 1_000} s${late?.status.err ? `: ${late.status.err}` : ""}`;
  return { kind: "failed", why, failedTask: late?.id ?? "", steps: stopJob(view, job) };
}

function endOf({ status }: Task): string {
  return status.err || `its task was ${status.state.toLowerCase()} before it had ended`;
}

/** What is left of a job for which nothing waits any more: its service was changed or has gone back. */
export function stopLeftJob(view: ReadView, service: Service): readonly TaskStep[] {
  if (service.preDeploy?.state === "RUNNING") return [];
  const job = preDeployJob(view, service);
  return job === undefined ? [] : stopJob(view, job);
}

/** Kept as history, so that its log can be read. */
function stopJob(view: ReadView, job: Service): readonly TaskStep[] {
  return view
    .tasksOfService(job.id)
    .filter((task) => isRunnable(task) && !isFinal(task.status.state))
    .map(({ id }) => [{ kind: "shutdown", taskId: id }]);
}
