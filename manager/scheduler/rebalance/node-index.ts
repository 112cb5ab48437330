import type { NodeId, ServiceId } from "../../../shared/ids.ts";
import { mustHave } from "../../../shared/invariant.ts";
import { labelAt } from "../../../shared/label-key.ts";
import type { NodeLoad } from "../node-load.ts";
import { OrderedSet } from "../ordered-set.ts";

/** A node by what it runs. */
interface Entry {
  readonly load: NodeLoad;
  readonly taskCount: number;
  /** Of nodes that run equally many, the one that was there first. */
  readonly number: number;
}

/** Nodes that all labels of a list agree on. */
export interface Leaf {
  /** The places around them, the largest first. */
  readonly way: readonly string[];
  /** Those that run fewest first. */
  readonly nodes: OrderedSet<Entry>;
}

interface Division {
  readonly keys: readonly string[];
  readonly leaves: Map<string, Leaf>;
}

const byTasks = (a: Entry, b: Entry): number => a.taskCount - b.taskCount || a.number - b.number;

/**
 * All nodes, so that the emptiest of a place and those with tasks of a service are found without looking at each: a
 * plan asks for them for each service, and there may be thousands of both.
 */
export class NodeIndex {
  readonly #loads = new Map<NodeId, NodeLoad>();
  readonly #entries = new Map<NodeLoad, Entry>();
  readonly #holders = new Map<ServiceId, Set<NodeLoad>>();
  /** By the labels that some service is spread over; most are spread over none. */
  readonly #divisions = new Map<string, Division>();

  get loads(): Iterable<NodeLoad> {
    return this.#loads.values();
  }

  get(nodeId: NodeId): NodeLoad | undefined {
    return this.#loads.get(nodeId);
  }

  add(load: NodeLoad): void {
    this.#loads.set(load.node.id, load);
    const entry = { load, taskCount: load.taskCount, number: this.#entries.size };
    this.#entries.set(load, entry);
    for (const { keys, leaves } of this.#divisions.values()) leafOf(leaves, wayTo(load, keys)).nodes.add(entry);
    for (const serviceId of load.services) this.#hold(serviceId, load);
  }

  /** Changes what a node runs. */
  change(load: NodeLoad, serviceId: ServiceId, change: () => void): void {
    const before = mustHave(this.#entries.get(load), "the node's entry");
    change();
    this.#hold(serviceId, load);
    const after = { ...before, taskCount: load.taskCount };
    this.#entries.set(load, after);
    for (const { keys, leaves } of this.#divisions.values()) {
      const { nodes } = leafOf(leaves, wayTo(load, keys));
      nodes.delete(before);
      nodes.add(after);
    }
  }

  /** Nodes that run tasks of the service. */
  *holders(serviceId: ServiceId): Generator<NodeLoad> {
    for (const load of this.#holders.get(serviceId) ?? []) if (load.countOf(serviceId) > 0) yield load;
  }

  /** The nodes as these labels divide them. */
  leaves(keys: readonly string[]): Iterable<Leaf> {
    const name = JSON.stringify(keys);
    let division = this.#divisions.get(name);
    if (division === undefined) {
      division = { keys, leaves: new Map() };
      this.#divisions.set(name, division);
      for (const entry of this.#entries.values()) {
        leafOf(division.leaves, wayTo(entry.load, keys)).nodes.add(entry);
      }
    }
    return division.leaves.values();
  }

  /** Below 0: `a` runs fewer, or as many and was there first. */
  compare(a: NodeLoad, b: NodeLoad): number {
    return byTasks(mustHave(this.#entries.get(a), "an entry"), mustHave(this.#entries.get(b), "an entry"));
  }

  #hold(serviceId: ServiceId, load: NodeLoad): void {
    const holders = this.#holders.get(serviceId);
    if (holders === undefined) this.#holders.set(serviceId, new Set([load]));
    else holders.add(load);
  }
}

/** The places around a node, the largest first; nodes without a label are one place. */
export function wayTo({ node }: NodeLoad, keys: readonly string[]): readonly string[] {
  if (keys.length === 0) return NO_PLACES;
  const values = keys.map((key) => labelAt(node, key) ?? "");
  return values.map((_, at) => JSON.stringify(values.slice(0, at + 1)));
}

const NO_PLACES: readonly string[] = [];

function leafOf(leaves: Map<string, Leaf>, way: readonly string[]): Leaf {
  const name = way.at(-1) ?? "";
  let leaf = leaves.get(name);
  if (leaf === undefined) {
    leaf = { way, nodes: new OrderedSet(byTasks) };
    leaves.set(name, leaf);
  }
  return leaf;
}
