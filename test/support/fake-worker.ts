/** Doubles of what a worker's agent stands on: a host whose containers live in memory, and its memory. */

import { SwarmError } from "../../shared/errors.ts";
import type { TaskId } from "../../shared/ids.ts";
import type { Content } from "../../shared/objects/file-reference.ts";
import type { Task } from "../../shared/objects/types.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import type { ReadMeter } from "../../worker/agent/usage-reporter.ts";
import type { AgentChange, AgentDatabase, StoredAgent } from "../../worker/ports/agent-database.ts";
import type { BootMoment } from "../../worker/ports/boot-clock.ts";
import type { CallCarrier } from "../../worker/ports/call-carrier.ts";
import type { GuestKeeper } from "../../worker/ports/guest-keeper.ts";
import type { GoneHost, GossipFacts, HostMembership } from "../../worker/ports/host-membership.ts";
import type { HostNetwork } from "../../worker/ports/host-network.ts";
import type { LoginKeeper } from "../../worker/ports/login-keeper.ts";
import type { NameService } from "../../worker/ports/name-service.ts";
import type { ContainerFact, LogEntry, LogNotices, LogQuery, TaskExecutor } from "../../worker/ports/task-executor.ts";

/** What LevelDB would hold, across daemons. */
export class MemoryAgentDatabase implements AgentDatabase {
  nodeId: string | null = null;
  managers: readonly string[] = [];
  era = 0;
  gossip: GossipFacts | null = null;
  heard: BootMoment | null = null;
  readonly tasks = new Map<string, Task>();
  readonly networks = new Map<string, NetworkTable>();
  /** Keys of what the next load cannot understand, sets aside and names: `task/ID`, `network/ID`. */
  readonly damaged = new Set<string>();
  /** Set by tests: every write fails. */
  isFull = false;
  isOpen = true;

  async load(): Promise<StoredAgent> {
    this.isOpen = true;
    const { nodeId, managers, era, gossip, heard } = this;
    const unreadable = [...this.damaged].map((record) => ({ record, error: "damaged" }));
    for (const { record } of unreadable) {
      for (const [prefix, table] of [
        ["task/", this.tasks],
        ["network/", this.networks],
      ] as const)
        if (record.startsWith(prefix)) table.delete(record.slice(prefix.length));
    }
    this.damaged.clear();
    const [tasks, networks] = [[...this.tasks.values()], [...this.networks.values()]];
    return { nodeId, managers, era, gossip, heard, tasks, networks, unreadable };
  }

  async write(change: AgentChange): Promise<void> {
    if (this.isFull) throw new Error("no space left on device");
    this.nodeId = change.nodeId ?? this.nodeId;
    this.managers = change.managers ?? this.managers;
    this.era = change.era ?? this.era;
    this.gossip = change.gossip ?? this.gossip;
    this.heard = change.heard ?? this.heard;
    for (const task of change.putTasks ?? []) this.tasks.set(task.id, task);
    for (const id of change.removeTaskIds ?? []) this.tasks.delete(id);
    for (const table of change.putNetworks ?? []) this.networks.set(table.network?.id ?? "", table);
    for (const id of change.removeNetworkIds ?? []) this.networks.delete(id);
  }

  async wipe(): Promise<void> {
    this.nodeId = null;
    this.managers = [];
    this.era = 0;
    this.gossip = null;
    this.heard = null;
    this.tasks.clear();
    this.networks.clear();
  }

  async close(): Promise<void> {
    this.isOpen = false;
  }
}

/** A host's view of the others, as tests set it. */
export class FakeMembership implements HostMembership {
  readonly facts: GossipFacts[] = [];
  readonly #listeners = new Set<() => void>();
  #gone: ReadonlySet<string> = new Set();
  #report: readonly GoneHost[] | null = null;

