import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { Tables } from "../../manager/store/tables.ts";
import type { Service, Task } from "../../shared/objects/types.ts";
import { createNode, createService, createTask } from "../support/objects.ts";

const words = fc.constantFrom("a", "b", "c", "d", "e");
const taskIds = fc.integer({ min: 0, max: 40 }).map((number) => `t${number}`);

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("task" as const), id: taskIds, service: words, node: fc.option(words) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("removeTask" as const), id: taskIds }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("service" as const), id: words, name: words }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("removeService" as const), id: words }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("look" as const) }) },
);

/** The same in the most obvious way: a map, searched from end to end. */
class NaiveTables {
  readonly tasks = new Map<string, Task>();
  readonly services = new Map<string, Service>();

  sorted<T extends { readonly id: string }>(map: ReadonlyMap<string, T>): T[] {
    return [...map.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }
}

it("indexes of the tables are what a search through all objects finds, whenever one looks", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
      const tables = new Tables();
      const naive = new NaiveTables();
      for (const each of steps) {
        switch (each.kind) {
          case "task": {
            const task = createTask(each.id, createService(each.service), {
              nodeId: each.node === null ? "" : createNode(each.node).id,
            });
            tables.put("task", task);
            naive.tasks.set(task.id, task);
            break;
          }
          case "removeTask": {
            const { id } = createTask(each.id, createService("a"));
            if (naive.tasks.delete(id)) tables.remove("task", id);
            break;
          }
          case "service": {
            const service = createService(each.id, { name: each.name.toUpperCase() });
            const taken = naive
              .sorted(naive.services)
              .some(({ id, spec }) => id !== service.id && spec.annotations.name === service.spec.annotations.name);
            if (taken) break;
            tables.put("service", service);
            naive.services.set(service.id, service);
            break;
          }
          case "removeService": {
            const { id } = createService(each.id);
            if (naive.services.delete(id)) tables.remove("service", id);
            break;
          }
          case "look":
            compare(tables, naive);
        }
      }
      compare(tables, naive);
    }),
    { numRuns: 150 },
  );
});

it("a list that was handed out never changes", () => {
  fc.assert(
    fc.property(fc.array(taskIds, { maxLength: 60 }), fc.array(taskIds, { maxLength: 60 }), (first, second) => {
      const tables = new Tables();
      const service = createService("a");
      for (const id of first) tables.put("task", createTask(id, service));
      const held = tables.all("task");
      const copy = [...held];
      for (const id of second) {
        const task = createTask(id, service, { slot: 2 });
        if (tables.get("task", task.id)?.slot === 1) tables.remove("task", task.id);
        else tables.put("task", task);
      }
      tables.all("task");
      assert.deepEqual(held, copy);
    }),
    { numRuns: 100 },
  );
});

function compare(tables: Tables, naive: NaiveTables): void {
  const tasks = naive.sorted(naive.tasks);
  assert.deepEqual(tables.all("task"), tasks);
  assert.deepEqual(tables.all("service"), naive.sorted(naive.services));
  for (const word of ["a", "b", "c", "d", "e"]) {
    const serviceId = createService(word).id;
    const nodeId = createNode(word).id;
    assert.deepEqual(
      tables.tasksOfService(serviceId),
      tasks.filter((task) => task.serviceId === serviceId),
    );
    assert.deepEqual(
      tables.tasksOfNode(nodeId),
      tasks.filter((task) => task.nodeId === nodeId),
    );
    assert.equal(
      tables.byName("service", word)?.id,
      naive.sorted(naive.services).find(({ spec }) => spec.annotations.name.toLowerCase() === word)?.id,
    );
  }
}
