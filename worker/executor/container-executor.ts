import { SwarmError } from "../../shared/errors.ts";
import type { TaskId } from "../../shared/ids.ts";
import { SIGKILL } from "../../shared/linux/signals.ts";
import type { Logger } from "../../shared/log.ts";
import type { Content } from "../../shared/objects/file-reference.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { PortConfig } from "../../shared/rpc/gen/objects.ts";
import type { ImageStore } from "../images/image-store.ts";
import type { LogKeeper } from "../logs/log-keeper.ts";
import { readLogs } from "../logs/read-logs.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { HostNetwork } from "../ports/host-network.ts";
import type { ProcessIdentity, ProcessTable } from "../ports/process-table.ts";
import type { ContainerFact, LogEntry, LogQuery, TaskExecutor } from "../ports/task-executor.ts";
import { containerPaths, type SharedPaths } from "../runtime/container-paths.ts";
import type { OciRuntime } from "../runtime/oci-runtime.ts";
import type { ContainerFacts, ExitedFact, RunningFact } from "./container-facts.ts";
import type { ContainerGroups } from "./container-groups.ts";
import type { ContainerMaker } from "./container-maker.ts";
import type { ContainerRecord } from "./container-record.ts";
import type { ContainerRecords } from "./container-records.ts";
import type { ContainerRemover } from "./container-remover.ts";
import type { ExitWatch } from "./exit-watch.ts";
import type { HealthPlan } from "./health.ts";
import { HealthMonitor } from "./health-monitor.ts";
import { HealthProbe } from "./health-probe.ts";
import { KeyedLock } from "./keyed-lock.ts";

export interface ContainerExecutorParts {
  readonly shared: SharedPaths;
  readonly files: HostFiles;
  readonly network: Pick<HostNetwork, "attached">;
  readonly processes: ProcessTable;
  readonly clock: Clock;
  readonly log: Logger;
  readonly images: ImageStore;
  readonly runtime: OciRuntime;
  readonly records: ContainerRecords;
  readonly exits: ExitWatch;
  readonly facts: ContainerFacts;
  readonly maker: ContainerMaker;
  readonly remover: ContainerRemover;
  readonly groups: ContainerGroups;
  readonly logs: LogKeeper;
}

/** A killed process is gone at once, unless the kernel holds it for a device. */
const KILL_WAIT_MS = 10_000;
const NEVER_ABORTED = new AbortController().signal;
const LATE = new Error("it did not end in time");

/**
 * Tasks as OCI containers, each under its own monitor, which does not depend on this daemon.
 *
 *     prepare: image -> network -> files, record -> monitor -> created     start: created -> running [-> healthy]
 *     wait: running -> exited      stop: signal, grace, SIGKILL -> exited      remove: nothing is left
 */
export class ContainerExecutor implements TaskExecutor, AsyncDisposable {
  readonly #parts: ContainerExecutorParts;
  readonly #health: HealthMonitor;
  readonly #lock = new KeyedLock();

