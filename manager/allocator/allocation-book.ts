import type { Id, NodeId, ServiceId, TaskId } from "../../shared/ids.ts";
import { isFinal, isRunnable } from "../../shared/objects/task-state.ts";
import type { Guest, Service, Task } from "../../shared/objects/types.ts";
import type { ChangeOf } from "../store/by-kind.ts";
import type { Change, ReadView } from "../store/store-types.ts";
import { sameData } from "../tasks/same-data.ts";
import type { Trouble } from "../trouble.ts";
import { AddressBook } from "./address-book.ts";
import { PortOwners } from "./port-owners.ts";

/** So many tasks are put on the agenda in the time of one look at an object. */
const TASKS_PER_LOOK = 8;

/** Objects by kind; networks are looked at all together. */
export class Agenda {
  readonly nodes = new Set<NodeId>();
  readonly services = new Set<ServiceId>();
  /** That have nothing yet. */
  readonly fresh = new Set<TaskId>();
  /** Further on: they follow a spec that may differ in networks or ports alone. */
  readonly following = new Set<TaskId>();
  /** That have no address. */
  readonly guests = new Set<Id<"guest">>();
  networks = false;

  get isEmpty(): boolean {
    const lists = [this.nodes, this.services, this.fresh, this.following, this.guests];
    return lists.every(({ size }) => size === 0) && !this.networks;
  }

  addAll(other: Agenda): void {
    for (const id of other.nodes) this.nodes.add(id);
    for (const id of other.services) this.services.add(id);
    for (const id of other.fresh) this.fresh.add(id);
    for (const id of other.following) this.following.add(id);
    for (const id of other.guests) this.guests.add(id);
    this.networks ||= other.networks;
  }

  /** @returns how many looks at an object take as long as this did. */
  addTasks(tasks: readonly Task[]): number {
    for (const task of tasks) this.addTask(task);
    return tasks.length / TASKS_PER_LOOK;
  }

  addTask({ id, status, desiredState }: Task): void {
    if (!isRunnable({ desiredState, status }) || isFinal(status.state)) return;
    if (status.state === "NEW") this.fresh.add(id);
    else this.following.add(id);
  }
}

/**
 * What the allocator decides from, derived from the store's committed objects and kept up to date commit by commit: who
 * has which address and which port, what is worth a look, and what waits for something to become free.
 */
export class AllocationBook {
  readonly addresses = new AddressBook();
  readonly ports = new PortOwners();
  agenda = new Agenda();
  waiting = new Agenda();
  /** Objects whose addresses cannot be read: they count as having none. */
  readonly #ill = new Map<string, { readonly error: unknown; readonly look: (view: ReadView) => void }>();

  /** Made from nothing. */
  static of(view: ReadView): AllocationBook {
    const book = new AllocationBook();
    for (const _ of book.fill(() => view));
    return book;
  }

