import { strict as assert } from "node:assert";
import { test } from "node:test";
import { AllocationBook } from "../../../../manager/allocator/allocation-book.ts";
import { createAllocatorMemory, decideAllocation } from "../../../../manager/allocator/decide-allocation.ts";
import { applyAllocation } from "../../../../manager/allocator/run-allocator.ts";
import type { WriteTx } from "../../../../manager/store/store-types.ts";
import type { Task } from "../../../../shared/objects/types.ts";
import { createMemoryStore } from "../../../support/memory-store.ts";
import {
  createCluster,
  createNetwork,
  createService,
  createSubnet,
  createTask,
  createTaskSpec,
  testId,
} from "../../../support/objects.ts";

const FULL = 4;
const frees: readonly (readonly [string, (tx: WriteTx, task: Task) => void])[] = [
  ["ends", (tx, task) => tx.update("task", { ...task, status: { ...task.status, state: "FAILED" } })],
  ["is removed", (tx, task) => tx.remove("task", task.id)],
];
for (const [what, free] of frees) {
  test(`who waits for an address is not looked at again until a task that has one ${what}, and then gets it`, async () => {
    using store = createMemoryStore();
    const book = new AllocationBook();
    using _subscription = store.subscribe(({ changes }) => {
      for (const change of changes) book.note(change, store.view());
    });
    const memory = createAllocatorMemory();
    const allocate = (): Promise<unknown> =>
      store.update("allocate", (tx) =>
        applyAllocation(tx, decideAllocation(tx, book, memory, { changesMax: 100, looksMax: 100 }), 1),
      );
    // One address more than the gateway, the service and the tasks before the last one have.
    const network = createNetwork("net", { subnets: [createSubnet("10.7.0.0/29", "10.7.0.1")] });
    const task = createTaskSpec({ networks: [{ target: network.id, aliases: [], driverOptions: {} }] });
    const service = createService("web", { task });
    await store.update("begin", (tx) => {
      tx.create("cluster", createCluster());
      tx.create("network", { ...network, spec: { ...network.spec, subnets: network.subnets } });
      tx.create("service", service);
      for (let at = 0; at <= FULL; at++) tx.create("task", createTask(`t${at}`, service, { state: "NEW", slot: at }));
    });
    const stateOf = (at: number): string | undefined => store.view().get("task", testId(`t${at}`))?.status.state;
    while (!book.agenda.isEmpty) await allocate();
    assert.deepEqual([stateOf(0), stateOf(FULL - 1), stateOf(FULL)], ["PENDING", "PENDING", "NEW"]);

    await store.update("free", (tx) => free(tx, tx.get("task", testId("t0")) as Task));
    assert.deepEqual([...book.agenda.fresh], [testId(`t${FULL}`)]);
    await allocate();
    assert.equal(stateOf(FULL), "PENDING");
  });
}
