import { backoffMs } from "../../shared/backoff.ts";
import { Bell } from "../../shared/bell.ts";
import { messageOf } from "../../shared/errors.ts";
import { InvariantError } from "../../shared/invariant.ts";
import { type Logger, levelOfFailure } from "../../shared/log.ts";
import { contentsAmong } from "../../shared/objects/task-needs.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import type { AgentDatabase } from "../ports/agent-database.ts";
import type { HostMembership } from "../ports/host-membership.ts";
import type { HostNetwork } from "../ports/host-network.ts";
import type { LoginKeeper } from "../ports/login-keeper.ts";
import type { NameService } from "../ports/name-service.ts";
import type { TaskExecutor } from "../ports/task-executor.ts";
import type { AssignmentSet } from "./assignment-set.ts";
import { LiveTables } from "./live-tables.ts";
import { withKeptLines } from "./table-change.ts";
import type { TaskManager } from "./task-manager.ts";
import { TaskNetworks } from "./task-networks.ts";

/** Delay between tries to apply a set, while no newer one arrives. */
export const APPLY_RETRY = { baseMs: 200, maxMs: 5_000 } as const;

export interface ApplierOptions {
  readonly network: HostNetwork;
  readonly executor: Pick<TaskExecutor, "reconnect">;
  readonly names: NameService;
  readonly logins: LoginKeeper;
  readonly membership: HostMembership;
  readonly database: AgentDatabase;
  readonly tasks: TaskManager;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

interface Wanted {
  readonly set: AssignmentSet;
  /** Acknowledges to the session that sent it; the same function for all sets of one session. */
  readonly onApplied: (revision: number) => void;
}

/** What of a host follows the newest set at its own pace. */
interface Half {
  readonly name: string;
  readonly bell: Bell;
  /** null = no manager has sent anything yet: what is stored counts. */
  readonly apply: (set: AssignmentSet | null) => Promise<void>;
  /** The last set it has applied. */
  done: Wanted | null;
  /** The last one it has tried. */
  tried: Wanted | null;
}

/**
 * Applies the newest set on this host: tables go to the kernel, except endpoints of hosts that are gone; tasks go to
 * the task manager; both go to the local database. A kernel that is slow to follow does not hold up tasks. Of the sets
 * that come while one is being applied, only the last is applied; a revision is acknowledged when both halves have it,
 * and the links of tasks that were given other networks have been tried.
 */
export class AssignmentApplier implements Disposable {
  readonly #options: ApplierOptions;
  readonly #subscription: Disposable;
  readonly #kernel: Half;
  readonly #tasks: Half;
  /**
   * Waits for tables that the kernel's half brings. A set is acknowledged once it was tried: a task that cannot be
   * brought onto a network holds nothing up.
   */
  readonly #places: Half;
  readonly #live = new LiveTables();
  #wanted: Wanted | null = null;
  /** The wanted set comes from the present session, whose leader still says so. */
  #isCurrent = false;
  /** What the database holds. */
  #stored: ReadonlyMap<string, NetworkTable>;

