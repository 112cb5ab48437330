import type { Purpose } from "../../shared/address-space.ts";
import type { NetworkId, ServiceId } from "../../shared/ids.ts";
import type { Family } from "../../shared/ip-block.ts";
import { driverOf, hasAddresses } from "../../shared/objects/network.ts";
import { isFinal, isRunnable } from "../../shared/objects/task-state.ts";
import type { Guest, Network, NetworkAttachment, Node, Service, Task, TaskSpec } from "../../shared/objects/types.ts";
import type { Endpoint, VirtualIp } from "../../shared/rpc/gen/objects.ts";
import type { ReadView } from "../store/store-types.ts";
import {
  ingressOf,
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
import type { AddressBook, AddressCursors, Held } from "./address-book.ts";
import { Agenda, type AllocationBook } from "./allocation-book.ts";
import type { AllocationLimits, AllocationPlan, ReadyTask, ReconnectedTask } from "./allocation-plan.ts";
import { decideGuest, type GuestAddresses } from "./decide-guest.ts";
import { isChosenByPeople, NetworkBook, type VniCursor } from "./network-book.ts";
import { PortBook, type PortCursors } from "./port-book.ts";

/**
 * Where searches for free numbers go on. Losing it costs nothing but the rest of freed addresses.
 */
export interface AllocatorMemory {
  readonly addresses: AddressCursors;
  readonly ports: PortCursors;
  readonly vnis: VniCursor;
}

export function createAllocatorMemory(): AllocatorMemory {
  return { addresses: new Map(), ports: new Map(), vnis: { last: 0 } };
}

/**
 * Gives networks their numbers and blocks, hosts and tasks their addresses, and services their published ports and
 * virtual addresses, as far as they are on the book's agenda. `view` may be ahead of the book: what is in flight takes
 * no addresses, since nobody but the allocator gives any, and has one plan under way at a time. Of the book only the
 * agenda is changed.
 */
export function decideAllocation(
  view: ReadView,
  book: AllocationBook,
  memory: AllocatorMemory,
  limits: AllocationLimits,
): AllocationPlan {
  const allocation = new Allocation(view, book, memory, limits);
  try {
    allocation.addNetworks();
    allocation.addNodes();
    allocation.addServices();
    allocation.addTasks();
    allocation.addGuests();
  } finally {
    book.addresses.takeBack();
    book.ports.takeBack();
  }
  return allocation.plan;
}

/** Attachments that could be had, or why not. */
type Attached =
  | { readonly kind: "attached"; readonly networks: readonly NetworkAttachment[] }
  | { readonly kind: "refused"; readonly err: string };

class Allocation {
  readonly #view: ReadView;
  readonly #book: AllocationBook;
  readonly #memory: AllocatorMemory;
  readonly #limits: AllocationLimits;
  readonly #looked = new Agenda();
  #looks = 0;
  #ingress: Network | undefined;
  /** Made when somebody asks: most passes need neither. */
  #networkBook: NetworkBook | null = null;
  #portBook: PortBook | null = null;
  /** Endpoints of services whose ports are right; the others' tasks wait with the sentence. */
  readonly #endpoints = new Map<ServiceId, Endpoint | string>();
  readonly #networks = new Map<NetworkId, Network>();
  readonly #nodes: AllocationPlan["nodes"][number][] = [];
  readonly #services: AllocationPlan["services"][number][] = [];
  readonly #ready: ReadyTask[] = [];
  readonly #reconnected: ReconnectedTask[] = [];
  readonly #refused: AllocationPlan["refused"][number][] = [];
  readonly #guests: GuestAddresses[] = [];
  readonly #goneGuests: Guest["id"][] = [];
  readonly #troubles: Trouble[];

  constructor(view: ReadView, book: AllocationBook, memory: AllocatorMemory, limits: AllocationLimits) {
    this.#view = view;
    this.#book = book;
    this.#memory = memory;
    this.#limits = limits;
    this.#troubles = [...book.troubles];
    this.#ingress = ingressOf(view);
  }

  get plan(): AllocationPlan {
    return {
      networks: [...this.#networks.values()],
      nodes: this.#nodes,
      services: this.#services,
      ready: this.#ready,
      reconnected: this.#reconnected,
      refused: this.#refused,
      guests: this.#guests,
      goneGuests: this.#goneGuests,
      looked: this.#looked,
      troubles: this.#troubles,
    };
  }

  addNetworks(): void {
    if (!this.#book.agenda.networks) return;
    this.#book.agenda.networks = false;
    this.#looked.networks = true;
    this.#bookOfNetworks();
    this.#ingress = [...this.#networks.values()].find(({ spec }) => spec.ingress) ?? this.#ingress;
  }

  /** With every network settled: those that lacked something are in the plan. */
  #bookOfNetworks(): NetworkBook {
    if (this.#networkBook !== null) return this.#networkBook;
    const book = new NetworkBook(this.#view, this.#memory.vnis, this.#troubles);
    this.#networkBook = book;
    for (const network of this.#view.all("network")) {
      const settle = (): void => {
        const settled = book.settle(network);
        if (settled === network) return;
        this.#networks.set(network.id, settled);
        this.#book.addresses.tryNetwork(settled);
      };
      isolate(this.#troubles, `network ${network.id}`, settle, undefined);
    }
    return book;
  }

  /** Every host has an address on ingress, whether or not a task of it needs one: it carries what enters through it. */
  addNodes(): void {
    const ingress = this.#ingress?.id;
    for (const id of this.#book.agenda.nodes) {
      if (this.#isFull()) return;
      this.#begin("nodes", id);
      const node = this.#view.get("node", id);
      const isRight = (): boolean => node === undefined || hasRightAttachments(node, ingress);
      if (isolate(this.#troubles, `node ${id}`, isRight, true) || node === undefined) continue;
      // What is left of an ingress network that was removed goes.
      const kept = node.attachments.filter(({ networkId }) => networkId === ingress).slice(0, 1);
      if (ingress === undefined || kept.length > 0) {
        this.#nodes.push({ nodeId: node.id, attachments: kept });
        continue;
      }
      const held = this.#take(ingress, "task");
      if (held === null) this.#book.waiting.nodes.add(id);
      else this.#nodes.push({ nodeId: node.id, attachments: [{ networkId: ingress, ...held, aliases: [] }] });
    }
  }

  addServices(): void {
    for (const id of this.#book.agenda.services) {
      if (this.#isFull()) return;
      this.#begin("services", id);
      this.#endpointOf(id);
      // They may have to follow what has changed.
      this.#looks += this.#book.agenda.addTasks(this.#view.tasksOfService(id));
    }
  }

  /** The endpoint of a service, given to it now if need be; or why it has none. */
  #endpointOf(serviceId: ServiceId): Endpoint | string | undefined {
    const known = this.#endpoints.get(serviceId);
    const service = known === undefined ? this.#view.get("service", serviceId) : undefined;
    if (service === undefined) return known;
    const failed = this.#troubles.length;
    isolate(this.#troubles, `service ${serviceId}`, () => this.#addService(service), undefined);
    if (this.#troubles.length > failed) {
      this.#endpoints.set(serviceId, troubleSentence(this.#troubles.at(-1)?.error));
      this.#book.waiting.services.add(serviceId);
    }
    return this.#endpoints.get(serviceId);
  }

  #addService(service: Service): void {
    if (service.endpoint !== null && isServed(this.#view, service)) {
      this.#endpoints.set(service.id, service.endpoint);
      return;
    }
    this.#portBook ??= new PortBook(this.#view, this.#book.ports, this.#memory.ports);
    const result = this.#portBook.allocate(service);
    const virtualIps = result.kind === "refused" ? result.err : this.#virtualIps(service);
    if (result.kind === "refused" || typeof virtualIps === "string") {
      this.#book.waiting.services.add(service.id);
      this.#endpoints.set(service.id, String(virtualIps));
    } else {
      const endpoint = { ...result.endpoint, virtualIps };
      this.#endpoints.set(service.id, endpoint);
      this.#services.push({ serviceId: service.id, endpoint });
      for (const task of this.#view.tasksOfService(service.id)) this.#book.agenda.addTask(task);
    }
  }

  /** Those it has, as far as it is still on their networks, and new ones for the others; or why one cannot be had. */
  #virtualIps(service: Service): readonly VirtualIp[] | string {
    const has = new Map(service.endpoint?.virtualIps.map((ip) => [ip.networkId, ip]));
    const fresh: VirtualIp[] = [];
    const all: VirtualIp[] = [];
    for (const networkId of networksWithVirtualIp(this.#view, service)) {
      const present = has.get(networkId);
      const held = present ?? this.#take(networkId, "service");
      if (held === null) {
        for (const ip of fresh) this.#book.addresses.release(ip.networkId as NetworkId, ip);
        return this.#whyNoAddress(networkId, "service");
      }
      const ip = present ?? { networkId, ...held };
      if (present === undefined) fresh.push(ip);
      all.push(ip);
    }
    return all;
  }

  /** New tasks first: they wait. Within a list whoever came first: sorting it would cost each plan all that is left. */
  addTasks(): void {
    for (const list of ["fresh", "following"] as const) {
      for (const id of this.#book.agenda[list]) {
        if (this.#isFull()) return;
        const isSeen = this.#looked.fresh.has(id);
        this.#begin(list, id);
        if (isSeen) continue;
        const task = this.#view.get("task", id);
        if (task !== undefined && isRunnable(task) && !isFinal(task.status.state)) this.#addTask(task);
      }
    }
  }

  addGuests(): void {
    for (const id of this.#book.agenda.guests) {
      if (this.#isFull()) return;
      this.#begin("guests", id);
      const guest = this.#view.get("guest", id);
      if (guest === undefined) continue;
      if (this.#view.get("node", guest.nodeId) === undefined) this.#goneGuests.push(id);
      else if (guest.address === "") isolate(this.#troubles, `guest ${id}`, () => this.#addGuest(guest), undefined);
    }
  }

  #addGuest(guest: Guest): void {
    const given = decideGuest(guest, {
      book: this.#book.addresses,
      taking: this.#taking,
      whyNot: () => this.#whyNoAddress(guest.networkId, "task"),
      networkName: this.#view.get("network", guest.networkId)?.spec.annotations.name,
    });
    if (given.err !== "") this.#book.waiting.guests.add(guest.id);
    if (given.err !== guest.err || given.address !== "") this.#guests.push(given);
  }

  #addTask(task: Task): void {
    const service = this.#view.get("service", task.serviceId);
    const endpoint = this.#endpointOf(task.serviceId);
    if (service === undefined || endpoint === undefined) return;
    const isNew = task.status.state === "NEW";
    const look = (): void => (isNew ? this.#addNew(task, service, endpoint) : this.#follow(task, service, endpoint));
    const failed = this.#troubles.length;
    isolate(this.#troubles, `task ${task.id}`, look, undefined);
    if (this.#troubles.length === failed) return;
    if (isNew) this.#refuse(task, troubleSentence(this.#troubles.at(-1)?.error));
    else this.#book.waiting.addTask(task);
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
    if (typeof endpoint === "string") return;
    const served = endpoint === service.endpoint ? service : { ...service, endpoint };
    if (isConnected(this.#view, task, served, this.#ingress)) return;
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
        for (const taken of fresh) this.#book.addresses.release(taken.networkId, taken);
        return { kind: "refused", err: this.#whyNoAddress(wanted.networkId, "task") };
      }
      const attachment = { networkId: wanted.networkId, ...held, aliases: wanted.aliases, ...driverIn(wanted.network) };
      fresh.push(attachment);
      networks.push(attachment);
    }
    return { kind: "attached", networks };
  }

  #hold({ networkId, network }: WantedAttachment): Held | null {
    // It was removed, and the book does not know yet.
    if (network === undefined) return null;
    return hasAddresses(network.spec) ? this.#take(networkId, "task") : { address: "", address6: "" };
  }

  #take(networkId: NetworkId, purpose: Purpose): Held | null {
    return this.#book.addresses.take(networkId, purpose, this.#taking);
  }

  get #taking(): Parameters<AddressBook["take"]>[2] {
    const grow = (id: NetworkId, family: Family): Network | null => {
      const grown = this.#bookOfNetworks().grow(id, family);
      if (grown !== null) this.#networks.set(id, grown);
      return grown;
    };
    return { cursors: this.#memory.addresses, grow };
  }

  #refuse(task: Task, err: string): void {
    this.#book.waiting.addTask(task);
    if (task.status.err !== err) this.#refused.push({ taskId: task.id, err });
  }

  #whyNoAddress(networkId: NetworkId, purpose: Purpose): string {
    const network = this.#view.get("network", networkId);
    if (network === undefined) return `network ${networkId} not found`;
    const name = network.spec.annotations.name;
    const lack = this.#bookOfNetworks().whyNot(networkId);
    if (lack !== "" || !this.#book.addresses.knows(networkId)) {
      return `network ${name} has no subnet${lack === "" ? " yet" : `: ${lack}`}`;
    }
    const what = purpose === "task" ? "free address" : "free virtual address";
    const sentence = `no ${what} on network ${name} (${this.#book.addresses.describe(networkId, purpose)})`;
    if (!isChosenByPeople(network, 4)) return sentence;
    return `${sentence}: add a subnet with \`swarmctl network update --subnet-add CIDR ${name}\``;
  }

  /** From the agenda to what was looked at. */
  #begin(list: "nodes" | "services" | "fresh" | "following" | "guests", id: string): void {
    (this.#book.agenda[list] as Set<string>).delete(id);
    (this.#looked[list] as Set<string>).add(id);
    this.#looks++;
  }

  #isFull(): boolean {
    const lists = [
      this.#nodes,
      this.#services,
      this.#ready,
      this.#reconnected,
      this.#refused,
      this.#guests,
      this.#goneGuests,
    ];
    const changes = lists.reduce((total, { length }) => total + length, this.#networks.size);
    return changes >= this.#limits.changesMax || this.#looks >= this.#limits.looksMax;
  }
}

function hasRightAttachments({ attachments }: Node, ingress: NetworkId | undefined): boolean {
  return ingress === undefined
    ? attachments.length === 0
    : attachments.length === 1 && attachments[0]?.networkId === ingress;
}

/** Overlay, which most are, goes without saying. */
function driverIn(network: Network | undefined): { readonly driver?: string } {
  const driver = network === undefined ? "overlay" : driverOf(network.spec);
  return driver === "overlay" ? {} : { driver };
}
