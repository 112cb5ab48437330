import type { TaskId } from "../../shared/ids.ts";
import type { Content } from "../../shared/objects/file-reference.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { PortConfig } from "../../shared/rpc/gen/objects.ts";

/** What is really there of a task on this host. */
export type ContainerFact =
  | { readonly kind: "absent" }
  | { readonly kind: "created"; readonly containerId: string }
  | { readonly kind: "running"; readonly containerId: string; readonly pid: number }
  | { readonly kind: "exited"; readonly containerId: string; readonly exitCode: number; readonly cause: string };

export interface LogQuery {
  readonly follow: boolean;
  /** Lines from the end; negative = all. */
  readonly tail: number;
  /** Unix milliseconds; 0 = from the beginning. */
  readonly sinceMs: number;
  /** Unix milliseconds; following ends then, too. 0, the default = no end. */
  readonly untilMs?: number;
  /** The end of the last line that is known already: only what follows is wanted, whatever `tail` and `sinceMs` say. */
  readonly resume?: LogPlace | null;
}

/** The end of a line in a container's log. */
export interface LogPlace {
  /** Counts the files of the log, from 1. */
  readonly generation: number;
  /** Bytes of that file before it. */
  readonly offset: number;
}

/** What a reader learns besides lines. */
export interface LogNotices {
  /** Lines were written faster than they were read: so many more files of the log were gone before they could be. */
  readonly onMissed?: (files: number) => void;
  /** All that was there when the log was opened has been given. */
  readonly onCaughtUp?: () => void;
}

export interface LogEntry extends LogPlace {
  readonly timestampMs: number;
  /** 0..999999 within the millisecond. */
  readonly nanos: number;
  readonly stream: "STDOUT" | "STDERR";
  /** Byte by byte, without the line end. */
  readonly text: Uint8Array;
  /** There is no line end after it: the stream's next entry goes on in the same line, or nothing more was said. */
  readonly partial: boolean;
}

/**
 * Makes a task real: image, network namespace, mounts, container. All calls are idempotent, because the daemon may die
 * between any two of them and ask again. Failures are SwarmErrors with a sentence for `service ps`; `isRetryable` ones
 * are tried again, others reject or fail the task.
 */
export interface TaskExecutor {
  /**
   * Image pulled, network and mounts made, container created but not started. `onProgress` gets a few words for people.
   * `contents` has, by id, every secret and config that the task uses (absent = none); they are kept
   * only where the container sees them.
   */
  prepare(
    task: Task,
    signal: AbortSignal,
    onProgress: (message: string) => void,
    contents?: ReadonlyMap<string, Content>,
  ): Promise<void>;
  /** `onProgress` gets which step before its command, or after it has begun, is under way. */
  start(
    task: Task,
    signal: AbortSignal,
    onProgress?: (message: string) => void,
  ): Promise<ContainerFact & { kind: "running" | "exited" }>;
  /** Resolves when its container has exited; also for one that was adopted. */
  wait(taskId: TaskId, signal: AbortSignal): Promise<ContainerFact & { kind: "exited" }>;
  /**
   * Stop signal, grace period, SIGKILL. Resolves when it is not running. An aborted `signal` only ends the waiting,
   * with its reason: a daemon that ends does not sit out a grace period, and the next one stops the container again.
   */
  stop(task: Task, signal?: AbortSignal): Promise<void>;
  /** Container, mounts, network namespace and log go; anonymous volumes too. */
  remove(taskId: TaskId): Promise<void>;
  inspect(taskId: TaskId): Promise<ContainerFact>;
  /** Brings a task onto the networks it now has, and off others, while it runs. */
  reconnect(task: Task): Promise<void>;
  /** Every task that has something on this host, whoever started it. */
  list(): Promise<readonly TaskId[]>;
  /** Host-mode ports as they were bound. */
  hostPorts(taskId: TaskId): readonly PortConfig[];
  /** `onMissed`: lines have gone before they could be read, since more were written than are kept. */
  logs(taskId: TaskId, query: LogQuery, signal: AbortSignal, notices?: LogNotices): AsyncIterable<LogEntry>;
}
