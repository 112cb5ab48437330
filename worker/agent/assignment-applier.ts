import { backoffMs } from "../../shared/backoff.ts";
import { Bell } from "../../shared/bell.ts";
import { messageOf } from "../../shared/errors.ts";
import { InvariantError } from "../../shared/invariant.ts";
import type { Logger } from "../../shared/log.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { AgentDatabase } from "../ports/agent-database.ts";
import type { HostNetwork, NetworkTable } from "../ports/host-network.ts";
import type { AssignmentSet } from "./assignment-set.ts";
import type { TaskManager } from "./task-manager.ts";

/** Between tries to bring the kernel in line, while no newer set arrives. */
export const APPLY_RETRY = { baseMs: 200, maxMs: 5_000 } as const;

export interface ApplierOptions {
  readonly network: HostNetwork;
  readonly database: AgentDatabase;
  readonly tasks: TaskManager;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

interface Wanted {
  readonly set: AssignmentSet;
  /** Tells the session that sent it; the same function for all sets of one session. */
  readonly onApplied: (revision: number) => void;
}

/** The two halves of a host that follow the newest set, each at its own pace. */
interface Half {
  readonly name: string;
  readonly bell: Bell;
  readonly apply: (set: AssignmentSet) => Promise<void>;
  /** The last set it has applied. */
  done: Wanted | null;
}

/**
 * Makes the newest set true on this host: tables into the kernel, tasks to the task manager, both into the local
 * database. A kernel that is slow to follow does not hold up tasks. Sets that come while one is being applied are
 * skipped but for the last; a revision is acknowledged when both halves have it.
 */
export class AssignmentApplier {
  readonly #options: ApplierOptions;
  readonly #kernel: Half;
  readonly #tasks: Half;
  #wanted: Wanted | null = null;
  /** What the database holds. */
  #stored: ReadonlyMap<string, NetworkTable>;

  constructor(stored: readonly NetworkTable[], options: ApplierOptions) {
    this.#stored = new Map(stored.map((table) => [table.network?.id ?? "", table]));
    this.#options = options;
    this.#kernel = {
      name: "network tables",
      bell: new Bell(),
      apply: (set) => options.network.apply([...set.networks.values()]),
      done: null,
    };
    this.#tasks = { name: "tasks", bell: new Bell(), apply: (set) => this.#takeOver(set), done: null };
  }

  want(set: AssignmentSet, onApplied: (revision: number) => void): void {
    this.#wanted = { set, onApplied };
    this.#kernel.bell.ring();
    this.#tasks.bell.ring();
  }

  async run(signal: AbortSignal): Promise<void> {
    const restored = this.#restore();
    await Promise.all([restored.then(() => this.#follow(this.#kernel, signal)), this.#follow(this.#tasks, signal)]);
  }

  async #follow(half: Half, signal: AbortSignal): Promise<void> {
    const { clock, random, log } = this.#options;
    for (let failures = 0; !signal.aborted; ) {
      if (failures === 0) await half.bell.next(signal).catch(() => {});
      const wanted = this.#wanted;
      if (signal.aborted || wanted === null) continue;
      try {
        await half.apply(wanted.set);
        failures = 0;
        half.done = wanted;
        this.#acknowledge();
      } catch (error) {
        if (error instanceof InvariantError) throw error;
        failures++;
        log.warn(`${half.name} not applied`, { revision: wanted.set.revision, error: messageOf(error) });
        const delayMs = backoffMs(failures - 1, APPLY_RETRY, random);
        await sleep(clock, delayMs, "agent: apply again", signal).catch(() => {});
      }
    }
  }

  #acknowledge(): void {
    const [a, b] = [this.#kernel.done, this.#tasks.done];
    if (a === null || b === null || a.onApplied !== b.onApplied) return;
    a.onApplied(Math.min(a.set.revision, b.set.revision));
  }

  /** The mesh works again before any manager is reached; what has changed since, the first set will tell. */
  async #restore(): Promise<void> {
    if (this.#stored.size === 0) return;
    try {
      await this.#options.network.apply([...this.#stored.values()]);
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      this.#options.log.warn("stored networks not restored", { error: messageOf(error) });
    }
  }

  async #takeOver({ tasks, networks }: AssignmentSet): Promise<void> {
    await this.#options.tasks.takeOver(tasks);
    const putNetworks = [...networks].filter(([id, table]) => this.#stored.get(id) !== table).map(([, table]) => table);
    const removeNetworkIds = [...this.#stored.keys()].filter((id) => !networks.has(id));
    if (putNetworks.length + removeNetworkIds.length === 0) return;
    await this.#options.database.write({ putNetworks, removeNetworkIds });
    this.#stored = networks;
  }
}
