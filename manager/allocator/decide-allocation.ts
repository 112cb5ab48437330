import type { NetworkId, NodeId, ServiceId, TaskId } from "../../shared/ids.ts";
import { driverOf, hasAddresses } from "../../shared/objects/network.ts";
import { isFinal, isRunnable } from "../../shared/objects/task-state.ts";
import type { Network, NetworkAttachment, Service, Task, TaskSpec } from "../../shared/objects/types.ts";
import type { Endpoint, NetworkAttachmentConfig, VirtualIp } from "../../shared/rpc/gen/objects.ts";
import type { ReadView } from "../store/store-types.ts";
import {
  isAttached,
  isConnected,
  isServed,
  networksWithVirtualIp,
  type WantedAttachment,
  wantedAttachments,
} from "../tasks/attachments.ts";
import { isIngress } from "../tasks/endpoint.ts";
import { isDirty } from "../tasks/task-dirty.ts";
import { isolate, type Trouble, troubleSentence } from "../trouble.ts";
import { AddressBook, type AddressCursors, type Held } from "./address-book.ts";
import type { Purpose } from "./address-space.ts";
import { isChosenByPeople, NetworkBook, type VniCursor } from "./network-book.ts";
import { PortBook, type PortCursors } from "./port-book.ts";

/**
 * Where searches for free numbers go on, and what was found right. Losing it costs nothing but time, and the rest of
 * freed addresses.
 */
export interface AllocatorMemory {
  readonly addresses: AddressCursors;
  readonly ports: PortCursors;
  readonly vnis: VniCursor;
  /** Tasks that were found connected as this service, as it then was, wants it: objects are never changed. */
  readonly connected: WeakMap<Task, Service>;
}

export function createAllocatorMemory(): AllocatorMemory {
  return { addresses: new Map(), ports: new Map(), vnis: { last: 0 }, connected: new WeakMap() };
}

/** What the allocator found; each entry is one object to write. */
export interface AllocationPlan {
  /** With overlay numbers and blocks that they had not. */
  readonly networks: readonly Network[];
  readonly nodes: readonly { readonly nodeId: NodeId; readonly attachments: readonly NetworkAttachment[] }[];
  readonly services: readonly { readonly serviceId: ServiceId; readonly endpoint: Endpoint }[];
  /** Tasks that have all they need and become PENDING. */
  readonly ready: readonly ReadyTask[];
  /** Tasks further on whose networks or ports follow a changed spec. */
  readonly reconnected: readonly ReconnectedTask[];
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

export interface ReconnectedTask extends ReadyTask {
  /** For its copy of the spec. */
  readonly specNetworks: readonly NetworkAttachmentConfig[];
}

/**
 * Gives networks their numbers and blocks, hosts and tasks their addresses, and services their published ports and
 * virtual addresses. What is in use is read from the view before anything new is given, so nothing is given twice,
 * under this leader or the next.
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
  readonly #memory: AllocatorMemory;
  readonly #networkBook: NetworkBook;
  readonly #addresses: AddressBook;
  readonly #ports: PortBook;
  readonly #ingress: Network | undefined;
  readonly #changesMax: number;
  /** Endpoints of services whose ports are right; the others' tasks wait with the sentence. */
  readonly #endpoints = new Map<ServiceId, Endpoint | string>();
  readonly #networks = new Map<NetworkId, Network>();
  readonly #nodes: AllocationPlan["nodes"][number][] = [];
  readonly #services: AllocationPlan["services"][number][] = [];
  readonly #ready: ReadyTask[] = [];
  readonly #reconnected: ReconnectedTask[] = [];
  readonly #refused: AllocationPlan["refused"][number][] = [];
  readonly #troubles: Trouble[] = [];
  #isPartial = false;
  #isWaiting = false;

