import { strict as assert } from "node:assert";
import { AllocationBook } from "../../../manager/allocator/allocation-book.ts";
import { ScheduleBook } from "../../../manager/scheduler/schedule-book.ts";
import type { Commit, ReadView } from "../../../manager/store/store-types.ts";
import { hostPortsOf } from "../../../manager/tasks/host-ports.ts";
import type { NetworkId, TaskId } from "../../../shared/ids.ts";

/** Addresses that are asked for of each network and purpose: the next ones that the allocator would give. */
const ADDRESSES = 3;

/**
 * The books of the scheduler and the allocator, fed with every commit as the loops feed theirs. After each of them they
 * must be what they are when they are made from nothing: whatever is decided from them is then decided from the store.
 */
export class DerivedState {
  readonly #schedule = new ScheduleBook();
  readonly #allocation = new AllocationBook();

  note({ changes }: Commit, view: ReadView): void {
    for (const change of changes) {
      this.#schedule.note(change, view);
      this.#allocation.note(change, view);
    }
    const plain = ScheduleBook.of(view);
    assert.deepEqual(describeLoads(this.#schedule, view), describeLoads(plain, view), "nodes' loads");
    assert.deepEqual(describeWaiting(this.#schedule), describeWaiting(plain), "waiting tasks");
    const fresh = AllocationBook.of(view);
    assert.deepEqual(describeAddresses(this.#allocation, view), describeAddresses(fresh, view), "addresses");
    assert.deepEqual(describePorts(this.#allocation, view), describePorts(fresh, view), "published ports");
  }
}

/** What is left on each node, who runs there, and the order in which nodes stand. */
function describeLoads({ loads }: ScheduleBook, view: ReadView): unknown {
  const services = view.all("service").map(({ id }) => id);
  const ports = view.all("task").flatMap(hostPortsOf);
  const nodes = view.all("node").map(({ id }) => {
    const load = loads.get(id);
    if (load === undefined) return { id };
    const { freeNanoCpus, freeMemoryBytes, taskCount } = load;
    const counts = services.map((serviceId) => load.countOf(serviceId));
    const used = ports.filter((port) => load.hasHostPort(port)).map(({ key }) => key);
    const gpus = [1, 2, 3].map((value) => load.generic.fits({ kind: "gpu", value, names: [] }));
    return { id, freeNanoCpus, freeMemoryBytes, taskCount, counts, used, gpus };
  });
  const order = [...loads.partition([]).root.standings].map(({ load }) => load.node.id);
  const nodesOf = services.map((id) => [...loads.nodesOf(id)].map(({ node }) => node.id).sort());
  return { nodes, order, nodesOf };
}

/** Groups of tasks that wait for a node, each in the order in which they are served. */
function describeWaiting({ waiting }: ScheduleBook): unknown {
  const groups = [...waiting.blocked, ...waiting.marked];
  const lines = groups.map(({ key, nodeId, tasks }): [string, string, TaskId[]] => [
    key,
    nodeId,
    [...tasks].map(({ id }) => id),
  ]);
  return lines.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** How full each network is, and which addresses would be given next. */
function describeAddresses({ addresses }: AllocationBook, view: ReadView): unknown {
  const take = (id: NetworkId, purpose: "task" | "service"): unknown => {
    const taken = { cursors: new Map(), grow: () => null };
    return Array.from({ length: ADDRESSES }, () => addresses.take(id, purpose, taken));
  };
  try {
    return view
      .all("network")
      .map(({ id }) => [
        id,
        addresses.describe(id, "task"),
        addresses.describe(id, "service"),
        take(id, "task"),
        take(id, "service"),
      ]);
  } finally {
    addresses.takeBack();
  }
}

/** Who has each port that anybody wants or has. */
function describePorts({ ports }: AllocationBook, view: ReadView): unknown {
  const all = view
    .all("service")
    .flatMap(({ spec, endpoint }) => [...(spec.endpoint?.ports ?? []), ...(endpoint?.ports ?? [])]);
  return all.map((port) => ports.ownerOf(port) ?? null);
}
