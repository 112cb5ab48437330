import type { TaskId } from "../../shared/ids.ts";
import { hostIpsOverlap } from "../../shared/objects/host-ip.ts";
import { isRunnable } from "../../shared/objects/task-state.ts";
import type { Node, Service, Task } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";
import { fixedHostPorts, hostPortsOf, isPlaced } from "./host-ports.ts";
import { meetsPlacement, takesTasks } from "./node-fitness.ts";
import { isGlobal, type Slot } from "./slots.ts";

/**
 * Whether a slot's new task can start beside its old one, as start-first has it: not where both would write to the
 * slot's volume, and not where a port of the host, or what is said of tasks on one node, lets a second task on no node.
 * Docker waits for ever there. Room for its reservations may come with time, and is not looked at.
 */
export class RoomForTwo {
  readonly #view: ReadView;
  readonly #service: Service;
  /** Some node takes a task besides those that there are. */
  #hasRoom: boolean;
  #nodes: readonly Node[] | null = null;
  readonly #leaving = new Set<TaskId>();

  constructor(view: ReadView, service: Service) {
    this.#view = view;
    this.#service = service;
    this.#hasRoom = !mayClash(service);
  }

  /** Why the old task has to stop first, in words that follow "stop-first: "; "" = it need not. */
  whyNot({ slot, nodeId, runnable }: Slot): string {
    const written = this.#service.spec.task.container.mounts.find(({ volumePerSlot, readOnly }) => {
      return volumePerSlot && !readOnly;
    });
    if (written !== undefined) return `two tasks of a slot must not write to its volume (${written.source}-${slot})`;
    if (this.#hasRoom) return "";
    const nodes = this.#eligible().filter(({ id }) => nodeId === "" || id === nodeId);
    let why = "";
    for (const node of nodes) {
      const clash = this.#clashOn(node, []);
      if (clash === "") {
        // For slots that may be anywhere: whoever gets it makes room for the next one where its old task was.
        this.#hasRoom = nodeId === "";
        return "";
      }
      why ||= clash;
    }
    // Where it would change nothing, what serves goes on.
    const wouldHelp = runnable.some(({ nodeId: at }) => {
      const node = nodes.find(({ id }) => id === at);
      return node !== undefined && this.#clashOn(node, runnable) === "";
    });
    return wouldHelp ? why : "";
  }

  /** It is told to stop now. */
  free(taskId: TaskId): void {
    this.#leaving.add(taskId);
  }

  #eligible(): readonly Node[] {
    const { task } = this.#service.spec;
    this.#nodes ??= this.#view.all("node").filter((node) => takesTasks(node) && meetsPlacement(node, task));
    return this.#nodes;
  }

  /** What on the node, but for these tasks, keeps a new one away; "" = nothing. */
  #clashOn(node: Node, but: readonly Task[]): string {
    const { id, spec } = this.#service;
    const ports = fixedHostPorts(spec.endpoint?.ports ?? []);
    const most = spec.task.placement?.maxReplicas ?? 0;
    let own = 0;
    for (const task of this.#view.tasksOfNode(node.id)) {
      // What is about to stop is waited for.
      if (!isPlaced(task) || !isRunnable(task) || this.#leaving.has(task.id) || but.includes(task)) continue;
      if (task.serviceId === id) own++;
      const taken = hostPortsOf(task).find((used) =>
        ports.some((port) => port.key === used.key && hostIpsOverlap(port.hostIp, used.hostIp)),
      );
      if (taken !== undefined) return `no host has port ${taken.key} free for a second task`;
    }
    if (most > 0 && own >= most) return `no node may have one task more (--replicas-max-per-node ${most})`;
    return own > 0 && keepsApart(this.#service) ? "its tasks keep away from each other, and no node is free" : "";
  }
}

/** Whether anything here can be in the way at all: of most services nothing is. */
function mayClash(service: Service): boolean {
  const { endpoint, task } = service.spec;
  const hasPorts = fixedHostPorts(endpoint?.ports ?? []).length > 0;
  // A global service has one task on a node whatever else is said.
  return hasPorts || (!isGlobal(service) && ((task.placement?.maxReplicas ?? 0) > 0 || keepsApart(service)));
}

/** By nodes; what is said of zones is left to the scheduler. */
function keepsApart({ spec }: Service): boolean {
  const own = spec.annotations.name.toLowerCase();
  return (spec.task.placement?.affinities ?? []).some(
    ({ service, avoid, soft, topology }) => avoid && !soft && topology === "" && service.toLowerCase() === own,
  );
}
