import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { Tables } from "../../manager/store/tables.ts";
import { type Draft, WorkingTables, type Write } from "../../manager/store/working-tables.ts";
import type { ObjectKinds } from "../../shared/objects/types.ts";
import { createNode, createService, createTask } from "../support/objects.ts";

const WORDS = ["a", "b", "c"] as const;
type Kind = "task" | "service";
type Held = ObjectKinds[Kind];

const words = fc.constantFrom(...WORDS);
const task = fc.record({ kind: fc.constant("task" as const), at: fc.nat(5), service: words, node: fc.option(words) });
const service = fc.record({ kind: fc.constant("service" as const), at: words, name: words });
const step = fc.oneof(
  { weight: 6, arbitrary: task },
  { weight: 3, arbitrary: service },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("remove" as const), pick: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("begin" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("undo" as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("settle" as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** One transaction: what it wrote, and the drafts that these writes took the place of. */
interface Transaction {
  readonly writes: Write[];
  readonly replaced: (Draft | undefined)[];
}

/** Committed tables, the working state on top of them, and the same objects in plain maps. */
class World {
  readonly committed = new Tables();
  readonly working = new WorkingTables(this.committed);
  readonly wanted = { task: new Map<string, Held>(), service: new Map<string, Held>() };
  readonly inFlight: Transaction[] = [{ writes: [], replaced: [] }];

  run(each: Step): void {
    switch (each.kind) {
      case "task": {
        const nodeId = each.node === null ? "" : createNode(each.node).id;
        this.#write("task", createTask(`t${each.at}`, createService(each.service), { nodeId }));
        return;
      }
      case "service": {
        const object = createService(each.at, { name: each.name.toUpperCase() });
        const others = [...this.wanted.service.values()].filter(({ id }) => id !== object.id);
        if (others.every((other) => nameOf(other) !== nameOf(object))) this.#write("service", object);
        return;
      }
      case "remove": {
        const all = [...this.wanted.task.values(), ...this.wanted.service.values()];
        const object = all[each.pick % Math.max(1, all.length)];
        if (object !== undefined) this.#write("slot" in object ? "task" : "service", null, object.id);
        return;
      }
      case "begin":
        this.inFlight.push({ writes: [], replaced: [] });
        return;
      case "undo":
        this.#undo();
        return;
      case "settle":
        this.#settle();
    }
  }

  #write(kind: Kind, after: Held | null, id: string = after?.id ?? ""): void {
    const before = this.wanted[kind].get(id) ?? null;
    const transaction = this.inFlight.at(-1);
    const write = { kind, id, before, after };
    transaction?.writes.push(write);
    transaction?.replaced.push(this.working.write(write));
    if (after === null) this.wanted[kind].delete(id);
    else this.wanted[kind].set(id, after);
  }

  #undo(): void {
    const last = this.inFlight.at(-1);
    for (const write of last?.writes.splice(0).toReversed() ?? []) {
      this.working.undo(write, last?.replaced.pop());
      const objects = this.wanted[write.kind as Kind];
      if (write.before === null) objects.delete(write.id);
      else objects.set(write.id, write.before as Held);
    }
  }

  /** As an entry does: the committed tables have all of it before the first draft goes. */
  #settle(): void {
    if (this.inFlight.length < 2) return;
    const oldest = this.inFlight.shift();
    for (const { kind, id, after } of oldest?.writes ?? []) {
      if (after === null) this.committed.remove(kind, id);
      else this.committed.put(kind, after as never);
    }
    for (const write of oldest?.writes ?? []) this.working.settle(write);
  }
}

it("the working state is what is committed with every write in flight done to it, whatever is undone", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: "max" }), (steps) => {
      const world = new World();
      for (const each of steps) {
        world.run(each);
        check(world);
      }
    }),
    { numRuns: Number(process.env["RUNS"] ?? 300) },
  );
});

function check({ working, wanted }: World): void {
  const plain = new Tables();
  for (const object of wanted.service.values()) plain.put("service", object as ObjectKinds["service"]);
  for (const object of wanted.task.values()) plain.put("task", object as ObjectKinds["task"]);
  for (const kind of ["task", "service"] as const) {
    assert.deepEqual(working.all(kind), plain.all(kind));
    for (const { id } of plain.all(kind)) assert.equal(working.get(kind, id), plain.get(kind, id));
  }
  for (const word of WORDS) {
    assert.deepEqual(working.byName("service", word), plain.byName("service", word));
    assert.deepEqual(working.tasksOfService(createService(word).id), plain.tasksOfService(createService(word).id));
    assert.deepEqual(working.tasksOfNode(createNode(word).id), plain.tasksOfNode(createNode(word).id));
  }
  for (const to of ["service", "node"] as const) {
    assert.deepEqual([...working.referred("task", to)].sort(), [...plain.referred("task", to)].sort());
  }
}

function nameOf(object: Held): string {
  return "slot" in object ? "" : object.spec.annotations.name;
}