  constructor(stored: readonly NetworkTable[], options: ApplierOptions) {
    this.#stored = new Map(stored.map((table) => [table.network?.id ?? "", table]));
    this.#options = options;
    this.#kernel = {
      name: "network tables",
      bell: new Bell(),
      apply: async (set) => {
        const tables = set?.networks ?? this.#stored;
        // If no manager has ever sent anything, it is not known what should be in the kernel.
        if (set === null && tables.size === 0) return;
        const live = this.#live.of(tables.values(), options.membership.gone(), this.#isCurrent);
        options.names.setTables(live);
        await options.network.apply(live);
      },
      done: null,
      tried: null,
    };
    this.#tasks = {
      name: "tasks",
      bell: new Bell(),
      apply: async (set) => {
        if (set !== null) await this.#takeOver(set);
      },
      done: null,
      tried: null,
    };
    const places = new TaskNetworks(options.executor);
    this.#places = {
      name: "networks of tasks",
      bell: new Bell(),
      apply: async (set) => {
        if (set !== null) await places.follow(set.tasks);
      },
      done: null,
      tried: null,
    };
    let gone = options.membership.gone();
    this.#subscription = options.membership.onChange(() => {
      if (options.membership.gone() === gone) return;
      gone = options.membership.gone();
      options.log.info("hosts that get no traffic", { nodeIds: [...gone] });
      this.#kernel.bell.ring();
    });
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  /** @returns the set as it is wanted: with the tables there are where a new session brings the same ones again. */
  want(whole: AssignmentSet, onApplied: (revision: number) => void): AssignmentSet {
    const before = this.#wanted?.set.networks ?? this.#stored;
    const set = this.#wanted?.onApplied === onApplied ? whole : withKeptTables(before, whole);
    this.#wanted = { set, onApplied };
    this.#isCurrent = true;
    this.#kernel.bell.ring();
    this.#tasks.bell.ring();
    this.#places.bell.ring();
    return set;
  }

  /** From here on no leader vouches for hosts that this one sees gone. */
  onSessionOver(): void {
    if (!this.#isCurrent) return;
    this.#isCurrent = false;
    if (this.#options.membership.gone().size > 0) this.#kernel.bell.ring();
  }

  async run(signal: AbortSignal): Promise<void> {
    // The mesh works again before any manager is reached; the first set will bring what has changed since.
    if (this.#stored.size > 0) this.#kernel.bell.ring();
    await Promise.all([this.#kernel, this.#tasks, this.#places].map((half) => this.#follow(half, signal)));
  }

  async #follow(half: Half, signal: AbortSignal): Promise<void> {
    const { clock, random, log } = this.#options;
    for (let failures = 0; !signal.aborted; ) {
      if (failures === 0) await half.bell.next(signal).catch(() => {});
      const wanted = this.#wanted;
      if (signal.aborted) continue;
      try {
        await half.apply(wanted?.set ?? null);
        failures = 0;
        half.done = wanted;
        half.tried = wanted;
        this.#acknowledge();
      } catch (error) {
        if (error instanceof InvariantError) throw error;
        half.tried = wanted;
        this.#acknowledge();
        failures++;
        const level = levelOfFailure(failures);
        log[level](`${half.name} not applied`, {
          failures,
          revision: wanted?.set.revision ?? 0,
          error: messageOf(error),
        });
        const delayMs = backoffMs(failures - 1, APPLY_RETRY, random);
        await sleep(clock, delayMs, "agent: apply again", signal).catch(() => {});
      }
    }
  }

  #acknowledge(): void {
    const [a, b, c] = [this.#kernel.done, this.#tasks.done, this.#places.tried];
    if (a === null || b === null || c === null) return;
    if (a.onApplied !== b.onApplied || a.onApplied !== c.onApplied) return;
    a.onApplied(Math.min(a.set.revision, b.set.revision, c.set.revision));
  }

  async #takeOver({ tasks, networks, needed }: AssignmentSet): Promise<void> {
    this.#options.names.setTasks(tasks);
    // Before its tasks, which begin to pull at once.
    this.#options.logins.take(needed.login.values());
    await this.#options.tasks.takeOver(tasks, contentsAmong(needed));
    const putNetworks = [...networks].filter(([id, table]) => this.#stored.get(id) !== table).map(([, table]) => table);
    const removeNetworkIds = [...this.#stored.keys()].filter((id) => !networks.has(id));
    if (putNetworks.length + removeNetworkIds.length === 0) return;
    await this.#options.database.write({ putNetworks, removeNetworkIds });
    this.#stored = networks;
  }
}

function withKeptTables(before: ReadonlyMap<string, NetworkTable>, set: AssignmentSet): AssignmentSet {
  const keep = ([id, table]: [string, NetworkTable]): [string, NetworkTable] => {
    const old = before.get(id);
    return [id, old === undefined ? table : withKeptLines(old, table)];
  };
  return { ...set, networks: new Map([...set.networks].map(keep)) };
}
