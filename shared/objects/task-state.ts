import type { TaskState } from "../rpc/gen/objects.ts";
import type { Task } from "./types.ts";

/** Progress order of task states; the numbers are the wire's (objects.proto). */
const RANK: { readonly [State in TaskState]: number } = {
  NEW: 0,
  PENDING: 64,
  ASSIGNED: 192,
  ACCEPTED: 256,
  PREPARING: 320,
  READY: 384,
  STARTING: 448,
  RUNNING: 512,
  COMPLETE: 576,
  SHUTDOWN: 640,
  FAILED: 704,
  REJECTED: 768,
  REMOVE: 800,
  ORPHANED: 832,
};

/** Who moves a task's observed state to each state; a test compares it with the table in docs/ARCHITECTURE.md. */
export const STATE_OWNER: {
  readonly [State in TaskState]: "orchestrator" | "allocator" | "scheduler" | "worker" | "dispatcher" | "nobody";
} = {
  NEW: "orchestrator",
  PENDING: "allocator",
  ASSIGNED: "scheduler",
  ACCEPTED: "worker",
  PREPARING: "worker",
  READY: "worker",
  STARTING: "worker",
  RUNNING: "worker",
  COMPLETE: "worker",
  SHUTDOWN: "worker",
  FAILED: "worker",
  REJECTED: "worker",
  REMOVE: "nobody",
  ORPHANED: "dispatcher",
};

export const rankOf = (state: TaskState): number => RANK[state];
/** a is strictly before b. */
export const isBefore = (a: TaskState, b: TaskState): boolean => RANK[a] < RANK[b];
/** Over for good: it will never run (again). */
export const isFinal = (state: TaskState): boolean => RANK[state] > RANK.RUNNING;
/** Somebody still wants it to run, now or soon. A job's task is wanted to until it has ended with exit code 0. */
export const isRunnable = ({ desiredState, status }: Pick<Task, "desiredState" | "status">): boolean =>
  RANK[desiredState] <= RANK.RUNNING || (desiredState === "COMPLETE" && status.state !== "COMPLETE");
/** Uses its node's resources and ports: assigned, and neither over nor told to go. */
export const holdsResources = (task: Task): boolean => task.nodeId !== "" && !isFinal(task.status.state);
