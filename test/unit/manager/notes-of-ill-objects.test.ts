import assert from "node:assert/strict";
import { test } from "node:test";
import { AllocationBook } from "../../../manager/allocator/allocation-book.ts";
import { FailureRecord } from "../../../manager/scheduler/failure-record.ts";
import { ScheduleBook } from "../../../manager/scheduler/schedule-book.ts";
import type { Change, WriteTx } from "../../../manager/store/store-types.ts";
import { Dependents } from "../../../manager/tasks/dependents.ts";
import { MovingTasks } from "../../../manager/tasks/leaving.ts";
import type { NetworkId, NodeId } from "../../../shared/ids.ts";
import { createMemoryStore } from "../../support/memory-store.ts";
import * as make from "../../support/objects.ts";
import { poisonedStore } from "../../support/poisoned-store.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const [n1, n2] = [make.testId<NodeId>("n1"), make.testId<NodeId>("n2")];

/** What becomes of each kind of object: made, changed and removed, with all that its readers ask of it. */
async function live(change: (run: (tx: WriteTx) => void) => Promise<void>): Promise<void> {
  const held = { networkId: make.testId<NetworkId>("net"), address: "10.0.0.5/20", address6: "", aliases: [] } as const;
  const service = make.createService("web", { dependsOn: [{ service: "db", condition: "STARTED" }] });
  const task = make.createTask("t1", service, { nodeId: n1, networks: [held] });
  await change((tx) => {
    tx.create("cluster", make.createCluster());
    tx.create("network", make.createNetwork("net"));
    tx.create("node", make.createNode("n1"));
    tx.create("node", make.createNode("n2", { attachments: [held] }));
    tx.create("service", service);
    tx.create("task", task);
  });
  await change((tx) => {
    tx.update("network", { ...make.createNetwork("net"), vni: 5000 });
    tx.update("node", make.createNode("n1", { availability: "DRAIN" }));
    tx.update("service", { ...service, generation: 2 });
    tx.update("task", { ...task, networks: [], status: make.createTaskStatus("FAILED") });
  });
  await change((tx) => {
    tx.remove("task", task.id);
    tx.remove("service", service.id);
    tx.remove("node", n1);
    tx.remove("node", n2);
    tx.remove("network", make.testId("net"));
  });
}

for (const kind of ["network", "node", "service", "task"] as const) {
  test(`books take in an ill ${kind} without throwing, which would make their loops look at everything`, async () => {
    const store = createMemoryStore(new VirtualClock());
    const poisoned = poisonedStore(store, (each) => each === kind);
    const books: readonly (readonly [string, (change: Change) => unknown])[] = [
      [
        "allocation",
        (
          (book) => (change: Change) =>
            book.note(change, poisoned.view())
        )(AllocationBook.of(poisoned.view())),
      ],
      [
        "schedule",
        (
          (book) => (change: Change) =>
            book.note(change, poisoned.view())
        )(ScheduleBook.of(poisoned.view())),
      ],
      [
        "failures",
        (
          (book) => (change: Change) =>
            book.note(change)
        )(new FailureRecord()),
      ],
      ["dependents", ((book) => (change: Change) => [...book.concerned(change)])(new Dependents())],
      [
        "moves",
        (
          (book) => (change: Change) =>
            book.note(change)
        )(new MovingTasks()),
      ],
    ];
    const faults: string[] = [];
    const seen = new Set<string>();
    poisoned.subscribe(({ changes }) => {
      for (const change of changes) {
        seen.add(`${change.kind} ${change.action}`);
        for (const [name, note] of books) {
          try {
            note(change);
          } catch (error) {
            faults.push(`${name}: ${change.kind} ${change.action}: ${error}`);
          }
        }
      }
    });
    await live((run) => store.update("person", run));
    assert.deepEqual(faults, []);
    assert.ok(["create", "update", "remove"].every((action) => seen.has(`${kind} ${action}`)));
  });
}
