import type { NetworkId, NodeId, ServiceId, TaskId } from "../../shared/ids.ts";
import { firstSubnet } from "../../shared/objects/network.ts";
import { isRunnable } from "../../shared/objects/task-state.ts";
import type { Network, NetworkAttachment, Service, Task } from "../../shared/objects/types.ts";
import type { Endpoint } from "../../shared/rpc/gen/objects.ts";
import type { ReadView } from "../store/store-types.ts";
import { isIngress, servesEndpoint } from "../tasks/endpoint.ts";
import { isolate, type Trouble, troubleSentence } from "../trouble.ts";
import { AddressBook, type AddressCursors } from "./address-book.ts";
import { PortBook, type PortCursors } from "./port-book.ts";

/** Where searches for free addresses and ports go on. Losing it costs nothing but the rest of freed ones. */
export interface AllocatorMemory {
  readonly addresses: AddressCursors;
  readonly ports: PortCursors;
}

/** What the allocator found; each entry is one object to write. */
export interface AllocationPlan {
  readonly nodes: readonly { readonly nodeId: NodeId; readonly attachments: readonly NetworkAttachment[] }[];
  readonly services: readonly { readonly serviceId: ServiceId; readonly endpoint: Endpoint }[];
  /** Tasks that have all they need and become PENDING. */
  readonly ready: readonly ReadyTask[];
  /** Tasks that wait, with the reason as people will read it; only where it is news. */
  readonly refused: readonly { readonly taskId: TaskId; readonly err: string }[];
  /** There is more to do than `changesMax`. */
  readonly isPartial: boolean;
  /** Some tasks wait for an address or port to be freed. */
  readonly isWaiting: boolean;
  /** Objects over which the allocator failed: they get nothing, the others do. */
  readonly troubles: readonly Trouble[];
}

export interface ReadyTask {
  readonly taskId: TaskId;
  readonly networks: readonly NetworkAttachment[];
  readonly endpoint: Endpoint;
}

/**
 * Gives hosts and tasks their addresses and services their published ports. What is in use is read from the view before
 * anything new is given, so nothing is given twice, under this leader or the next.
 */
export function decideAllocation(view: ReadView, memory: AllocatorMemory, changesMax: number): AllocationPlan {
  const allocation = new Allocation(view, memory, changesMax);
  allocation.addNodes();
  allocation.addServices();
  allocation.addTasks();
  return allocation.plan;
}

/** Attachments that could be had, or why not. */
type Attached =
  | { readonly kind: "attached"; readonly networks: readonly NetworkAttachment[] }
  | { readonly kind: "refused"; readonly err: string };

class Allocation {
  readonly #view: ReadView;
  readonly #addresses: AddressBook;
  readonly #ports: PortBook;
  readonly #ingress: NetworkId | null;
  readonly #changesMax: number;
  /** Endpoints of services whose ports are right; the others' tasks wait with the sentence. */
  readonly #endpoints = new Map<ServiceId, Endpoint | string>();
  readonly #nodes: AllocationPlan["nodes"][number][] = [];
  readonly #services: AllocationPlan["services"][number][] = [];
  readonly #ready: ReadyTask[] = [];
  readonly #refused: AllocationPlan["refused"][number][] = [];
  readonly #troubles: Trouble[] = [];
  #isPartial = false;
  #isWaiting = false;