  constructor(view: ReadView, memory: AllocatorMemory, changesMax: number) {
    this.#view = view;
    this.#memory = memory;
    this.#changesMax = changesMax;
    this.#networkBook = new NetworkBook(view, memory.vnis, this.#troubles);
    const settled = view.all("network").flatMap((network) => this.#settle(network));
    this.#ingress = settled.find(({ spec }) => spec.ingress);
    this.#addresses = new AddressBook(view, settled, {
      cursors: memory.addresses,
      troubles: this.#troubles,
      grow: (networkId, family) => {
        const grown = this.#networkBook.grow(networkId, family);
        if (grown !== null) this.#networks.set(networkId, grown);
        return grown;
      },
    });
    this.#ports = new PortBook(view, memory.ports, this.#troubles);
  }

  get plan(): AllocationPlan {
    return {
      networks: [...this.#networks.values()],
      nodes: this.#nodes,
      services: this.#services,
      ready: this.#ready,
      reconnected: this.#reconnected,
      refused: this.#refused,
      isPartial: this.#isPartial,
      isWaiting: this.#isWaiting,
      troubles: this.#troubles,
    };
  }

  #settle(network: Network): readonly Network[] {
    const settle = (): readonly Network[] => {
      const settled = this.#networkBook.settle(network);
      if (settled !== network) this.#networks.set(network.id, settled);
      return [settled];
    };
    return isolate<readonly Network[]>(this.#troubles, `network ${network.id}`, settle, []);
  }

  /** Every host has an address on ingress, whether or not a task of it needs one: it carries what enters through it. */
  addNodes(): void {
    const ingress = this.#ingress?.id;
    for (const node of this.#view.all("node")) {
      const isRight = (): boolean =>
        ingress === undefined
          ? node.attachments.length === 0
          : node.attachments.length === 1 && node.attachments[0]?.networkId === ingress;
      if (isolate(this.#troubles, `node ${node.id}`, isRight, true)) continue;
      if (this.#isFull()) return;
      // What is left of an ingress network that was removed goes.
      const kept = node.attachments.filter(({ networkId }) => networkId === ingress).slice(0, 1);
      if (ingress === undefined || kept.length > 0) {
        this.#nodes.push({ nodeId: node.id, attachments: kept });
        continue;
      }
      const held = this.#addresses.take(ingress, "task");
      if (held === null) {
        this.#isWaiting = true;
        return;
      }
      this.#nodes.push({ nodeId: node.id, attachments: [{ networkId: ingress, ...held, aliases: [] }] });
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
    if (service.endpoint !== null && isServed(this.#view, service)) {
      this.#endpoints.set(service.id, service.endpoint);
      return;
    }
    const result = this.#ports.allocate(service);
    const virtualIps = result.kind === "refused" ? result.err : this.#virtualIps(service);
    if (result.kind === "refused" || typeof virtualIps === "string") {
      this.#isWaiting = true;
      this.#endpoints.set(service.id, String(virtualIps));
    } else {
      const endpoint = { ...result.endpoint, virtualIps };
      this.#endpoints.set(service.id, endpoint);
      this.#services.push({ serviceId: service.id, endpoint });
    }
  }

  /** Those it has, as far as it is still on their networks, and new ones for the others; or why one cannot be had. */
  #virtualIps(service: Service): readonly VirtualIp[] | string {
    const has = new Map(service.endpoint?.virtualIps.map((ip) => [ip.networkId, ip]));
    const fresh: VirtualIp[] = [];
    const all: VirtualIp[] = [];
    for (const networkId of networksWithVirtualIp(this.#view, service)) {
      const present = has.get(networkId);
      const held = present ?? this.#addresses.take(networkId, "service");
      if (held === null) {
        for (const ip of fresh) this.#addresses.release(ip.networkId as NetworkId, ip);
        return this.#whyNoAddress(networkId, "service");
      }
      const ip = present ?? { networkId, ...held };
      if (present === undefined) fresh.push(ip);
      all.push(ip);
    }
    return all;
  }

  addTasks(): void {
    for (const task of this.#view.all("task")) {
      if (!isRunnable(task) || isFinal(task.status.state)) continue;
      const service = this.#view.get("service", task.serviceId);
      const endpoint = this.#endpoints.get(task.serviceId);
      if (service === undefined || endpoint === undefined) continue;
      if (this.#isFull()) return;
      const isNew = task.status.state === "NEW";
      const look = (): void => (isNew ? this.#addNew(task, service, endpoint) : this.#follow(task, service, endpoint));
      const failed = this.#troubles.length;
      isolate(this.#troubles, `task ${task.id}`, look, undefined);
      if (isNew && this.#troubles.length > failed) this.#refuse(task, troubleSentence(this.#troubles.at(-1)?.error));
    }
  }

  #addNew(task: Task, service: Service, endpoint: Endpoint | string): void {
    if (typeof endpoint === "string") {
      this.#refuse(task, endpoint);
      return;
    }
    const attached = this.#attach(task.spec, [], endpoint, service);
    if (attached.kind === "refused") this.#refuse(task, attached.err);
    else this.#ready.push({ taskId: task.id, networks: attached.networks, endpoint });
  }

  /** A task that differs from its service's spec in networks or ports alone follows it as it is. */
  #follow(task: Task, service: Service, endpoint: Endpoint | string): void {
    if (typeof endpoint === "string" || this.#memory.connected.get(task) === service) return;
    const served = endpoint === service.endpoint ? service : { ...service, endpoint };
    if (isConnected(this.#view, task, served, this.#ingress)) {
      if (served === service) this.#memory.connected.set(task, service);
      return;
    }
    // What an update replaces keeps what it has until it goes.
    if (isDirty(this.#view, task, service)) return;
    const attached = this.#attach(service.spec.task, task.networks, endpoint, service);
    if (attached.kind === "refused") {
      this.#refuse(task, attached.err);
      return;
    }
    const specNetworks = service.spec.task.networks;
    this.#reconnected.push({ taskId: task.id, networks: attached.networks, endpoint, specNetworks });
  }

  #attach(spec: TaskSpec, has: readonly NetworkAttachment[], endpoint: Endpoint, service: Service): Attached {
    const name = service.spec.annotations.name;
    if (this.#ingress === undefined && endpoint.ports.some(isIngress)) {
      return { kind: "refused", err: `service ${name} publishes ports, but there is no ingress network` };
    }
    const networks: NetworkAttachment[] = [];
    const fresh: NetworkAttachment[] = [];
    for (const wanted of wantedAttachments(this.#view, spec, endpoint, this.#ingress)) {
      const present = has.find(({ networkId }) => networkId === wanted.networkId);
      if (present !== undefined && isAttached({ ...present, aliases: wanted.aliases }, wanted)) {
        networks.push({ ...present, aliases: wanted.aliases });
        continue;
      }
      const held = this.#hold(wanted);
      if (held === null) {
        for (const taken of fresh) this.#addresses.release(taken.networkId, taken);
        return { kind: "refused", err: this.#whyNoAddress(wanted.networkId, "task") };
      }
      const attachment = { networkId: wanted.networkId, ...held, aliases: wanted.aliases, ...driverIn(wanted.network) };
      fresh.push(attachment);
      networks.push(attachment);
    }
    return { kind: "attached", networks };
  }

  #hold({ networkId, network }: WantedAttachment): Held | null {
    if (network !== undefined && !hasAddresses(network.spec)) return { address: "", address6: "" };
    return this.#addresses.take(networkId, "task");
  }

  #refuse(task: Task, err: string): void {
    this.#isWaiting = true;
    if (task.status.err !== err) this.#refused.push({ taskId: task.id, err });
  }

  #whyNoAddress(networkId: NetworkId, purpose: Purpose): string {
    const network = this.#view.get("network", networkId);
    if (network === undefined) return `network ${networkId} not found`;
    const name = network.spec.annotations.name;
    const lack = this.#networkBook.whyNot(networkId);
    if (lack !== "" || !this.#addresses.knows(networkId)) {
      return `network ${name} has no subnet${lack === "" ? " yet" : `: ${lack}`}`;
    }
    const what = purpose === "task" ? "free address" : "free virtual address";
    const sentence = `no ${what} on network ${name} (${this.#addresses.describe(networkId, purpose)})`;
    if (!isChosenByPeople(network, 4) || network.spec.ingress) return sentence;
    return `${sentence}: add a subnet with \`swarmctl network update --subnet-add CIDR ${name}\``;
  }

  #isFull(): boolean {
    const lists = [this.#nodes, this.#services, this.#ready, this.#reconnected, this.#refused];
    const changes = lists.reduce((total, { length }) => total + length, this.#networks.size);
    this.#isPartial = changes >= this.#changesMax;
    return this.#isPartial;
  }
}

/** Overlay, which most are, goes without saying. */
function driverIn(network: Network | undefined): { readonly driver?: string } {
  const driver = network === undefined ? "overlay" : driverOf(network.spec);
  return driver === "overlay" ? {} : { driver };
}
