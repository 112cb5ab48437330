import type { TaskId } from "../../shared/ids.ts";
import { unreachable } from "../../shared/invariant.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { ProcessIdentity, ProcessTable } from "../ports/process-table.ts";
import type { ContainerFact } from "../ports/task-executor.ts";
import { containerPaths, type SharedPaths } from "../runtime/container-paths.ts";
import { toExitStatus } from "../runtime/exit-status.ts";
import type { OciRuntime } from "../runtime/oci-runtime.ts";
import type { ContainerRecords } from "./container-records.ts";
import type { ExitWatch } from "./exit-watch.ts";

export interface ContainerFactsParts {
  readonly shared: SharedPaths;
  readonly files: HostFiles;
  readonly processes: ProcessTable;
  readonly runtime: OciRuntime;
  readonly records: ContainerRecords;
  readonly exits: ExitWatch;
}

export type ExitedFact = ContainerFact & { kind: "exited" };
export type RunningFact = ContainerFact & { kind: "running" };

const NEVER_ABORTED = new AbortController().signal;

/**
 * What is true about containers, according to the monitor's files, the kernel and the OCI runtime, in this order: the
 * cheapest first. Memory only saves asking the runtime again about a process that is known to be a running container's.
 */
export class ContainerFacts {
  readonly #parts: ContainerFactsParts;
  readonly #running = new Map<TaskId, ProcessIdentity>();

  constructor(parts: ContainerFactsParts) {
    this.#parts = parts;
  }

  async inspect(taskId: TaskId): Promise<ContainerFact> {
    if (this.#parts.records.get(taskId) === null) return { kind: "absent" };
    const exitCode = await this.#parts.exits.exitCodeOf(taskId);
    if (exitCode !== null) return await this.exited(taskId, exitCode);
    const known = this.#running.get(taskId);
    if (known !== undefined && (await this.#isAlive(known))) return toRunning(taskId, known);
    const state = await this.#parts.runtime.state(taskId);
    switch (state.kind) {
      case "created":
        return { kind: "created", containerId: taskId };
      case "running":
        return (await this.noteRunning(taskId)) ?? (await this.#awaitExit(taskId));
      case "stopped":
        return await this.#awaitExit(taskId);
      // A record but no container: it was never completed, unless there had been a process.
      case "creating":
      case "absent": {
        const hadProcess = (await this.#parts.files.kindOf(this.#paths(taskId).pidFile)) !== null;
        return hadProcess ? await this.exited(taskId, null) : { kind: "absent" };
      }
      default:
        return unreachable(state);
    }
  }

  /** The fact of an end. `exitCode` null = the container is gone without one. */
  async exited(taskId: TaskId, exitCode: number | null): Promise<ExitedFact> {
    const record = this.#parts.records.get(taskId);
    // conmon's note that the kernel killed something for memory.
    const oom = await this.#parts.files.kindOf(`${this.#paths(taskId).persist}/oom`);
    const status = toExitStatus({
      exitCode,
      isOutOfMemory: oom !== null,
      memoryBytesMax: record?.memoryBytesMax ?? 0,
      isUnhealthy: record?.isUnhealthy ?? false,
    });
    return { kind: "exited", containerId: taskId, ...status };
  }

  /** The container was just started. null = its process has ended already. */
  async noteRunning(taskId: TaskId): Promise<RunningFact | null> {
    const process = await this.firstProcess(taskId);
    if (process === null) return null;
    this.#running.set(taskId, process);
    return toRunning(taskId, process);
  }

  /** By the number that its monitor wrote; null = none, or it has ended. */
  async firstProcess(taskId: TaskId): Promise<ProcessIdentity | null> {
    const known = this.#running.get(taskId);
    if (known !== undefined) return (await this.#isAlive(known)) ? known : null;
    const pid = Number((await this.#parts.files.readText(this.#paths(taskId).pidFile)) ?? 0);
    return pid > 0 ? await this.#parts.processes.identify(pid) : null;
  }

  forget(taskId: TaskId): void {
    this.#running.delete(taskId);
  }

  /** The process is gone, and the monitor is about to write the exit code. */
  async #awaitExit(taskId: TaskId): Promise<ExitedFact> {
    return await this.exited(taskId, await this.#parts.exits.wait(taskId, null, NEVER_ABORTED));
  }

  async #isAlive(process: ProcessIdentity): Promise<boolean> {
    return (await this.#parts.processes.identify(process.pid))?.startTicks === process.startTicks;
  }

  #paths(taskId: TaskId): ReturnType<typeof containerPaths> {
    return containerPaths(this.#parts.shared, taskId);
  }
}

function toRunning(taskId: TaskId, { pid }: ProcessIdentity): RunningFact {
  return { kind: "running", containerId: taskId, pid };
}
