import { inWordsOfDisk } from "../../shared/disk-fault.ts";
import { SwarmError } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import type { Logger } from "../../shared/log.ts";
import type { Content } from "../../shared/objects/file-reference.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { PortConfig, TaskSpec } from "../../shared/rpc/gen/objects.ts";
import type { ImageUser } from "../images/image-keeper.ts";
import type { ImageStore, LocalImage } from "../images/image-store.ts";
import type { LogKeeper } from "../logs/log-keeper.ts";
import type { LogSender } from "../logs/log-sender.ts";
import { readLogs } from "../logs/read-logs.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { HostNetwork } from "../ports/host-network.ts";
import type { ProcessTable } from "../ports/process-table.ts";
import type { ContainerFact, LogEntry, LogNotices, LogQuery } from "../ports/task-executor.ts";
import { type ContainerPaths, containerPaths, type SharedPaths } from "../runtime/container-paths.ts";
import type { DirectoryLimits } from "../runtime/directory-limits.ts";
import type { OciRuntime } from "../runtime/oci-runtime.ts";
import type { Volumes } from "../volumes/volumes.ts";
import type { Attachments } from "./attachments.ts";
import { holdBriefly, letGo } from "./brief-hold.ts";
import type { CellMaker } from "./cell-maker.ts";
import type { ContainerFacts, ExitedFact, RunningFact } from "./container-facts.ts";
import type { ContainerGroups } from "./container-groups.ts";
import { type ContainerLookup, RecordedContainers } from "./container-lookup.ts";
import type { ContainerMaker } from "./container-maker.ts";
import type { ContainerRecord } from "./container-record.ts";
import type { ContainerRecords } from "./container-records.ts";
import type { ContainerRemover } from "./container-remover.ts";
import type { ContainerSteps } from "./container-steps.ts";
import { endContainer } from "./end-container.ts";
import type { ExitWatch } from "./exit-watch.ts";
import type { HealthPlan, HealthState } from "./health.ts";
import { HealthMonitor, type HealthReport } from "./health-monitor.ts";
import { HealthProbe } from "./health-probe.ts";
import { isOver, keepLog } from "./keep-log.ts";
import { KeyedLock } from "./keyed-lock.ts";
import { startContainer } from "./start-container.ts";
import { tellNames } from "./told-names.ts";
import { placeOf, pullPolicyOf, type WantedContainer } from "./wanted-container.ts";

export interface ContainerExecutorParts {
  readonly shared: SharedPaths;
  readonly files: HostFiles;
  readonly network: Pick<HostNetwork, "attached" | "update">;
  readonly processes: ProcessTable;
  readonly clock: Clock;
  readonly log: Logger;
  readonly images: ImageStore;
  readonly runtime: OciRuntime;
  readonly records: ContainerRecords;
  readonly exits: ExitWatch;
  readonly facts: ContainerFacts;
  readonly maker: ContainerMaker;
  readonly cells: CellMaker;
  readonly remover: ContainerRemover;
  readonly groups: ContainerGroups;
  readonly logs: LogKeeper;
  readonly sender: LogSender;
  readonly attachments: Attachments;
  readonly steps: ContainerSteps;
  readonly volumes: Volumes;
  readonly limits: DirectoryLimits;
  /** By a volume's name. */
  readonly volumeLock: KeyedLock;
  /** A container's health check has come to another status. */
  readonly onHealth?: (key: ContainerKey, status: HealthState["status"]) => void;
}

/** The containers that use a volume, running or not. */
type UsersOf = (volume: string) => readonly { readonly name: string }[];

const NEVER_ABORTED = new AbortController().signal;

/**
 * OCI containers, each under its own monitor, which does not depend on this daemon. All calls are idempotent, as those
 * of TaskExecutor are: the daemon may die between any two of them and ask again.
 *
 *     prepare: image -> network -> files, record -> monitor -> created     start: created -> running [-> healthy]
 *     wait: running -> exited      stop: signal, grace, SIGKILL -> exited      remove: nothing is left
 */
export class ContainerExecutor implements AsyncDisposable {
  readonly #parts: ContainerExecutorParts;
  readonly #health: HealthMonitor;
  readonly #lock = new KeyedLock();
  /** Finds what people mean. */
  readonly lookup: ContainerLookup;