  get troubles(): readonly Trouble[] {
    return [...this.#ill].map(([about, { error }]) => ({ about, error }));
  }

  /** Takes in everything, an object with each step, and puts it on the agenda. Each is read when its turn comes. */
  *fill(view: () => ReadView): Generator<void> {
    this.agenda.networks = true;
    for (const { id } of view().all("network")) this.#lookAtNetwork(view(), id);
    for (const { id } of view().all("node")) {
      this.#lookAtNode(view(), id);
      this.agenda.nodes.add(id);
      yield;
    }
    for (const { id } of view().all("service")) {
      this.#lookAtService(view(), id);
      this.agenda.services.add(id);
      yield;
    }
    for (const { id } of view().all("task")) {
      this.#lookAtTask(view(), id);
      const task = view().get("task", id);
      if (task !== undefined) this.agenda.addTask(task);
      yield;
    }
    for (const { id } of view().all("guest")) {
      this.#lookAtGuest(view(), id);
      this.agenda.guests.add(id);
      yield;
    }
  }

  note(change: Change, view: ReadView): void {
    switch (change.kind) {
      case "network":
        this.#noteNetwork(change, view);
        break;
      case "node":
        this.#lookAtNode(view, change.object.id);
        if (change.action === "remove") {
          this.wake();
          for (const { id } of view.referring("guest", "node", change.object.id)) this.agenda.guests.add(id);
        } else if (isSo(() => change.object.attachments.length === 0)) this.agenda.nodes.add(change.object.id);
        break;
      case "service":
        this.#lookAtService(view, change.object.id);
        // Of an update it is enough that the spec is another one: tasks may have to follow it.
        if (change.action !== "remove" && change.old?.generation !== change.object.generation) {
          this.agenda.services.add(change.object.id);
        }
        if (change.action === "remove" || !sameData(change.old?.endpoint, change.object.endpoint)) this.wake();
        break;
      case "task":
        this.#lookAtTask(view, change.object.id);
        if (change.action === "create" && change.object.status.state === "NEW") this.agenda.fresh.add(change.object.id);
        if (leavesNew(change) && isOutdated(view, change.object)) this.agenda.following.add(change.object.id);
        if (change.action === "remove" || ends(change) || isSo(() => givesUp(change))) this.wake();
        break;
      case "guest":
        this.#lookAtGuest(view, change.object.id);
        if (change.action === "create") this.agenda.guests.add(change.object.id);
        if (change.action === "remove") this.wake();
        break;
      default:
        break;
    }
  }

  /** Something has become free: what waits is worth another look. */
  wake(): void {
    if (this.waiting.isEmpty) return;
    this.agenda.addAll(this.waiting);
    this.waiting = new Agenda();
  }

  /** Looks again at what could not be read, and at all that waits. */
  retry(view: ReadView): void {
    for (const { look } of [...this.#ill.values()]) look(view);
    this.wake();
  }

  #noteNetwork({ object, old }: ChangeOf<"network">, view: ReadView): void {
    this.#lookAtNetwork(view, object.id);
    this.agenda.networks = true;
    this.wake();
    const isIngress = isSo(() => [object, old].some((network) => network?.spec.ingress === true));
    const services = isIngress ? view.all("service") : this.#joining(view, object.id);
    for (const service of services) this.agenda.services.add(service.id);
    for (const task of view.referring("task", "network", object.id)) this.agenda.addTask(task);
    for (const { id } of view.referring("guest", "network", object.id)) this.agenda.guests.add(id);
    if (isIngress) for (const { id } of view.all("node")) this.agenda.nodes.add(id);
  }

  #joining(view: ReadView, networkId: string): readonly Service[] {
    return view.referring("service", "network", networkId);
  }

  #lookAtNetwork(view: ReadView, id: string): void {
    const look = (now: ReadView): void =>
      this.#try(`network ${id}`, () => this.addresses.lookAtNetwork(id, now.get("network", id)), look);
    look(view);
  }

  #lookAtNode(view: ReadView, id: NodeId): void {
    this.#lookAt(view, `node ${id}`, (now) => now.get("node", id)?.attachments);
  }

  #lookAtService(view: ReadView, id: ServiceId): void {
    this.#lookAt(view, `service ${id}`, (now) => {
      const service = now.get("service", id);
      this.ports.look(id, service);
      return service?.endpoint?.virtualIps;
    });
  }

  #lookAtTask(view: ReadView, id: TaskId): void {
    this.#lookAt(view, `task ${id}`, (now) => {
      const task = now.get("task", id);
      return task === undefined || isFinal(task.status.state) ? undefined : task.networks;
    });
  }

  #lookAtGuest(view: ReadView, id: Guest["id"]): void {
    this.#lookAt(view, `guest ${id}`, (now) => {
      const guest = now.get("guest", id);
      return guest === undefined || guest.address === "" ? undefined : [guest];
    });
  }

  #lookAt(
    view: ReadView,
    about: string,
    claimsOf: (view: ReadView) => Parameters<AddressBook["lookAtHolder"]>[1],
  ): void {
    const look = (now: ReadView): void =>
      this.#try(about, () => this.addresses.lookAtHolder(about, claimsOf(now)), look);
    look(view);
  }

  #try(about: string, run: () => void, look: (view: ReadView) => void): void {
    try {
      run();
      this.#ill.delete(about);
    } catch (error) {
      // An address that cannot be read is none of a block's: passing its owner over gives nothing away twice.
      this.#ill.set(about, { error, look });
    }
  }
}

/**
 * Whether it holds, or cannot be told of an object that is ill: a look too many costs less than to look at everything
 * anew, which a listener that throws is told to do.
 */
function isSo(condition: () => boolean): boolean {
  try {
    return condition();
  } catch {
    return true;
  }
}

function ends({ old, object }: ChangeOf<"task">): boolean {
  return old !== null && isFinal(object.status.state) && !isFinal(old.status.state);
}

/** It has left a network, as its service did, while it runs on. */
function givesUp({ old, object }: ChangeOf<"task">): boolean {
  return (old?.networks ?? []).some((held) => !object.networks.some(({ address }) => address === held.address));
}

function leavesNew({ old, object }: ChangeOf<"task">): boolean {
  return old?.status.state === "NEW" && object.status.state !== "NEW";
}

/** What it has been given is by its own spec, and the service's may differ from that in networks or ports alone. */
function isOutdated(view: ReadView, { serviceId, generation }: Task): boolean {
  return view.get("service", serviceId)?.generation !== generation;
}
