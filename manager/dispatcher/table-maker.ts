import type { NodeId } from "../../shared/ids.ts";
import type { Guest, Network, Node, Service, Task } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";
import type { HeldStarts } from "./held-starts.ts";
import { TableBook } from "./table-book.ts";
import {
  endpointLine,
  guestLine,
  hasAddress,
  hostLine,
  networksOf,
  networksOfService,
  serviceLine,
} from "./table-lines.ts";

/** An object whose lines are to be made from the store's newest state. */
export type Look = readonly [kind: "network" | "node" | "service" | "task" | "guest", id: string];

interface Entry {
  readonly book: TableBook;
  /** Tasks with an address on it, and where they are. */
  readonly tasks: Map<string, NodeId>;
  readonly services: Set<string>;
  /** Guests with an address on it, and where they are. */
  readonly guests: Map<string, NodeId>;
  /** Nodes that take part. */
  readonly hosts: Set<NodeId>;
}

/**
 * The tables of all networks and who takes part in them, object by object: `lookAt` makes the lines of one and says
 * which others depend on it. However often and in which order they are looked at, the same comes out,
 * but for what `shown` makes of it.
 */
export class TableMaker {
  /** All objects are being looked at, tasks after their nodes: those not looked at yet depend on nothing. */
  isBuilding = true;
  readonly #shown: HeldStarts["shown"];
  readonly #entries = new Map<string, Entry>();
  readonly #networksOfTask = new Map<string, readonly string[]>();
  /** Of every guest with an address: its network, and its line there. */
  readonly #places = new Map<string, Pick<Guest, "networkId" | "containerId">>();
  /** Of every service looked at, also without a network. */
  readonly #networksOfService = new Map<string, readonly string[]>();
  readonly #nodeIds = new Set<string>();
  readonly #ingressIds = new Set<string>();
  readonly #networksOfNode = new Map<NodeId, ReadonlySet<string>>();
  /** By node: on which networks its tasks are, and how many. */
  readonly #tasksOn = new Map<NodeId, Map<string, number>>();
  /** What lines of tasks say of their node; a node that gets no traffic is not there. */
  readonly #hostFacts = new Map<string, string>();
  #dataPathPort = 0;
  #changed = new Set<string>();
  #moved = new Set<NodeId>();

  /** `shown`: what hosts are told of an endpoint's line; see `HeldStarts`. */
  constructor(shown: HeldStarts["shown"] = (line) => line) {
    this.#shown = shown;
  }

  /** Tables of networks the node takes part in. */
  *booksOf(nodeId: NodeId): Generator<TableBook> {
    for (const id of this.#networksOfNode.get(nodeId) ?? []) {
      const book = this.#entries.get(id)?.book;
      if (book?.isCarried === true) yield book;
    }
  }

  book(networkId: string): TableBook | null {
    return this.#entries.get(networkId)?.book ?? null;
  }

  hostsOf(networkId: string): Iterable<NodeId> {
    return this.#entries.get(networkId)?.hosts ?? [];
  }