  constructor(view: ReadView, memory: AllocatorMemory, changesMax: number) {
    this.#view = view;
    this.#changesMax = changesMax;
    this.#addresses = new AddressBook(view, memory.addresses, this.#troubles);
    this.#ports = new PortBook(view, memory.ports, this.#troubles);
    const isIngressNetwork = (network: Network): boolean =>
      isolate(this.#troubles, `network ${network.id}`, () => network.spec.ingress, false);
    this.#ingress = view.all("network").find(isIngressNetwork)?.id ?? null;
  }

  get plan(): AllocationPlan {
    return {
      nodes: this.#nodes,
      services: this.#services,
      ready: this.#ready,
      refused: this.#refused,
      isPartial: this.#isPartial,
      isWaiting: this.#isWaiting,
      troubles: this.#troubles,
    };
  }

  /** Every host has an address on ingress, whether or not a task of it needs one: it carries what enters through it. */
  addNodes(): void {
    const ingress = this.#ingress;
    if (ingress === null) return;
    for (const node of this.#view.all("node")) {
      const isAttached = (): boolean => node.attachments.some(({ networkId }) => networkId === ingress);
      if (isolate(this.#troubles, `node ${node.id}`, isAttached, true)) continue;
      if (this.#isFull()) return;
      const address = this.#addresses.take(ingress);
      if (address === null) {
        this.#isWaiting = true;
        return;
      }
      this.#nodes.push({ nodeId: node.id, attachments: [...node.attachments, attachment(ingress, address)] });
    }
  }

  addServices(): void {
    for (const service of this.#view.all("service")) {
      if (this.#isFull()) return;
      const failed = this.#troubles.length;
      isolate(this.#troubles, `service ${service.id}`, () => this.#addService(service), undefined);
      if (this.#troubles.length > failed) {
        this.#endpoints.set(service.id, troubleSentence(this.#troubles.at(-1)?.error));
      }
    }
  }

  #addService(service: Service): void {
    if (service.endpoint !== null && servesEndpoint(service.endpoint, service.spec)) {
      this.#endpoints.set(service.id, service.endpoint);
      return;
    }
    const result = this.#ports.allocate(service);
    if (result.kind === "refused") {
      this.#isWaiting = true;
      this.#endpoints.set(service.id, result.err);
    } else {
      this.#endpoints.set(service.id, result.endpoint);
      this.#services.push({ serviceId: service.id, endpoint: result.endpoint });
    }
  }

  addTasks(): void {
    for (const task of this.#view.all("task")) {
      if (task.status.state !== "NEW" || !isRunnable(task)) continue;
      const service = this.#view.get("service", task.serviceId);
      const endpoint = this.#endpoints.get(task.serviceId);
      if (service === undefined || endpoint === undefined) continue;
      if (this.#isFull()) return;
      const attach = (): Attached =>
        typeof endpoint === "string" ? { kind: "refused", err: endpoint } : this.#attach(task, endpoint, service);
      const attached = isolate<Attached | null>(this.#troubles, `task ${task.id}`, attach, null) ?? {
        kind: "refused",
        err: troubleSentence(this.#troubles.at(-1)?.error),
      };
      if (attached.kind === "attached" && typeof endpoint !== "string") {
        this.#ready.push({ taskId: task.id, networks: attached.networks, endpoint });
      } else if (attached.kind === "refused") {
        this.#isWaiting = true;
        if (task.status.err !== attached.err) this.#refused.push({ taskId: task.id, err: attached.err });
      }
    }
  }

  #attach(task: Task, endpoint: Endpoint, service: Service): Attached {
    const wanted = task.spec.networks.map(({ target, aliases }) => ({ networkId: target as NetworkId, aliases }));
    if (endpoint.ports.some(isIngress)) {
      if (this.#ingress === null) {
        return {
          kind: "refused",
          err: `service ${service.spec.annotations.name} publishes ports, but there is no ingress network`,
        };
      }
      wanted.unshift({ networkId: this.#ingress, aliases: [] });
    }
    const networks: NetworkAttachment[] = [];
    for (const { networkId, aliases } of wanted) {
      const address = this.#addresses.take(networkId);
      if (address !== null) {
        networks.push(attachment(networkId, address, aliases));
        continue;
      }
      for (const taken of networks) this.#addresses.release(taken.networkId, taken.address);
      return { kind: "refused", err: this.#whyNoAddress(networkId) };
    }
    return { kind: "attached", networks };
  }

  #whyNoAddress(networkId: NetworkId): string {
    const network = this.#view.get("network", networkId);
    if (network === undefined) return `network ${networkId} not found`;
    const name = network.spec.annotations.name;
    if (!this.#addresses.knows(networkId)) return `network ${name} has no subnet yet`;
    return `no free address on network ${name} (${firstSubnet(network)?.cidr}: ${this.#addresses.describe(networkId)})`;
  }

  #isFull(): boolean {
    const changes = this.#nodes.length + this.#services.length + this.#ready.length + this.#refused.length;
    this.#isPartial = changes >= this.#changesMax;
    return this.#isPartial;
  }
}

function attachment(networkId: NetworkId, address: string, aliases: readonly string[] = []): NetworkAttachment {
  return { networkId, address, address6: "", aliases };
}
