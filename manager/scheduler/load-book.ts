import type { NodeId, ServiceId, TaskId } from "../../shared/ids.ts";
import { invariant } from "../../shared/invariant.ts";
import type { Node, Task } from "../../shared/objects/types.ts";
import type { GenericResource } from "../../shared/rpc/gen/objects.ts";
import type { Strategy } from "../../shared/service-spec/strategies.ts";
import type { ReadView } from "../store/store-types.ts";
import { isPlaced } from "../tasks/host-ports.ts";
import { changesFitness, takesTasks } from "../tasks/node-fitness.ts";
import { sameData } from "../tasks/same-data.ts";
import type { Trouble } from "../trouble.ts";
import { isUngiven, NodeLoad } from "./node-load.ts";
import { Partition } from "./partition.ts";
import { RANKINGS, type Standing, sameStanding, standingOf } from "./ranking.ts";

/**
 * Divisions of the nodes that are kept for services with placement preferences or another strategy; one that is missing
 * is made anew.
 */
const PARTITIONS_MAX = 16;

const NO_LOADS: ReadonlySet<NodeLoad> = new Set();

/** A placement that may be taken back. */
interface Trial {
  readonly load: NodeLoad;
  readonly task: Task;
}

/**
 * Every node with what is left on it, and the nodes that take tasks in their order, kept up to date with the store: a
 * commit costs what it changed. It is derived from the store's committed objects alone, so nothing that was proposed
 * and dropped ever reaches it.
 *
 * Invariants: (1) a node's load is what `new NodeLoad(node, tasksOfNode)` is; (2) each partition has exactly the nodes
 * that take tasks, where they now stand; (3) a service's nodes are those on which a task of it is wanted to run.
 */
