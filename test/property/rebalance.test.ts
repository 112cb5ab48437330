import { strict as assert } from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { pinOf } from "../../manager/scheduler/rebalance/pinned.ts";
import { meetsPlacement, takesTasks } from "../../manager/tasks/node-fitness.ts";
import type { PlannedMove } from "../../manager/tasks/planned-move.ts";
import type { NodeId, TaskId } from "../../shared/ids.ts";
import type { Node, Service, Task } from "../../shared/objects/types.ts";
import { ANYWHERE } from "../../shared/service-spec/defaults.ts";
import {
  createContainerSpec,
  createMount,
  createNode,
  createResources,
  createService,
  createTask,
  createTaskSpec,
  testId,
} from "../support/objects.ts";
import { planAtOnce } from "../support/rebalance.ts";
import { viewOf } from "../support/view.ts";

const nodeParts = fc.record({
  zone: fc.constantFrom("a", "b", "c"),
  memoryBytes: fc.integer({ min: 0, max: 12 }),
  availability: fc.constantFrom("ACTIVE" as const, "ACTIVE" as const, "ACTIVE" as const, "PAUSE" as const),
});
const serviceParts = fc.record({
  zone: fc.option(fc.constantFrom("a", "b"), { nil: null }),
  isSpread: fc.boolean(),
  memoryBytes: fc.integer({ min: 0, max: 3 }),
  maxReplicas: fc.constantFrom(0, 0, 3),
  hasData: fc.boolean(),
  on: fc.array(fc.nat(6), { minLength: 1, maxLength: 9 }),
});

interface Situation {
  readonly nodes: readonly Node[];
  readonly services: readonly Service[];
  readonly tasks: readonly Task[];
}

const situation: fc.Arbitrary<Situation> = fc
  .record({
    nodes: fc.array(nodeParts, { minLength: 1, maxLength: 7 }),
    services: fc.array(serviceParts, { minLength: 1, maxLength: 5 }),
  })
  .map(({ nodes, services: parts }) => {
    const services = parts.map(({ zone, isSpread, memoryBytes, maxReplicas, hasData, on }, at) =>
      createService(`s${at}`, {
        replicas: on.length,
        task: createTaskSpec({
          container: createContainerSpec({ mounts: hasData ? [createMount({ source: "data" })] : [] }),
          reservations: createResources({ memoryBytes }),
          placement: {
            ...ANYWHERE,
            constraints: zone === null ? [] : [`node.labels.zone==${zone}`],
            maxReplicas,
            spread: isSpread ? ["node.labels.zone"] : [],
          },
        }),
      }),
    );
    return {
      nodes: nodes.map(({ zone, memoryBytes, availability }, at) =>
        createNode(`n${at}`, { labels: { zone }, availability, resources: createResources({ memoryBytes }) }),
      ),
      services,
      tasks: parts.flatMap(({ on }, at) =>
        on.map((node, slot) => {
          const nodeId = testId<NodeId>(`n${node % nodes.length}`);
          return createTask(`t${at}x${slot}`, services[at] as Service, { slot: slot + 1, nodeId });
        }),
      ),
    };
  });

/** What the situation is after the move: the successor is where it was to go. */
function after({ tasks, ...rest }: Situation, { task, to }: PlannedMove): Situation {
  return { ...rest, tasks: tasks.map((each) => (each.id === task.id ? { ...each, nodeId: to } : each)) };
}

/**
 * How uneven it is, the most important first; computed from nothing but the counts. Of each service the sum of the
 * squares of its tasks in each zone (if it is spread over them) and on each node; then that of all tasks on each node.
 */
function imbalance({ nodes, services, tasks }: Situation): readonly number[] {
  const squares = (counts: Iterable<number>): number => [...counts].reduce((sum, count) => sum + count * count, 0);
  const countBy = (of: readonly Task[], keyOf: (task: Task) => string): Iterable<number> =>
    [...Map.groupBy(of, keyOf).values()].map(({ length }) => length);
  const zoneOf = new Map(nodes.map(({ id, spec }) => [id as string, spec.annotations.labels["zone"] ?? ""]));
  const ofServices = services.flatMap((service) => {
    const own = tasks.filter(({ serviceId }) => serviceId === service.id);
    const isSpread = (service.spec.task.placement?.spread.length ?? 0) > 0;
    const byZone = isSpread ? squares(countBy(own, ({ nodeId }) => zoneOf.get(nodeId) ?? "")) : 0;
    return [byZone, squares(countBy(own, ({ nodeId }) => nodeId))];
  });
  return [...ofServices, squares(countBy(tasks, ({ nodeId }) => nodeId))];
}

/** Few: a plan leaves next to nothing to the one after it. */
const PLANS_MAX = 4;

test("each move makes the load more even, and moving comes to an end", () => {
  fc.assert(
    fc.property(situation, (given) => {
      let now = given;
      let { moves } = planAtOnce(viewOf(given));
      // A task moves once in a plan; the next one may move it on, once others have made room.
      for (let plans = 1; moves.length > 0; plans++) {
        assert(plans <= PLANS_MAX, `after ${PLANS_MAX} plans there is more to move`);
        for (const move of moves) {
          const next = after(now, move);
          const [before, later] = [imbalance(now), imbalance(next)];
          // Only one service changes, so the first difference is one of its own counts, or that of all tasks.
          const first = before.findIndex((sum, at) => sum !== later[at]);
          assert(first >= 0 && (later[first] ?? 0) < (before[first] ?? 0), `${before} falls, not ${later}`);
          now = next;
        }
        moves = planAtOnce(viewOf(now)).moves;
      }
    }),
    { numRuns: 400 },
  );
});

test("a plan made a move at a time is the plan made at once", () => {
  fc.assert(
    fc.property(situation, (given) => {
      const named = (moves: readonly PlannedMove[]): readonly string[] => moves.map(({ from, to }) => `${from} ${to}`);
      const { moves } = planAtOnce(viewOf(given));
      const [first] = planAtOnce(viewOf(given), { movesMax: 1 }).moves;
      assert.deepEqual(named(first === undefined ? [] : [first]), named(moves.slice(0, 1)));
    }),
    { numRuns: 100 },
  );
});

test("no move goes where the task may not be, or takes a task from its data", () => {
  fc.assert(
    fc.property(situation, (given) => {
      let now = given;
      const moved = new Set<TaskId>();
      for (const move of planAtOnce(viewOf(given)).moves) {
        const { task, from, to } = move;
        assert.equal(pinOf(task), null, "what is tied to its host stays");
        assert(!moved.has(task.id), "a task moves once");
        moved.add(task.id);
        now = after(now, move);
        const [left, goal] = [from, to].map((id) => given.nodes.find((node) => node.id === id));
        assert(left !== undefined && takesTasks(left), "nothing leaves a paused node");
        assert(goal !== undefined && takesTasks(goal) && meetsPlacement(goal, task.spec), "the goal takes it");
        const there = now.tasks.filter(({ nodeId }) => nodeId === to);
        const memory = there.reduce((sum, { spec }) => sum + (spec.reservations?.memoryBytes ?? 0), 0);
        const asked = task.spec.reservations?.memoryBytes ?? 0;
        assert(asked === 0 || memory <= (goal.description?.resources?.memoryBytes ?? 0), "the goal has room");
        const most = task.spec.placement?.maxReplicas ?? 0;
        const own = there.filter(({ serviceId }) => serviceId === task.serviceId).length;
        assert(most === 0 || own <= most, "the goal has no more of the service than it may");
      }
    }),
    { numRuns: 400 },
  );
});