  know(facts: GossipFacts): void {
    this.facts.push(facts);
  }
  gone(): ReadonlySet<string> {
    return this.#gone;
  }
  report(): readonly GoneHost[] | null {
    return this.#report;
  }
  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** From here on it sees these hosts as lost, and those `unanswered` as gone. */
  see(report: readonly GoneHost[]): void {
    this.#report = report;
    this.#gone = new Set(report.filter(({ unanswered }) => unanswered).map(({ nodeId }) => nodeId));
    for (const listener of this.#listeners) listener();
  }
}

interface Container {
  fact: ContainerFact;
  readonly changed: Set<() => void>;
  readonly lines: LogEntry[];
}

/** Containers that outlive daemons; tests end them, break calls, and look at what was asked. */
export class FakeExecutor implements TaskExecutor {
  /** How long a running task takes to come to other networks. */
  reconnectMs = 0;
  readonly reconnectFailures: Error[] = [];
  readonly containers = new Map<TaskId, Container>();
  /** Calls in order: "prepare web1", by the word before the padding of a test id. */
  readonly calls: string[] = [];
  /** Thrown by the next calls of that name, first first. */
  readonly failures = new Map<string, Error[]>();
  /** What tasks were prepared with. */
  readonly contents = new Map<TaskId, ReadonlyMap<string, Content>>();
  /** Reading them never ends, and gives nothing. */
  readonly hangingLogs = new Set<TaskId>();
  prepareMs = 0;
  stopMs = 0;
  preparing = 0;
  preparingMax = 0;
  #pid = 100;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async prepare(
    task: Task,
    signal: AbortSignal,
    onProgress: (message: string) => void,
    contents: ReadonlyMap<string, Content> = new Map(),
  ): Promise<void> {
    this.#called("prepare", task.id);
    this.contents.set(task.id, contents);
    this.preparing++;
    this.preparingMax = Math.max(this.preparingMax, this.preparing);
    try {
      onProgress("pulling");
      if (this.prepareMs > 0) await sleep(this.#clock, this.prepareMs, "fake: prepare", signal);
      if (!this.containers.has(task.id)) {
        const fact = { kind: "created", containerId: `c-${word(task.id)}` } as const;
        this.containers.set(task.id, { fact, changed: new Set(), lines: [] });
      }
    } finally {
      this.preparing--;
    }
  }

  async start(task: Task): Promise<ContainerFact & { kind: "running" | "exited" }> {
    this.#called("start", task.id);
    const container = this.containers.get(task.id);
    if (container === undefined) throw new SwarmError("internal", "no container to start");
    if (container.fact.kind === "created") {
      this.#set(task.id, { kind: "running", containerId: container.fact.containerId, pid: this.#pid++ });
    }
    const { fact } = container;
    if (fact.kind !== "running" && fact.kind !== "exited") throw new SwarmError("internal", "did not start");
    return fact;
  }

  async wait(taskId: TaskId, signal: AbortSignal): Promise<ContainerFact & { kind: "exited" }> {
    this.#called("wait", taskId);
    const container = this.containers.get(taskId);
    if (container === undefined) throw new SwarmError("internal", "no container to wait for");
    for (;;) {
      if (container.fact.kind === "exited") return container.fact;
      await new Promise<void>((resolve, reject) => {
        container.changed.add(resolve);
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
    }
  }

  async stop(task: Task, _signal?: AbortSignal): Promise<void> {
    this.#called("stop", task.id);
    if (this.stopMs > 0) await sleep(this.#clock, this.stopMs, "fake: stop");
    if (this.containers.get(task.id)?.fact.kind === "running") this.exit(task.id, 143);
  }

  async remove(taskId: TaskId): Promise<void> {
    this.#called("remove", taskId);
    this.containers.delete(taskId);
  }

  async inspect(taskId: TaskId): Promise<ContainerFact> {
    this.#called("inspect", taskId);
    return this.containers.get(taskId)?.fact ?? { kind: "absent" };
  }

  async reconnect(): Promise<void> {
    if (this.reconnectMs > 0) await sleep(this.#clock, this.reconnectMs, "fake: reconnect");
    const failure = this.reconnectFailures.shift();
    if (failure !== undefined) throw failure;
  }

  async list(): Promise<readonly TaskId[]> {
    return [...this.containers.keys()];
  }

  hostPorts(): [] {
    return [];
  }

  async *logs(
    taskId: TaskId,
    query: LogQuery,
    signal: AbortSignal,
    { onCaughtUp }: LogNotices = {},
  ): AsyncIterable<LogEntry> {
    if (this.hangingLogs.has(taskId)) await new Promise<never>(() => {});
    const container = this.containers.get(taskId);
    if (container === undefined) throw new SwarmError("notFound", "there is no log");
    const { resume = null } = query;
    const there = container.lines.length;
    const lines = container.lines.filter(({ timestampMs }) => timestampMs >= query.sinceMs);
    if (resume !== null) yield* container.lines.slice(resume.offset);
    else yield* query.tail < 0 ? lines : lines.slice(Math.max(0, lines.length - query.tail));
    onCaughtUp?.();
    for (let at = there; query.follow; ) {
      if (at < container.lines.length) yield container.lines[at++] as LogEntry;
      else await sleep(this.#clock, 10, "fake: follow log", signal);
    }
  }

  /** The container ends by itself. */
  exit(taskId: TaskId, exitCode: number): void {
    const container = this.containers.get(taskId);
    const containerId = container === undefined || container.fact.kind === "absent" ? "" : container.fact.containerId;
    this.#set(taskId, { kind: "exited", containerId, exitCode, cause: "" });
  }

  /** The container writes a line. */
  say(taskId: TaskId, text: string): void {
    const timestampMs = this.#clock.wallNow();
    const lines = this.containers.get(taskId)?.lines;
    const place = { generation: 1, offset: (lines?.length ?? 0) + 1 };
    lines?.push({ timestampMs, nanos: 0, stream: "STDOUT", text: Buffer.from(text), partial: false, ...place });
  }

  running(): readonly TaskId[] {
    return [...this.containers].filter(([, { fact }]) => fact.kind === "running").map(([taskId]) => taskId);
  }

  #set(taskId: TaskId, fact: ContainerFact): void {
    const container = this.containers.get(taskId);
    if (container === undefined) throw new Error(`no container of ${taskId}`);
    container.fact = fact;
    const waiting = [...container.changed];
    container.changed.clear();
    for (const wake of waiting) wake();
  }

  #called(name: string, taskId: TaskId): void {
    this.calls.push(`${name} ${word(taskId)}`);
    const failure = this.failures.get(name)?.shift();
    if (failure !== undefined) throw failure;
  }
}

/** A kernel that takes whatever it is told, after `applyMs`. */
export class FakeNetwork implements HostNetwork {
  tables: readonly NetworkTable[] = [];
  applied = 0;
  applyMs = 0;
  isTornDown = false;
  readonly failures: Error[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async apply(tables: readonly NetworkTable[]): Promise<void> {
    if (this.applyMs > 0) await sleep(this.#clock, this.applyMs, "fake: apply");
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    this.tables = tables;
    this.applied++;
  }

  async attach(): ReturnType<HostNetwork["attach"]> {
    return {
      address: "192.0.2.10",
      namespacePath: "",
      hostPorts: [],
      resolver: null,
      nameservers: [],
      hostAddress: null,
    };
  }

  async update(): ReturnType<HostNetwork["update"]> {
    return null;
  }

  async detach(): Promise<void> {}

  async attached(): ReturnType<HostNetwork["attached"]> {
    return [];
  }

  async repair(): Promise<readonly string[]> {
    return [];
  }

  async teardown(): Promise<void> {
    this.isTornDown = true;
  }
}

/** Nobody asks it for names. */
export const noLogins: LoginKeeper = { take() {} };
/** Of a host that does not say what its tasks use. */
export const noMeter: ReadMeter = async () => null;

export const noCarrier: CallCarrier = { take() {} };

export const noGuests: GuestKeeper = { onSession() {}, onSessionOver() {} };
export const noNames: NameService = { setTables() {}, setTasks() {} };

function word(taskId: TaskId): string {
  return taskId.replace(/z+$/, "");
}
