import type { ContainerKey } from "../../shared/ids.ts";
import { unreachable } from "../../shared/invariant.ts";
import { containerIdOf } from "../../shared/objects/container-id.ts";
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
  readonly #running = new Map<ContainerKey, ProcessIdentity>();

  constructor(parts: ContainerFactsParts) {
    this.#parts = parts;
  }

  async inspect(key: ContainerKey): Promise<ContainerFact> {
    if (this.#parts.records.get(key) === null) return { kind: "absent" };
    const exitCode = await this.#parts.exits.exitCodeOf(key);
    if (exitCode !== null) return await this.exited(key, exitCode);
    const known = this.#running.get(key);
    if (known !== undefined && (await this.#isAlive(known))) return toRunning(key, known);
    const state = await this.#parts.runtime.state(key);
    switch (state.kind) {
      case "created":
        return { kind: "created", containerId: containerIdOf(key) };
      case "running":
        return (await this.noteRunning(key)) ?? (await this.#awaitExit(key));
      case "stopped":
        return await this.#awaitExit(key);
      // A record but no container: it was never completed, unless there had been a process.
      case "creating":
      case "absent": {
        const hadProcess = (await this.#parts.files.kindOf(this.#paths(key).pidFile)) !== null;
        return hadProcess ? await this.exited(key, null) : { kind: "absent" };
      }
      default:
        return unreachable(state);
    }
  }

  /** The fact of an end. `exitCode` null = the container is gone without one. */
  async exited(key: ContainerKey, exitCode: number | null): Promise<ExitedFact> {
    const record = this.#parts.records.get(key);
    const status = toExitStatus({
      exitCode,
      isOutOfMemory: await this.ranOutOfMemory(key),
      memoryBytesMax: record?.memoryBytesMax ?? 0,
      isUnhealthy: record?.isUnhealthy ?? false,
    });
    return { kind: "exited", containerId: containerIdOf(key), ...status };
  }

  /** By conmon's note that the kernel killed something for memory. */
  async ranOutOfMemory(key: ContainerKey): Promise<boolean> {
    return (await this.#parts.files.kindOf(`${this.#paths(key).persist}/oom`)) !== null;
  }

  /** The container was just started. null = its process has ended already. */
  async noteRunning(key: ContainerKey): Promise<RunningFact | null> {
    const process = await this.firstProcess(key);
    if (process === null) return null;
    this.#running.set(key, process);
    return toRunning(key, process);
  }

  /** By the number that its monitor wrote; null = none, or it has ended. */
  async firstProcess(key: ContainerKey): Promise<ProcessIdentity | null> {
    const known = this.#running.get(key);
    if (known !== undefined) return (await this.#isAlive(known)) ? known : null;
    const pid = Number((await this.#parts.files.readText(this.#paths(key).pidFile)) ?? 0);
    return pid > 0 ? await this.#parts.processes.identify(pid) : null;
  }

  forget(key: ContainerKey): void {
    this.#running.delete(key);
  }

  /** The process is gone, and the monitor is about to write the exit code. */
  async #awaitExit(key: ContainerKey): Promise<ExitedFact> {
    return await this.exited(key, await this.#parts.exits.wait(key, null, NEVER_ABORTED));
  }

  async #isAlive(process: ProcessIdentity): Promise<boolean> {
    return (await this.#parts.processes.identify(process.pid))?.startTicks === process.startTicks;
  }

  #paths(key: ContainerKey): ReturnType<typeof containerPaths> {
    return containerPaths(this.#parts.shared, key);
  }
}

function toRunning(key: ContainerKey, { pid }: ProcessIdentity): RunningFact {
  return { kind: "running", containerId: containerIdOf(key), pid };
}