  constructor(parts: ContainerExecutorParts) {
    this.#parts = parts;
    this.lookup = new RecordedContainers(parts.shared, parts.records, parts.facts);
    const probe = new HealthProbe(parts);
    this.#health = new HealthMonitor({
      clock: parts.clock,
      log: parts.log,
      probe: (key, plan, signal) => probe.run(key, plan, signal),
      onUnhealthy: (key, signal) => this.#onUnhealthy(key, signal),
      onStatus: (key, status) => parts.onHealth?.(key, status),
    });
  }

  /** What containers' changed files may take. */
  get limits(): DirectoryLimits {
    return this.#parts.limits;
  }

  /** The host's volumes, who uses one, and the lock under which that may change. */
  get volumes(): { readonly store: Volumes; readonly lock: KeyedLock; readonly usersOf: UsersOf } {
    const { volumes, volumeLock, records } = this.#parts;
    const usersOf: UsersOf = (name) => records.all().filter((record) => record.volumes.includes(name));
    return { store: volumes, lock: volumeLock, usersOf };
  }

  /**
   * Image pulled, network and mounts made, container created but not started. `onProgress` gets a few words for people.
   * `contents` has, by id, every secret and config that it uses (absent = none).
   * @throws SwarmError
   */
  async prepare(
    wanted: WantedContainer,
    signal: AbortSignal,
    onProgress: (message: string) => void,
    contents: ReadonlyMap<string, Content> = new Map(),
  ): Promise<void> {
    const { maker, remover } = this.#parts;
    const { key } = wanted;
    if (!(await this.#isMissing(wanted))) return;
    const options = { policy: pullPolicyOf(wanted), serviceId: wanted.task?.serviceId ?? "", imageId: wanted.imageId };
    const image = await inWordsOfDisk(() => this.image(wanted.spec.container.image, options, signal, onProgress));
    await this.#lock.run(key, async () => {
      signal.throwIfAborted();
      if (!(await this.#isMissing(wanted))) return;
      await inWordsOfDisk(async () => {
        await (wanted.isKept ? remover.renew(key) : remover.clear(key));
        await maker.make(wanted, image, contents, signal);
      });
    });
  }

  /** An image of this host, pulled if the policy wants that. @throws SwarmError */
  async image(
    name: string,
    how: Parameters<ImageStore["ensure"]>[3] & object,
    signal: AbortSignal,
    onProgress: (message: string) => void,
  ): Promise<LocalImage> {
    return await this.#parts.images.ensure(name, signal, onProgress, how);
  }

  async #isMissing({ key, isKept }: WantedContainer): Promise<boolean> {
    const { kind } = await this.#parts.facts.inspect(key);
    return kind === "absent" || (kind === "exited" && isKept);
  }

  /** Whose image is whose. */
  imageUsers(): readonly ImageUser[] {
    return this.#parts.records.imageUsers();
  }

  /**
   * Resolves once it runs and what follows its start is done, where it must be healthy once it is that; or when it has
   * ended. `onProgress` gets which step is under way. @throws SwarmError, also when a step failed.
   */
  async start(
    key: ContainerKey,
    signal: AbortSignal,
    onProgress: (message: string) => void = () => {},
  ): Promise<RunningFact | ExitedFact> {
    signal.throwIfAborted();
    const fact = await this.#lock.run(key, async () => {
      keepLog(key, this.#parts);
      const begun = await startContainer(key, this.#parts, signal, onProgress);
      // Nobody waits for one that has ended already, and others get its addresses.
      if (begun.kind === "exited") await this.#parts.remover.release(key);
      return begun;
    });
    const record = this.#parts.records.get(key);
    const health = record?.mustBeHealthy === true ? record.health : null;
    return fact.kind === "exited" || health === null ? fact : await this.#untilHealthy(fact, key, health, signal);
  }

  /** Resolves when it has exited; also for one that was adopted. */
  async wait(key: ContainerKey, signal: AbortSignal): Promise<ExitedFact> {
    const { exits, facts, records, remover } = this.#parts;
    const fact = await facts.inspect(key);
    const health = records.get(key)?.health ?? null;
    if (fact.kind === "running") keepLog(key, this.#parts);
    // No health check runs yet for an adopted container.
    const wasGivenUp = records.get(key)?.isUnhealthy ?? false;
    if (fact.kind === "running" && health !== null) void this.#health.watch(key, health, wasGivenUp);
    const exited =
      fact.kind === "exited"
        ? fact
        : fact.kind === "absent"
          ? await facts.exited(key, null)
          : await facts.exited(key, await exits.wait(key, await facts.firstProcess(key), signal));
    this.#health.forget(key);
    await this.#lock.run(key, async () => {
      // By now somebody may have started it again, and what is there is the next run's.
      const { kind } = await facts.inspect(key);
      if (kind === "exited" || kind === "absent") await remover.release(key);
    });
    return exited;
  }

  /**
   * Stop signal, grace period, SIGKILL. Resolves when it is not running. `graceMs` absent = its own. An aborted
   * `signal` only ends the waiting, with its reason.
   */
  async stop(key: ContainerKey, graceMs?: number, signal: AbortSignal = NEVER_ABORTED): Promise<void> {
    this.#health.forget(key);
    await this.#lock.run(key, () => this.#stop(key, graceMs, signal));
  }

  /** Sends its first process a signal. Resolves with whether there was one. */
  async kill(key: ContainerKey, signal: number): Promise<boolean> {
    const process = await this.#parts.facts.firstProcess(key);
    return process !== null && (await this.#parts.processes.kill(process, signal));
  }

  /** Holds all of its processes, or lets them go on. @throws SwarmError */
  async hold(key: ContainerKey, isHeld: boolean): Promise<void> {
    await this.#lock.run(key, () => this.#parts.runtime.hold(key, isHeld));
  }

  /** Does `work` while all of its processes are held; whoever stops it does not wait for that. @throws SwarmError */
  async whileHeld<T>(key: ContainerKey, work: () => Promise<T>): Promise<T> {
    await this.#lock.run(key, () => holdBriefly(key, this.#parts));
    try {
      return await work();
    } finally {
      await this.#lock.run(key, async () => {
        if ((await this.inspect(key)).kind === "running") await letGo(key, this.#parts);
      });
    }
  }

  /** Refuses limits that this host does not have, and says what it has. @throws SwarmError failedPrecondition. */
  checkLimits(spec: TaskSpec): ReturnType<ContainerMaker["checkLimits"]> {
    return this.#parts.maker.checkLimits(spec);
  }

  /** Changes the limits of one that runs, in the words of the OCI configuration. @throws SwarmError */
  async limit(key: ContainerKey, resources: Readonly<Record<string, unknown>>): Promise<void> {
    const { files, runtime, shared } = this.#parts;
    const { resources: path } = containerPaths(shared, key);
    await this.#lock.run(key, async () => {
      await files.writeText(path, JSON.stringify(resources));
      await runtime.update(key, path);
    });
  }

  /** Whether the kernel killed something in it for lack of memory. */
  async ranOutOfMemory(key: ContainerKey): Promise<boolean> {
    return await this.#parts.facts.ranOutOfMemory(key);
  }

  /** When it ended, by its monitor's note, in Unix milliseconds; null = there is none. */
  async endedAtMs(key: ContainerKey): Promise<number | null> {
    return await this.#parts.files.createdAtMs(this.paths(key).exit);
  }

  /** How its health check has gone so far; null = it has none, or does not run. */
  health(key: ContainerKey): HealthReport | null {
    return this.#health.report(key);
  }

  /** What this host remembers of it; null = nothing. */
  record(key: ContainerKey): ContainerRecord | null {
    return this.#parts.records.get(key);
  }

  /** It is called otherwise from now on. */
  async rename(key: ContainerKey, name: string): Promise<void> {
    const { records } = this.#parts;
    await this.#lock.run(key, async () => {
      const record = records.get(key);
      if (record !== null) await records.put({ ...record, name });
    });
  }

  /** Containers that have a record here. */
  records(): readonly ContainerRecord[] {
    return this.#parts.records.all();
  }

  /** Where a volume's files are on this host. */
  volumePath(name: string): string {
    return this.#parts.volumes.pathOf(name);
  }

  paths(key: ContainerKey): ContainerPaths {
    return containerPaths(this.#parts.shared, key);
  }

  /** Nothing of it is left on this host, but its anonymous volumes if they are to stay. */
  async remove(key: ContainerKey, { keepVolumes = false } = {}): Promise<void> {
    this.#health.forget(key);
    await this.#lock.run(key, () => this.#parts.remover.clear(key, { keepVolumes }));
    this.#parts.attachments.end(key);
  }

  /** Brings it onto the networks that it should be on now, and off others, while it runs. */
  async reconnect(wanted: WantedContainer): Promise<void> {
    const names = await this.#parts.network.update(placeOf(wanted));
    if (names !== null) await tellNames(this.#parts, wanted, names);
  }

  inspect(key: ContainerKey): Promise<ContainerFact> {
    return this.#parts.facts.inspect(key);
  }

  /** Every container that has something on this host, whoever made it. */
  async list(): Promise<readonly ContainerKey[]> {
    const { groups, records, network } = this.#parts;
    // A daemon that died right after attaching a task, or whose files were lost since, left only its network; a
    // container whose files were lost still has its control group.
    const known = new Set([...(await records.found()), ...(await network.attached())]);
    return [...known, ...(await groups.stray((key) => known.has(key)))].sort();
  }

  /** Who is attached to what. */
  get attachments(): Attachments {
    return this.#parts.attachments;
  }

  /** Makes for others what containers have around them. */
  get cells(): CellMaker {
    return this.#parts.cells;
  }

  get runtime(): OciRuntime {
    return this.#parts.runtime;
  }

  hostPorts(key: ContainerKey): readonly PortConfig[] {
    return this.#parts.records.get(key)?.hostPorts ?? [];
  }

  logs(key: ContainerKey, query: LogQuery, signal: AbortSignal, notices: LogNotices = {}): AsyncIterable<LogEntry> {
    const { files, clock, shared } = this.#parts;
    const source = { files, clock, isOver: () => isOver(key, this.#parts), ...notices };
    return readLogs(containerPaths(shared, key).log, query, source, signal);
  }

  /** Stops looking after containers; they keep running. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#health.close(), this.#parts.logs.close(), this.#parts.sender.close()]);
    this.#parts.exits[Symbol.dispose]();
    this.#parts.attachments[Symbol.dispose]();
  }

  /** Docker counts a container with a health check as started only when it is healthy; so do we. */
  async #untilHealthy(
    fact: RunningFact,
    key: ContainerKey,
    plan: HealthPlan,
    signal: AbortSignal,
  ): Promise<RunningFact | ExitedFact> {
    const waiting = new AbortController();
    const exit = this.wait(key, AbortSignal.any([signal, waiting.signal]));
    try {
      const first = await Promise.race([this.#health.watch(key, plan), exit]);
      return first === "healthy" ? fact : await exit;
    } finally {
      // Once it is healthy, waiting for its end is up to the next caller.
      exit.catch(() => {});
      waiting.abort(new SwarmError("cancelled", "healthy"));
    }
  }

  async #onUnhealthy(key: ContainerKey, signal: AbortSignal): Promise<"ended" | "runsOn"> {
    const { facts, records } = this.#parts;
    if (records.get(key)?.mustBeHealthy === false) return "runsOn";
    await this.#lock.run(key, async () => {
      const record = records.get(key);
      if (record === null || (await facts.inspect(key)).kind !== "running") return;
      await records.put({ ...record, isUnhealthy: true });
      await this.#stop(key, undefined, signal);
    });
    return "ended";
  }

  async #stop(key: ContainerKey, graceMs: number | undefined, signal: AbortSignal): Promise<void> {
    const { facts, files, records, remover, runtime, shared } = this.#parts;
    const fact = await facts.inspect(key);
    const record = records.get(key);
    if (record === null || fact.kind === "absent") return;
    if (fact.kind === "created") {
      // Without a process number it counts as never made rather than as lost.
      await files.remove(containerPaths(shared, key).pidFile);
      await runtime.delete(key);
    }
    if (fact.kind === "running")
      await endContainer(key, { record, graceMs: graceMs ?? record.stopGraceMs }, this.#parts, signal);
    await remover.release(key);
  }
}