  constructor(parts: ContainerExecutorParts) {
    this.#parts = parts;
    const probe = new HealthProbe(parts);
    this.#health = new HealthMonitor({
      clock: parts.clock,
      log: parts.log,
      probe: (taskId, plan, signal) => probe.run(taskId, plan, signal),
      onUnhealthy: (taskId, signal) => this.#onUnhealthy(taskId, signal),
    });
  }

  async prepare(
    task: Task,
    signal: AbortSignal,
    onProgress: (message: string) => void,
    contents: ReadonlyMap<string, Content> = new Map(),
  ): Promise<void> {
    const { facts, images, maker, remover } = this.#parts;
    if ((await facts.inspect(task.id)).kind !== "absent") return;
    const image = await images.ensure(task.spec.container.image, signal, onProgress);
    await this.#lock.run(task.id, async () => {
      signal.throwIfAborted();
      if ((await facts.inspect(task.id)).kind !== "absent") return;
      await remover.clear(task.id);
      await maker.make(task, image, contents, signal);
    });
  }

  async start(task: Task, signal: AbortSignal): Promise<RunningFact | ExitedFact> {
    signal.throwIfAborted();
    const fact = await this.#lock.run(task.id, () => this.#start(task.id));
    const health = this.#parts.records.get(task.id)?.health ?? null;
    return fact.kind === "exited" || health === null ? fact : await this.#untilHealthy(fact, task.id, health, signal);
  }

  async wait(taskId: TaskId, signal: AbortSignal): Promise<ExitedFact> {
    const { exits, facts, records, remover } = this.#parts;
    const fact = await facts.inspect(taskId);
    const health = records.get(taskId)?.health ?? null;
    if (fact.kind === "running") this.#keepLog(taskId);
    // No health check runs yet for an adopted container.
    const wasGivenUp = records.get(taskId)?.isUnhealthy ?? false;
    if (fact.kind === "running" && health !== null) void this.#health.watch(taskId, health, wasGivenUp);
    const exited =
      fact.kind === "exited"
        ? fact
        : fact.kind === "absent"
          ? await facts.exited(taskId, null)
          : await facts.exited(taskId, await exits.wait(taskId, await facts.firstProcess(taskId), signal));
    this.#health.forget(taskId);
    await remover.release(taskId);
    return exited;
  }

  async stop(task: Task, signal: AbortSignal = NEVER_ABORTED): Promise<void> {
    this.#health.forget(task.id);
    await this.#lock.run(task.id, () => this.#stop(task.id, task.spec.container.stopGracePeriodMs, signal));
  }

  async remove(taskId: TaskId): Promise<void> {
    this.#health.forget(taskId);
    await this.#lock.run(taskId, () => this.#parts.remover.clear(taskId));
  }

  inspect(taskId: TaskId): Promise<ContainerFact> {
    return this.#parts.facts.inspect(taskId);
  }

  async list(): Promise<readonly TaskId[]> {
    const { groups, records, network } = this.#parts;
    // A daemon that died right after attaching a task, or whose files were lost since, left only its network; a
    // container whose files were lost still has its control group.
    const known = new Set([...(await records.found()), ...(await network.attached())]);
    return [...known, ...(await groups.stray((taskId) => known.has(taskId)))].sort();
  }

  hostPorts(taskId: TaskId): readonly PortConfig[] {
    return this.#parts.records.get(taskId)?.hostPorts ?? [];
  }

  logs(taskId: TaskId, query: LogQuery, signal: AbortSignal, onMissed: () => void = () => {}): AsyncIterable<LogEntry> {
    const isOver = async (): Promise<boolean> => {
      const { kind } = await this.inspect(taskId);
      return kind === "exited" || kind === "absent";
    };
    const { files, clock, shared } = this.#parts;
    return readLogs(containerPaths(shared, taskId).log, query, { files, clock, isOver, onMissed }, signal);
  }

  /** Stops looking after containers; they keep running. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#health.close(), this.#parts.logs.close()]);
    this.#parts.exits[Symbol.dispose]();
  }

  async #start(taskId: TaskId): Promise<RunningFact | ExitedFact> {
    const { facts, records, runtime } = this.#parts;
    const record = records.get(taskId);
    if (record === null) throw new SwarmError("failedPrecondition", `task ${taskId} has no container on this host`);
    this.#keepLog(taskId);
    try {
      await runtime.start(taskId, record.name);
    } catch (error) {
      // It may have been started before the daemon was killed.
      const fact = await facts.inspect(taskId);
      if (fact.kind === "running" || fact.kind === "exited") return fact;
      throw error;
    }
    const running = await facts.noteRunning(taskId);
    if (running !== null) return running;
    const fact = await facts.inspect(taskId);
    if (fact.kind === "running" || fact.kind === "exited") return fact;
    return await facts.exited(taskId, null);
  }

  #keepLog(taskId: TaskId): void {
    const { logs, records, shared } = this.#parts;
    const limits = records.get(taskId)?.log ?? null;
    const { log, monitorControl } = containerPaths(shared, taskId);
    if (limits !== null) logs.keep(taskId, { ...limits, path: log, control: monitorControl });
  }

  /** Docker counts a container with a health check as started only when it is healthy; so do we. */
  async #untilHealthy(
    fact: RunningFact,
    taskId: TaskId,
    plan: HealthPlan,
    signal: AbortSignal,
  ): Promise<RunningFact | ExitedFact> {
    const waiting = new AbortController();
    const exit = this.wait(taskId, AbortSignal.any([signal, waiting.signal]));
    try {
      const first = await Promise.race([this.#health.watch(taskId, plan), exit]);
      return first === "healthy" ? fact : await exit;
    } finally {
      // Once it is healthy, waiting for its end is up to the next caller.
      exit.catch(() => {});
      waiting.abort(new SwarmError("cancelled", "healthy"));
    }
  }

  async #onUnhealthy(taskId: TaskId, signal: AbortSignal): Promise<void> {
    const { facts, records } = this.#parts;
    await this.#lock.run(taskId, async () => {
      const record = records.get(taskId);
      if (record === null || (await facts.inspect(taskId)).kind !== "running") return;
      await records.put({ ...record, isUnhealthy: true });
      await this.#stop(taskId, undefined, signal);
    });
  }

  async #stop(taskId: TaskId, graceMs: number | undefined, signal: AbortSignal): Promise<void> {
    const { facts, files, records, remover, runtime, shared } = this.#parts;
    const fact = await facts.inspect(taskId);
    const record = records.get(taskId);
    if (record === null || fact.kind === "absent") return;
    if (fact.kind === "created") {
      // Without a process number it counts as never made rather than as lost.
      await files.remove(containerPaths(shared, taskId).pidFile);
      await runtime.delete(taskId);
    }
    if (fact.kind === "running") await this.#end(taskId, record, graceMs ?? record.stopGraceMs, signal);
    await remover.release(taskId);
  }

  /** Stop signal, grace period, SIGKILL. @throws SwarmError deadlineExceeded when not even that ended it. */
  async #end(taskId: TaskId, record: ContainerRecord, graceMs: number, signal: AbortSignal): Promise<void> {
    const { facts, processes } = this.#parts;
    const process = await facts.firstProcess(taskId);
    if (process === null) return;
    await processes.kill(process, record.stopSignal);
    if (await this.#endsWithin(taskId, process, graceMs, signal)) return;
    await processes.kill(process, SIGKILL);
    if (await this.#endsWithin(taskId, process, KILL_WAIT_MS, signal)) return;
    throw new SwarmError("deadlineExceeded", `container ${record.name} has not ended although it was killed`);
  }

  async #endsWithin(taskId: TaskId, process: ProcessIdentity, limitMs: number, signal: AbortSignal): Promise<boolean> {
    const { clock, exits } = this.#parts;
    const late = new AbortController();
    using _timer = clock.schedule(limitMs, "executor/stop", () => late.abort(LATE));
    try {
      await exits.wait(taskId, process, AbortSignal.any([late.signal, signal]));
      return true;
    } catch (error) {
      if (error === LATE) return false;
      throw error;
    }
  }
}
