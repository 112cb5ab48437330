import { strict as assert } from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import type { NodeId } from "../../shared/ids.ts";
import type { Node, Service, Task } from "../../shared/objects/types.ts";
import type { Affinity } from "../../shared/rpc/gen/objects.ts";
import { ANYWHERE } from "../../shared/service-spec/defaults.ts";
import { createNode, createService, createTask, createTaskSpec, testId } from "../support/objects.ts";
import { scheduleOnce } from "../support/schedule.ts";
import { viewOf } from "../support/view.ts";

const SERVICES = 4;
const affinity: fc.Arbitrary<Affinity> = fc.record({
  service: fc.nat(SERVICES - 1).map((at) => `s${at}`),
  avoid: fc.boolean(),
  topology: fc.constantFrom("", "node.labels.zone"),
  soft: fc.constantFrom(false, false, false, true),
});
const situation = fc.record({
  zones: fc.array(fc.constantFrom("a", "b", null), { minLength: 1, maxLength: 6 }),
  affinities: fc.array(fc.array(affinity, { maxLength: 2 }), { minLength: SERVICES, maxLength: SERVICES }),
  pending: fc.array(fc.nat(4), { minLength: SERVICES, maxLength: SERVICES }),
});

/** Whether two nodes are near each other. */
function isNear(a: Node, b: Node, topology: string): boolean {
  if (topology === "") return a.id === b.id;
  const zone = a.spec.annotations.labels["zone"];
  return zone !== undefined && zone === b.spec.annotations.labels["zone"];
}

test("away holds for every two tasks, and near for each task when it is placed, whatever is wanted", () => {
  fc.assert(
    fc.property(situation, ({ zones, affinities, pending }) => {
      const nodes = zones.map((zone, at) => createNode(`n${at}`, { labels: zone === null ? {} : { zone } }));
      const services = affinities.map((each, at) =>
        createService(`s${at}`, { task: createTaskSpec({ placement: { ...ANYWHERE, affinities: each } }) }),
      );
      let tasks: readonly Task[] = services.flatMap((service, at) =>
        Array.from({ length: pending[at] ?? 0 }, (_, slot) =>
          createTask(`t${at}x${slot}`, service, { state: "PENDING", slot: slot + 1 }),
        ),
      );
      // A task that waits for another service's is placed in a later round.
      for (let round = 0; round < SERVICES + 1; round++) {
        const { assigned } = scheduleOnce(viewOf({ nodes, services, tasks }));
        for (const { taskId, nodeId } of assigned) {
          const task = tasks.find(({ id }) => id === taskId);
          const node = nodes.find(({ id }) => id === nodeId);
          assert(task !== undefined && node !== undefined);
          checkPlaced(task, node, nodes, services, tasks);
          const placed = { ...task, nodeId: nodeId as NodeId, status: { ...task.status, state: "RUNNING" as const } };
          tasks = tasks.map((each) => (each.id === taskId ? placed : each));
        }
      }
      assert.deepEqual(scheduleOnce(viewOf({ nodes, services, tasks })).assigned, [], "it comes to rest");
    }),
    { numRuns: 500 },
  );
});

function checkPlaced(
  task: Task,
  node: Node,
  nodes: readonly Node[],
  services: readonly Service[],
  tasks: readonly Task[],
): void {
  const runs = tasks.filter(({ nodeId }) => nodeId !== "");
  const of = (name: string): readonly Task[] => runs.filter(({ serviceId }) => serviceId === testId(name));
  const nearby = (name: string, topology: string): number =>
    of(name).filter((other) => {
      const where = nodes.find(({ id }) => id === other.nodeId);
      return where !== undefined && isNear(node, where, topology);
    }).length;
  const own = task.serviceAnnotations.name;
  for (const { service, avoid, topology, soft } of task.spec.placement?.affinities ?? []) {
    if (soft) continue;
    if (avoid) assert.equal(nearby(service, topology), 0, `${own} is away from ${service}`);
    else if (service !== own || of(own).length > 0) assert(nearby(service, topology) > 0, `${own} is near ${service}`);
  }
  for (const { spec } of services) {
    for (const { service, avoid, topology, soft } of spec.task.placement?.affinities ?? []) {
      if (soft || !avoid || service !== own) continue;
      assert.equal(nearby(spec.annotations.name, topology), 0, `${spec.annotations.name} keeps ${own} away`);
    }
  }
}