export class LoadBook {
  readonly #loads = new Map<NodeId, NodeLoad>();
  /** Of the nodes that take tasks. */
  readonly #standings = new Map<NodeLoad, Standing>();
  readonly #nodesOf = new Map<ServiceId, Set<NodeLoad>>();
  readonly #partitions = new Map<string, Partition>([
    [keyOf([], "spread"), new Partition([], RANKINGS.spread.standings)],
  ]);
  /** Nodes whose load cannot be determined, and why: they get no tasks. */
  readonly #ill = new Map<NodeId, unknown>();
  readonly #trials: Trial[] = [];

  get(nodeId: NodeId): NodeLoad | undefined {
    return this.#loads.get(nodeId);
  }

  /** Nodes on which tasks of a service are wanted to run. */
  nodesOf(serviceId: ServiceId): ReadonlySet<NodeLoad> {
    return this.#nodesOf.get(serviceId) ?? NO_LOADS;
  }

  /** Where a node stands; undefined while it takes no tasks. */
  standingOf(load: NodeLoad): Standing | undefined {
    return this.#standings.get(load);
  }

  get troubles(): readonly Trouble[] {
    return [...this.#ill].map(([nodeId, error]) => ({ about: `node ${nodeId}`, error }));
  }

  /** The nodes that take tasks, divided by labels, in the order of a strategy. */
  partition(keys: readonly string[], strategy: Strategy = "spread"): Partition {
    const key = keyOf(keys, strategy);
    const known = this.#partitions.get(key);
    if (known !== undefined) return known;
    const oldest = [...this.#partitions.keys()][1];
    if (this.#partitions.size >= PARTITIONS_MAX && oldest !== undefined) this.#partitions.delete(oldest);
    const partition = new Partition(keys, RANKINGS[strategy].standings);
    for (const standing of this.#standings.values()) partition.endFor(standing.load).standings.add(standing);
    this.#partitions.set(key, partition);
    return partition;
  }

  /** Takes in what the store now says of a node. */
  lookAtNode(view: ReadView, nodeId: NodeId): void {
    const node = view.get("node", nodeId);
    const old = this.#loads.get(nodeId);
    if (node !== undefined && old !== undefined && !differs(old.node, node)) return;
    this.#rebuild(view, nodeId, node);
  }

  /** Takes in what the store now says of a task that has this node, or had it. */
  lookAtTask(view: ReadView, taskId: TaskId, nodeId: NodeId): void {
    const load = this.#loads.get(nodeId);
    if (load === undefined) {
      // A node that is ill because of one of its tasks may be well without it.
      if (this.#ill.has(nodeId)) this.#rebuild(view, nodeId, view.get("node", nodeId));
      return;
    }
    const task = view.get("task", taskId);
    const now = task !== undefined && isPlaced(task) ? task : undefined;
    const serviceId = (load.taskOf(taskId) ?? now)?.serviceId;
    if (serviceId === undefined) return;
    if (load.isGuess || (now !== undefined && isUngiven(now))) {
      this.#rebuild(view, nodeId, view.get("node", nodeId));
      return;
    }
    try {
      this.#move(load, serviceId, () => {
        load.remove(taskId);
        if (now !== undefined) load.add(now);
      });
    } catch (error) {
      this.#drop(load);
      this.#ill.set(nodeId, error);
    }
  }

  /** Looks once more at nodes whose load could not be determined. */
  retry(view: ReadView): void {
    for (const nodeId of [...this.#ill.keys()]) this.#rebuild(view, nodeId, view.get("node", nodeId));
  }

  /** Counts a task in for the decisions that follow, until `takeBack`. */
  try(load: NodeLoad, task: Task): readonly GenericResource[] {
    let given: readonly GenericResource[] = [];
    this.#move(load, task.serviceId, () => {
      given = load.add(task);
    });
    this.#trials.push({ load, task });
    return given;
  }

  /** Takes back all that was tried: what comes of it, commits will say. */
  takeBack(): void {
    for (const { load, task } of this.#trials.splice(0)) {
      this.#move(load, task.serviceId, () => load.remove(task.id));
    }
  }

  #rebuild(view: ReadView, nodeId: NodeId, node: Node | undefined): void {
    invariant(this.#trials.length === 0, "nothing is tried while the store changes");
    const old = this.#loads.get(nodeId);
    if (old !== undefined) this.#drop(old);
    this.#ill.delete(nodeId);
    if (node === undefined) return;
    try {
      this.#put(new NodeLoad(node, view.tasksOfNode(nodeId)));
    } catch (error) {
      this.#ill.set(nodeId, error);
      return;
    }
    // A division by labels that nodes no longer have would keep its empty branches for ever.
    if (old !== undefined && !sameLabels(old.node, node)) this.#dropPartitions();
  }

  #put(load: NodeLoad): void {
    this.#loads.set(load.node.id, load);
    for (const serviceId of load.services) this.#noteService(serviceId, load);
    if (takesTasks(load.node)) this.#enter(load);
  }

  #drop(load: NodeLoad): void {
    this.#loads.delete(load.node.id);
    for (const serviceId of [...load.services]) this.#forgetService(serviceId, load);
    this.#leave(load);
  }

  /** A change of a load by a task of the service, after which the node stands somewhere else. */
  #move(load: NodeLoad, serviceId: ServiceId, change: () => void): void {
    const before = load.countOf(serviceId);
    try {
      change();
    } finally {
      const count = load.countOf(serviceId);
      if (before === 0 && count > 0) this.#noteService(serviceId, load);
      if (before > 0 && count === 0) this.#forgetService(serviceId, load);
    }
    const standing = this.#standings.get(load);
    if (standing === undefined || sameStanding(standing, standingOf(load))) return;
    this.#leave(load);
    this.#enter(load);
  }

  #enter(load: NodeLoad): void {
    const standing = standingOf(load);
    this.#standings.set(load, standing);
    for (const partition of this.#partitions.values()) partition.endFor(load).standings.add(standing);
  }

  #leave(load: NodeLoad): void {
    const standing = this.#standings.get(load);
    if (standing === undefined) return;
    this.#standings.delete(load);
    for (const partition of this.#partitions.values()) partition.endFor(load).standings.delete(standing);
  }

  #noteService(serviceId: ServiceId, load: NodeLoad): void {
    const loads = this.#nodesOf.get(serviceId);
    if (loads === undefined) this.#nodesOf.set(serviceId, new Set([load]));
    else loads.add(load);
  }

  #forgetService(serviceId: ServiceId, load: NodeLoad): void {
    const loads = this.#nodesOf.get(serviceId);
    loads?.delete(load);
    if (loads?.size === 0) this.#nodesOf.delete(serviceId);
  }

  #dropPartitions(): void {
    for (const key of [...this.#partitions.keys()].slice(1)) this.#partitions.delete(key);
  }
}

const keyOf = (keys: readonly string[], strategy: Strategy): string => JSON.stringify([strategy, ...keys]);

function differs(old: Node, node: Node): boolean {
  return changesFitness({ kind: "node", action: "update", old, object: node });
}

function sameLabels(a: Node, b: Node): boolean {
  return (
    sameData(a.spec.annotations.labels, b.spec.annotations.labels) &&
    sameData(a.description?.engineLabels, b.description?.engineLabels)
  );
}
