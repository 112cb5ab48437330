import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { slotsOf } from "../../manager/tasks/slots.ts";
import type { NodeId } from "../../shared/ids.ts";
import type { Service, Task } from "../../shared/objects/types.ts";
import { createService, createTask, testId } from "../support/objects.ts";

/** More than are grouped anew each time. */
const TASKS = 300;
const NODES = 40;

const change = fc.record({
  kind: fc.constantFrom("move", "stop", "forget", "remove", "create", "older"),
  pick: fc.nat(999),
  slot: fc.nat(60),
});

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

let services = 0;

for (const mode of [100, "global"] as const) {
  it(`slots of a large service (${mode}) are the same whatever was looked at before`, () => {
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 12 }), (rounds) => {
        const service = createService(`s${services++}`, { replicas: mode });
        const tasks = new Map<string, Task>();
        for (let at = 0; at < TASKS; at++) put(tasks, taskOf(service, at, at % 70));
        let earlier = sorted(tasks);
        for (const [round, changes] of rounds.entries()) {
          for (const [at, each] of changes.entries()) run(tasks, service, each, 1000 * (round + 1) + at);
          const now = sorted(tasks);
          // A transaction and the committed state take turns: what was seen in between must not show.
          for (const list of [now, earlier, now]) assert.deepEqual(slotsOf(service, list), fromNothing(service, list));
          earlier = now;
        }
      }),
      { numRuns: 60 },
    );
  });
}

/** Of a service that nobody has looked at yet. */
function fromNothing(service: Service, tasks: readonly Task[]): unknown {
  return slotsOf({ ...service, id: testId(`x${services++}`) }, tasks);
}

function run(tasks: Map<string, Task>, service: Service, { kind, pick, slot }: Change, at: number): void {
  const chosen = [...tasks.values()][pick % Math.max(1, tasks.size)];
  if (kind === "create") put(tasks, taskOf(service, at, slot));
  if (chosen === undefined) return;
  if (kind === "move") put(tasks, { ...taskOf(service, at, slot), id: chosen.id });
  if (kind === "stop") put(tasks, { ...chosen, desiredState: "SHUTDOWN" });
  if (kind === "forget") put(tasks, { ...chosen, desiredState: "REMOVE" });
  if (kind === "older") put(tasks, { ...chosen, meta: { ...chosen.meta, createdAtMs: pick } });
  if (kind === "remove") tasks.delete(chosen.id);
}

function taskOf(service: Service, at: number, slot: number): Task {
  return createTask(`t${at}a`, service, { slot, nodeId: testId<NodeId>(`n${slot % NODES}`) });
}

function put(tasks: Map<string, Task>, task: Task): void {
  tasks.set(task.id, task);
}

function sorted(tasks: ReadonlyMap<string, Task>): readonly Task[] {
  return [...tasks.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}