  /** Since it was last asked: networks whose tables changed, and nodes that came to a network or left one. */
  takeNews(): { readonly networkIds: ReadonlySet<string>; readonly nodeIds: ReadonlySet<NodeId> } {
    const news = { networkIds: this.#changed, nodeIds: this.#moved };
    this.#changed = new Set();
    this.#moved = new Set();
    return news;
  }

  setDataPathPort(port: number): void {
    this.#dataPathPort = port;
    for (const [id, { book }] of this.#entries) if (book.setDataPathPort(port)) this.#changed.add(id);
  }

  /** Everything of which there is a trace here: to be looked at when it may be gone without a word. */
  *known(): Generator<Look> {
    for (const id of [...this.#networksOfTask.keys()]) yield ["task", id];
    for (const id of [...this.#places.keys()]) yield ["guest", id];
    for (const id of [...this.#networksOfService.keys()]) yield ["service", id];
    for (const id of [...this.#nodeIds]) yield ["node", id];
    for (const id of [...this.#entries.keys()]) yield ["network", id];
  }

  /**
   * @returns what must be looked at now, because it depends on the object.
   * @throws whatever the object provokes; then take it for `absent`.
   */
  lookAt(view: ReadView, [kind, id]: Look, isAbsent = false): readonly Look[] {
    if (kind === "task") return this.#onTask(view, id, isAbsent ? undefined : view.get("task", id));
    if (kind === "service") return this.#onService(id, isAbsent ? undefined : view.get("service", id));
    if (kind === "guest") return this.#onGuest(view, id, isAbsent ? undefined : view.get("guest", id));
    if (kind === "node") return this.#onNode(view, id as NodeId, isAbsent ? undefined : view.get("node", id));
    return this.#onNetwork(id, isAbsent ? undefined : view.get("network", id));
  }

  #onTask(view: ReadView, id: string, task: Task | undefined): readonly Look[] {
    const before = this.#networksOfTask.get(id) ?? [];
    const now = task === undefined ? [] : networksOf(task);
    const node = task !== undefined && this.#hostFacts.has(task.nodeId) ? view.get("node", task.nodeId) : undefined;
    const also: Look[] = [];
    setOrDelete(this.#networksOfTask, id, now.length === 0 ? undefined : now);
    for (const networkId of new Set([...before, ...now])) {
      const entry = this.#entry(networkId);
      const nodeId = now.includes(networkId) ? task?.nodeId : undefined;
      const isNew = !this.isBuilding && !entry.tasks.has(id);
      also.push(...this.#place(entry, id, nodeId || undefined));
      const { network, revision } = entry.book;
      const fact =
        network !== null && task !== undefined && node !== undefined ? endpointLine(network, task, node) : null;
      const line = fact === null ? null : this.#shown(fact, networkId, isNew, revision);
      if (entry.book.set("endpoints", id, line)) this.#changed.add(networkId);
      this.#maybeDrop(entry);
    }
    return also;
  }

  #onGuest(view: ReadView, id: string, guest: Guest | undefined): readonly Look[] {
    const before = this.#places.get(id);
    const now = guest !== undefined && hasAddress(guest) ? guest : undefined;
    setOrDelete(this.#places, id, now && { networkId: now.networkId, containerId: now.containerId });
    const place = now ?? before;
    if (place === undefined) return [];
    const entry = this.#entry(place.networkId);
    const also = this.#place(entry, id, now?.nodeId, "guests");
    const isHere = now !== undefined && this.#hostFacts.has(now.nodeId) && view.get("network", now.networkId);
    const line = now !== undefined && isHere ? guestLine(now) : null;
    if (entry.book.set("endpoints", place.containerId, line)) this.#changed.add(place.networkId);
    this.#maybeDrop(entry);
    return also;
  }

  /** Notes where a task or guest of the network is; undefined = nowhere (any more). */
  #place(entry: Entry, id: string, nodeId: NodeId | undefined, kind: "tasks" | "guests" = "tasks"): readonly Look[] {
    const { book } = entry;
    const placed = entry[kind];
    const old = placed.get(id);
    if (old === nodeId) return [];
    setOrDelete(placed, id, nodeId);
    const also: Look[] = [];
    if (old !== undefined && this.#count(old, book.networkId, -1) === 0) also.push(["node", old]);
    if (nodeId !== undefined && this.#count(nodeId, book.networkId, 1) === 1) also.push(["node", nodeId]);
    return also;
  }

  #count(nodeId: NodeId, networkId: string, by: 1 | -1): number {
    const counts = this.#tasksOn.get(nodeId) ?? new Map<string, number>();
    const count = (counts.get(networkId) ?? 0) + by;
    setOrDelete(counts, networkId, count === 0 ? undefined : count);
    setOrDelete(this.#tasksOn, nodeId, counts.size === 0 ? undefined : counts);
    return count;
  }

  #onService(id: string, service: Service | undefined): readonly Look[] {
    const before = this.#networksOfService.get(id) ?? [];
    const now = service === undefined ? [] : networksOfService(service);
    setOrDelete(this.#networksOfService, id, service === undefined ? undefined : now);
    for (const networkId of new Set([...before, ...now, ...this.#ingressIds])) {
      const entry = this.#entry(networkId);
      if (now.includes(networkId)) entry.services.add(id);
      else entry.services.delete(id);
      const { network } = entry.book;
      const line = network !== null && service !== undefined ? serviceLine(network, service) : null;
      if (entry.book.set("services", id, line)) this.#changed.add(networkId);
      this.#maybeDrop(entry);
    }
    return [];
  }

  #onNode(view: ReadView, id: NodeId, node: Node | undefined): readonly Look[] {
    const isNew = node !== undefined && !this.#nodeIds.has(id);
    if (node === undefined) this.#nodeIds.delete(id);
    else this.#nodeIds.add(id);
    const before = this.#networksOfNode.get(id) ?? new Set();
    const now = node === undefined ? new Set<string>() : this.#networksWith(node);
    setOrDelete(this.#networksOfNode, id, now.size === 0 ? undefined : now);
    for (const networkId of new Set([...before, ...now])) {
      const entry = this.#entry(networkId);
      const isHere = now.has(networkId);
      if (isHere !== entry.hosts.has(id)) this.#moved.add(id);
      if (isHere) entry.hosts.add(id);
      else entry.hosts.delete(id);
      const { network } = entry.book;
      const line = isHere && network !== null && node !== undefined ? hostLine(network, node) : null;
      if (entry.book.set("hosts", id, line)) this.#changed.add(networkId);
      this.#maybeDrop(entry);
    }
    const facts = node === undefined || node.status.state === "DOWN" ? undefined : factsOf(node);
    if (!isNew && facts === this.#hostFacts.get(id)) return [];
    setOrDelete(this.#hostFacts, id, facts);
    const tasks = view.tasksOfNode(id).filter((task) => !this.isBuilding || this.#networksOfTask.has(task.id));
    const guests = view.referring("guest", "node", id).filter((one) => !this.isBuilding || this.#places.has(one.id));
    return [...tasks.map((task): Look => ["task", task.id]), ...guests.map((guest): Look => ["guest", guest.id])];
  }

  // Every host with an address on the ingress network carries it, and hosts with tasks any other.
  #networksWith(node: Node): ReadonlySet<string> {
    const ids = [...(this.#tasksOn.get(node.id)?.keys() ?? [])].filter((id) => !this.#isIngress(id));
    const attached = node.attachments.filter((one) => hasAddress(one) && this.#isIngress(one.networkId));
    return new Set([...ids, ...attached.map(({ networkId }) => networkId)]);
  }

  #isIngress(networkId: string): boolean {
    return this.#ingressIds.has(networkId);
  }

  #onNetwork(id: string, network: Network | undefined): readonly Look[] {
    const entry = this.#entry(id);
    const { book, tasks, services, guests, hosts } = entry;
    const before = book.network;
    if (book.setNetwork(network ?? null)) this.#changed.add(id);
    const isNew = (before === null) !== (network === undefined) || before?.spec.ingress !== network?.spec.ingress;
    if (!isNew) {
      this.#maybeDrop(entry);
      return [];
    }
    if (network?.spec.ingress === true) this.#ingressIds.add(id);
    else this.#ingressIds.delete(id);
    // A service does not name the ingress network it is published on: once it is none, nobody would look at its line.
    for (const serviceId of book.ids("services")) book.set("services", serviceId, null);
    const isIngress = before?.spec.ingress === true || network?.spec.ingress === true;
    const nodeIds = isIngress ? this.#nodeIds : [...hosts, ...tasks.values(), ...guests.values()];
    const serviceIds = isIngress ? this.#networksOfService.keys() : services;
    this.#maybeDrop(entry);
    return [
      ...[...new Set(nodeIds)].map((nodeId): Look => ["node", nodeId]),
      ...[...serviceIds].map((serviceId): Look => ["service", serviceId]),
      ...[...tasks.keys()].map((taskId): Look => ["task", taskId]),
      ...[...guests.keys()].map((guestId): Look => ["guest", guestId]),
    ];
  }

  #entry(networkId: string): Entry {
    const known = this.#entries.get(networkId);
    if (known !== undefined) return known;
    const book = new TableBook(networkId);
    book.setDataPathPort(this.#dataPathPort);
    const entry: Entry = { book, tasks: new Map(), services: new Set(), guests: new Map(), hosts: new Set() };
    this.#entries.set(networkId, entry);
    return entry;
  }

  #maybeDrop({ book, tasks, services, guests, hosts }: Entry): void {
    const users = tasks.size + services.size + guests.size + hosts.size;
    if (book.network === null && users === 0 && book.lineCount === 0) {
      this.#entries.delete(book.networkId);
    }
  }
}

/** As it is told by the names of its tasks. */
function factsOf({ description }: Node): string {
  return JSON.stringify([description?.hostname, description?.platform]);
}

function setOrDelete<Key, Value>(map: Map<Key, Value>, key: Key, value: Value | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
