import { messageOf } from "../../../shared/errors.ts";
import type { ContainerKey, NodeId } from "../../../shared/ids.ts";
import type { NetworkTable } from "../../../shared/rpc/gen/dispatcher.ts";
import type { NetworkKernel, NetworkNamespaces } from "../../ports/network-kernel.ts";
import type { LocalTask } from "./local-task.ts";
import type { NetworkFacts } from "./network-state.ts";
import { type NetworkView, readNetwork } from "./network-view.ts";
import { type NetworkOutcome, UserNetwork } from "./user-network.ts";

/** What this host's user networks are to be made to match. */
export interface NetworksWish {
  readonly tables: readonly NetworkTable[];
  /** By network. */
  readonly tasks: ReadonlyMap<string, readonly LocalTask[]>;
  readonly facts: NetworkFacts;
  /** Links of tasks that have a namespace on this host, whatever networks they are on. */
  readonly links: ReadonlySet<string>;
}

interface Options {
  readonly namespaces: NetworkNamespaces;
  readonly nodeId: NodeId;
  /** Where the network's namespace is, or will be. */
  readonly pathOf: (networkId: string) => string;
  /** Somebody else may have changed something in one of them. */
  readonly onDisturbance: () => void;
}

/** Every user network that has a task on this host. One `bring` at a time. */
export class UserNetworks {
  readonly #options: Options;
  readonly #networks = new Map<string, UserNetwork>();
  #host: NetworkKernel | null = null;
  // A view for as long as its table is the same object.
  #views = new WeakMap<NetworkTable, NetworkView | null>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** The networks of the tables as this host sees them, but for ingress. */
  views(tables: readonly NetworkTable[]): readonly NetworkView[] {
    return tables.flatMap((table) => {
      if (table.network?.spec?.ingress === true) return [];
      if (!this.#views.has(table)) this.#views.set(table, readNetwork(table, this.#options.nodeId));
      return this.#views.get(table) ?? [];
    });
  }

  /** Resolves when each network's namespace matches, or it is known why not. Namespaces are only removed by others. */
  async bring(wish: NetworksWish, depth: "known" | "everything"): Promise<Pick<NetworkOutcome, "findings" | "byTask">> {
    const findings: string[] = [];
    const byTask = new Map<ContainerKey, string>();
    for (const view of this.views(wish.tables)) {
      const tasks = wish.tasks.get(view.id) ?? [];
      if (tasks.length === 0) continue;
      const outcome = await this.#network(view.id)
        .bring({ view, tasks, facts: wish.facts, links: wish.links }, depth)
        .catch((error: unknown): NetworkOutcome => ({ findings: [], general: [messageOf(error)], byTask: new Map() }));
      const named = (sentence: string): string => `network ${view.name}: ${sentence}`;
      findings.push(...outcome.findings.map(named));
      for (const [taskId, why] of outcome.byTask) byTask.set(taskId, named(why));
      // Without its network's namespace in order, no task of it has a network; other networks go on.
      const [why] = outcome.general;
      if (why !== undefined) for (const { taskId } of tasks) byTask.set(taskId, byTask.get(taskId) ?? named(why));
    }
    this.#closeUnused(wish.tasks);
    // Tried again when somebody looks next, which is to be soon.
    if (byTask.size > 0) this.#options.onDisturbance();
    return { findings, byTask };
  }

  /** After the namespaces were taken away, or before the process ends. */
  close(): void {
    this.#closeUnused(new Map());
    this.#host?.close();
    this.#host = null;
  }

  #network(networkId: string): UserNetwork {
    const { namespaces, pathOf, onDisturbance } = this.#options;
    this.#host ??= namespaces.own();
    const network =
      this.#networks.get(networkId) ??
      new UserNetwork({ namespaces, host: this.#host, path: pathOf(networkId), onDisturbance });
    this.#networks.set(networkId, network);
    return network;
  }

  #closeUnused(tasks: NetworksWish["tasks"]): void {
    for (const [networkId, network] of this.#networks) {
      if (tasks.has(networkId)) continue;
      network.close();
      this.#networks.delete(networkId);
    }
  }
}
