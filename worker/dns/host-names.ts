import type { ContainerKey, TaskId } from "../../shared/ids.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { NetworkService, NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import type { PortConfig } from "../../shared/rpc/gen/objects.ts";
import type { NameService } from "../ports/name-service.ts";
import type { NamesView } from "./answer.ts";
import { NetworkNames } from "./network-names.ts";

const NO_TASKS: ReadonlyMap<TaskId, Task> = new Map();

/** Everything a host knows of names: its networks' tables, and which of them each of its tasks sees. */
export class HostNames implements NameService {
  readonly #networks = new Map<string, NetworkNames>();
  #tasks: ReadonlyMap<ContainerKey, Task> = NO_TASKS;
  /** Of the ingress network, whose table alone has ports. */
  #published: readonly NetworkService[] = [];
  /** By service; null = to be made from `#published` when somebody asks. */
  #ports: ReadonlyMap<string, readonly PortConfig[]> | null = null;

  setTables(tables: readonly NetworkTable[]): void {
    const named = new Set<string>();
    let published: readonly NetworkService[] = [];
    for (const table of tables) {
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
    return this.#tasks.get(key)?.spec.container.dns?.nameservers ?? [];
  }

  /** A task that is not known (any more) sees no network. */
  viewOf(key: ContainerKey): NamesView {
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

  #portsByService(): ReadonlyMap<string, readonly PortConfig[]> {
    this.#ports ??= new Map(this.#published.map(({ serviceId, ports }) => [serviceId, ports]));
    return this.#ports;
  }
}
