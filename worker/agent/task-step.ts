import { unreachable } from "../../shared/invariant.ts";
import { isFinal, rankOf } from "../../shared/objects/task-state.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import type { PortConfig, TaskState, TaskStatus } from "../../shared/rpc/gen/objects.ts";
import type { ContainerFact } from "../ports/task-executor.ts";

/** What the worker knows about one of its tasks. */
export interface TaskKnowledge {
  /** As last assigned; its status is the manager's, which lags behind ours. */
  readonly task: Task;
  /** Ours: what we report. */
  readonly status: TaskStatus;
  /** Its container as last seen; null = not looked at since the daemon started. */
  readonly fact: ContainerFact | null;
  /** It is no longer assigned: stop it, remove it, forget it. */
  readonly isRemoved: boolean;
  /** This host has heard no leader for longer than its spec allows; from then on it has to go, whatever is heard. */
  readonly isCutOff: boolean;
  /** Stopped by this daemon because a manager said so, or because it is cut off. */
  readonly isStopped: boolean;
}

/** The next thing to do. */
export type Step =
  /** Nothing, until something changes. */
  | { readonly kind: "hold" }
  /** Only change to this state. */
  | { readonly kind: "become"; readonly state: TaskState; readonly message: string }
  | { readonly kind: "inspect" }
  | { readonly kind: "prepare" }
  | { readonly kind: "start" }
  | { readonly kind: "wait" }
  | { readonly kind: "stop" }
  | { readonly kind: "remove" };

/**
 * Advances a task by one step, as Docker Swarm does (docs/docker-behaviour.md#a-workers-steps).
 *
 *     ASSIGNED -> ACCEPTED -> PREPARING -prepare-> READY -(wanted to run)-> STARTING -start-> RUNNING -wait-> COMPLETE
 *                                 | cannot               held while wanted READY   | cannot      | exit code
 *                                 v                                                v             v
 *                              REJECTED                                          FAILED        FAILED
 *     any of them, when wanted SHUTDOWN or more, or cut off: stop -> SHUTDOWN; no longer assigned: stop, remove, forget
 */
export function nextStep(knowledge: TaskKnowledge): Step {
  const { status, task, isRemoved, isStopped, isCutOff } = knowledge;
  if (isRemoved) return isStopped ? { kind: "remove" } : { kind: "stop" };
  if (isFinal(status.state)) return { kind: "hold" };
  if (mustStop(task) || isCutOff) return { kind: "stop" };
  switch (status.state) {
    case "NEW":
    case "PENDING":
    case "ASSIGNED":
      return { kind: "become", state: "ACCEPTED", message: "accepted" };
    case "ACCEPTED":
      return { kind: "become", state: "PREPARING", message: "preparing" };
    case "PREPARING":
      return { kind: "prepare" };
    case "READY":
      if (rankOf(task.desiredState) <= rankOf("READY")) return { kind: "hold" };
      return { kind: "become", state: "STARTING", message: "starting" };
    case "STARTING":
      return { kind: "start" };
    case "RUNNING":
      return knowledge.fact === null ? { kind: "inspect" } : { kind: "wait" };
    case "COMPLETE":
    case "SHUTDOWN":
    case "FAILED":
    case "REJECTED":
    case "REMOVE":
    case "ORPHANED":
      return { kind: "hold" };
    default:
      return unreachable(status.state);
  }
}

/** A task that the manager counts as over must not keep running, even if its desired state does not say so. */
export function mustStop(task: Task): boolean {
  return rankOf(task.desiredState) >= rankOf("SHUTDOWN") || isFinal(task.status.state);
}

/** The status after a step that only names the next state. */
export function becomeState(before: TaskStatus, state: TaskState, message: string, atMs: WallMs): TaskStatus {
  return { ...before, state, message, err: "", timestampMs: atMs };
}

export function afterPrepare(before: TaskStatus, hostPorts: readonly PortConfig[], atMs: WallMs): TaskStatus {
  return { ...becomeState(before, "READY", "prepared", atMs), hostPorts };
}

/** After start, wait or inspection of an adopted container: it is running, has ended, or is lost. */
export function afterFact(
  before: TaskStatus,
  fact: ContainerFact,
  hostPorts: readonly PortConfig[],
  atMs: WallMs,
): TaskStatus {
  switch (fact.kind) {
    case "running": {
      const container = { containerId: fact.containerId, pid: fact.pid, exitCode: 0 };
      const isKnown = before.state === "RUNNING" && before.container?.pid === fact.pid;
      return isKnown ? before : { ...becomeState(before, "RUNNING", "started", atMs), container, hostPorts };
    }
    case "exited": {
      const container = { containerId: fact.containerId, pid: 0, exitCode: fact.exitCode };
      if (fact.exitCode === 0) return { ...becomeState(before, "COMPLETE", "finished", atMs), container };
      const cause = fact.cause === "" ? "" : `: ${fact.cause}`;
      const err = `task: non-zero exit (${fact.exitCode})${cause}`;
      return { ...becomeState(before, "FAILED", "started", atMs), container, err };
    }
    case "absent":
    case "created": {
      const err = "task: its container is gone: the host was restarted, or the container was removed by hand";
      return { ...becomeState(before, "FAILED", "started", atMs), err };
    }
    default:
      return unreachable(fact);
  }
}

/** After a stop, whatever the container did on the signal. @param err why, if no manager asked for it. */
export function afterStop(before: TaskStatus, fact: ContainerFact, atMs: WallMs, err = ""): TaskStatus {
  if (isFinal(before.state)) return before;
  const containerId = fact.kind === "absent" ? (before.container?.containerId ?? "") : fact.containerId;
  const exitCode = fact.kind === "exited" ? fact.exitCode : 0;
  const container = containerId === "" ? null : { containerId, pid: 0, exitCode };
  return { ...becomeState(before, "SHUTDOWN", "shutdown", atMs), container, err };
}

/** After an error that no retry will fix: before STARTING, nothing of the task has ever run. */
export function afterFatalError(before: TaskStatus, sentence: string, atMs: WallMs): TaskStatus {
  const state = rankOf(before.state) < rankOf("STARTING") ? "REJECTED" : "FAILED";
  return { ...before, state, err: sentence, timestampMs: atMs };
}

/** While a temporary fault is waited out, people can see which it is. */
export function afterPassingFault(before: TaskStatus, sentence: string, retryMs: number, atMs: WallMs): TaskStatus {
  const message = `${before.state.toLowerCase()}, next try in ${Math.ceil(retryMs / 1000)} s`;
  return { ...before, message, err: sentence, timestampMs: atMs };
}
