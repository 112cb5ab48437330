import type { ServiceId } from "../../shared/ids.ts";
import { labelAt } from "../../shared/label-key.ts";
import type { ReadView } from "../store/store-types.ts";
import type { Avoider, Avoiders } from "./avoiders.ts";
import type { LoadBook } from "./load-book.ts";
import type { NodeLoad } from "./node-load.ts";

/** What affinities ask about the tasks of other services. Only tasks that are wanted to run on a node count. */
export interface Neighbours {
  /** The service of a name; undefined if there is none. */
  idOf(name: string): ServiceId | undefined;
  /** Tasks of a service near a node: on it, or on all nodes that have the same value of the label `topology`. */
  near(load: NodeLoad, serviceId: ServiceId, topology: string): number;
  /** Whether a task of the service has a node anywhere. */
  isAnywhere(serviceId: ServiceId): boolean;
  /** Who keeps away from a service. */
  avoidersOf(name: string): readonly Avoider[];
}

/**
 * Answers from the book for as long as one plan is made. What is counted by labels is counted when it is first asked
 * for, from the nodes of that service, and then follows the placements of the plan.
 */
export class Neighbourhood implements Neighbours {
  readonly #view: ReadView;
  readonly #loads: LoadBook;
  readonly #avoiders: Avoiders;
  /** By service and label: how many tasks there are at each value. */
  readonly #atLabels = new Map<ServiceId, Map<string, Map<string, number>>>();

  constructor(view: ReadView, loads: LoadBook, avoiders: Avoiders) {
    this.#view = view;
    this.#loads = loads;
    this.#avoiders = avoiders;
  }

  idOf(name: string): ServiceId | undefined {
    return this.#view.byName("service", name)?.id;
  }

  near(load: NodeLoad, serviceId: ServiceId, topology: string): number {
    if (topology === "") return load.countOf(serviceId);
    const value = labelAt(load.node, topology) ?? null;
    return value === null ? 0 : (this.#countsAt(serviceId, topology).get(value) ?? 0);
  }

  isAnywhere(serviceId: ServiceId): boolean {
    return this.#loads.nodesOf(serviceId).size > 0;
  }

  avoidersOf(name: string): readonly Avoider[] {
    return this.#avoiders.of(name);
  }

  /** One more task of the service was placed, and counted in on its node. */
  place(serviceId: ServiceId, load: NodeLoad): void {
    for (const [topology, counts] of this.#atLabels.get(serviceId) ?? []) add(counts, load, topology, 1);
  }

  /** Nodes that take tasks and share a label's value with a task of the service. */
  *loadsNear(serviceId: ServiceId, topology: string): Generator<NodeLoad> {
    if (topology === "") {
      yield* this.#loads.nodesOf(serviceId);
      return;
    }
    const { branches } = this.#loads.partition([topology]).root;
    for (const value of this.#countsAt(serviceId, topology).keys()) {
      for (const { load } of branches.get(value)?.standings ?? []) yield load;
    }
  }

  #countsAt(serviceId: ServiceId, topology: string): Map<string, number> {
    const atLabels = this.#atLabels.get(serviceId) ?? new Map<string, Map<string, number>>();
    this.#atLabels.set(serviceId, atLabels);
    const known = atLabels.get(topology);
    if (known !== undefined) return known;
    const counts = new Map<string, number>();
    atLabels.set(topology, counts);
    for (const load of this.#loads.nodesOf(serviceId)) add(counts, load, topology, load.countOf(serviceId));
    return counts;
  }
}

function add(counts: Map<string, number>, { node }: NodeLoad, topology: string, tasks: number): void {
  const value = labelAt(node, topology) ?? null;
  if (value !== null) counts.set(value, (counts.get(value) ?? 0) + tasks);
}
