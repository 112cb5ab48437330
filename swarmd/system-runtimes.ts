import type { Recovery } from "../raft/node/recovery.ts";
import type { Logger } from "../shared/log.ts";
import type { KeyLock } from "../shared/pki/key-lock.ts";
import type { NodeDescription } from "../shared/rpc/gen/objects.ts";
import { describeHost } from "../worker/ports/host-description.ts";
import type { DaemonOptions } from "./daemon-options.ts";
import type { UnlockKeyDeps } from "./follow-unlock-key.ts";
import type { HostEngine } from "./host-engine.ts";
import { recoverManager, startManagerRuntime } from "./manager-runtime.ts";
import type { NodeRecord } from "./node-record.ts";
import { removeManagerFiles } from "./ports/manager-files.ts";
import type {
  ActiveIdentity,
  ManagerRuntime,
  ManagerStart,
  RuntimeFactory,
  WorkerEvents,
  WorkerRuntime,
} from "./runtimes.ts";
import { clearWorker, recallTasks, startWorkerRuntime } from "./worker-runtime.ts";

export interface SystemRuntimesDeps {
  readonly options: DaemonOptions;
  readonly version: string;
  readonly log: Logger;
  readonly engine: HostEngine;
  readonly lock: KeyLock;
  readonly readUnlockKey: UnlockKeyDeps["readUnlockKey"];
  readonly onFatal: (error: unknown) => void;
}

/** The real halves of a node, on this host. */
export class SystemRuntimes implements RuntimeFactory {
  readonly #deps: SystemRuntimesDeps;
  /** The one that was started last. */
  #worker: WorkerRuntime | null = null;

  constructor(deps: SystemRuntimesDeps) {
    this.#deps = deps;
  }

  describe(dataPathAddress: string = this.#deps.options.dataPathAddress): NodeDescription {
    const { options, version } = this.#deps;
    const { engineLabels: labels, genericResources, hostname } = options;
    return describeHost({ version, dataPathAddress, labels, genericResources, hostname });
  }

  startManager(active: ActiveIdentity, start: ManagerStart, signal: AbortSignal): Promise<ManagerRuntime> {
    return startManagerRuntime(active, start, {
      ...this.#deps,
      signal,
      lendLogins: (loginOf) => this.#deps.engine.logins.borrow(loginOf),
      noteEvent: ({ type, action, id, attributes }) => this.#deps.engine.events.note(type, action, id, attributes),
      sight: (nodeId) => this.#worker?.sight(nodeId) ?? null,
    });
  }

  async startWorker(active: ActiveIdentity, events: WorkerEvents): Promise<WorkerRuntime> {
    const describe = (address: string): NodeDescription => this.describe(address);
    this.#worker = await startWorkerRuntime(active, events, { ...this.#deps, describe });
    return this.#worker;
  }

  recallTasks(): Promise<void> {
    return recallTasks(this.#deps);
  }

  clearWorker(record: NodeRecord): Promise<readonly string[]> {
    return clearWorker(record, this.#deps);
  }

  async standAlone(): Promise<void> {
    const { network, names, containers, logins } = this.#deps.engine;
    names.service.setTables([]);
    names.service.setTasks(new Map());
    containers.setTasks(() => []);
    logins.take([]);
    await network.become("");
    await network.restore();
  }

  recoverManager(record: NodeRecord): Promise<Recovery> {
    const { options, lock, log } = this.#deps;
    return recoverManager(record, options.dataDir, lock, log);
  }

  wipeManager(): Promise<void> {
    return removeManagerFiles(this.#deps.options.dataDir);
  }
}
