import type { ContainerKey, TaskId } from "../../shared/ids.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { NetworkEndpoint, NetworkService, NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import type { PortConfig } from "../../shared/rpc/gen/objects.ts";
import type { NameService } from "../ports/name-service.ts";
import type { NamesView } from "./answer.ts";
import { NetworkNames } from "./network-names.ts";

const NO_TASKS: ReadonlyMap<TaskId, Task> = new Map();

/** What people's own container sees. */
export interface LocalView {
  /** Networks that it is on, the swarm's too. */
  readonly networkIds: readonly string[];
  /** Others, under names that it alone knows them by. */
  readonly links: readonly NetworkEndpoint[];
  /** Its own name servers; empty = the host's. */
  readonly nameservers: readonly string[];
}

/** Names of the networks that a host has for itself. */
export interface LocalNames {
  readonly tables: readonly NetworkTable[];
  readonly views: ReadonlyMap<ContainerKey, LocalView>;
}

/** Everything a host knows of names: its networks' tables, and which of them each of its tasks sees. */
export class HostNames implements NameService {
  readonly #networks = new Map<string, NetworkNames>();
  #tasks: ReadonlyMap<ContainerKey, Task> = NO_TASKS;
  #swarm: readonly NetworkTable[] = [];
  #local: LocalNames = { tables: [], views: new Map() };
  /** Names that one container alone knows, made when it first asks. */
  #links = new WeakMap<LocalView, NetworkNames>();
  /** Of the ingress network, whose table alone has ports. */
  #published: readonly NetworkService[] = [];
  /** By service; null = to be made from `#published` when somebody asks. */
  #ports: ReadonlyMap<string, readonly PortConfig[]> | null = null;

  setTables(tables: readonly NetworkTable[]): void {
    this.#swarm = tables;
    this.#readTables();
  }

  setLocal(local: LocalNames): void {
    this.#local = local;
    this.#readTables();
  }

  #readTables(): void {
    const named = new Set<string>();
    let published: readonly NetworkService[] = [];
    for (const table of [...this.#swarm, ...this.#local.tables]) {
      const { id = "", spec } = table.network ?? {};
      // Tasks share it only to be reached from outside; they have no names on it.
      if (spec?.ingress === true) {
        published = table.services;
        continue;
      }
      named.add(id);
      const names = this.#networks.get(id) ?? new NetworkNames();
      this.#networks.set(id, names);
      names.update(table);
    }
    for (const id of this.#networks.keys()) if (!named.has(id)) this.#networks.delete(id);
    if (published !== this.#published) this.#ports = null;
    this.#published = published;
  }

  setTasks(tasks: ReadonlyMap<TaskId, Task>): void {
    this.#tasks = tasks;
  }

  /** Its own name servers, where its service names some. */
  nameserversOf(key: ContainerKey): readonly string[] {
    const own = this.#local.views.get(key);
    return own?.nameservers ?? this.#tasks.get(key)?.spec.container.dns?.nameservers ?? [];
  }

  /** A task that is not known (any more) sees no network. */
  viewOf(key: ContainerKey): NamesView {
    const own = this.#local.views.get(key);
    if (own !== undefined) {
      const networks = own.networkIds.flatMap((id) => this.#networks.get(id) ?? []);
      return { networks: [...this.#linksOf(own), ...networks], portsOf: () => [] };
    }
    const attachments = this.#tasks.get(key)?.networks ?? [];
    return {
      networks: attachments.flatMap(({ networkId }) => this.#networks.get(networkId) ?? []),
      portsOf: (serviceId) => this.#portsByService().get(serviceId) ?? [],
    };
  }

  /** Services that tasks of this host are on a network with, because they are their own: what each must find. */
  expectations(): readonly { readonly taskId: TaskId; readonly service: string }[] {
    return [...this.#tasks.values()].flatMap((task) => {
      const service = task.serviceAnnotations?.name ?? "";
      const isNamed = task.networks.some(({ networkId }) => this.#networks.has(networkId));
      return isNamed && service !== "" ? [{ taskId: task.id, service }] : [];
    });
  }

  #linksOf(view: LocalView): readonly NetworkNames[] {
    if (view.links.length === 0) return [];
    const known = this.#links.get(view) ?? new NetworkNames();
    known.update({ network: null, hosts: [], endpoints: view.links, services: [], dataPathPort: 0 });
    this.#links.set(view, known);
    return [known];
  }

  #portsByService(): ReadonlyMap<string, readonly PortConfig[]> {
    this.#ports ??= new Map(this.#published.map(({ serviceId, ports }) => [serviceId, ports]));
    return this.#ports;
  }
}
