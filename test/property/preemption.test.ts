import { strict as assert } from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import type { SchedulePlan } from "../../manager/scheduler/decide-schedule.ts";
import type { NodeId, TaskId } from "../../shared/ids.ts";
import { priorityOf } from "../../shared/objects/priority.ts";
import type { Node, Service, Task } from "../../shared/objects/types.ts";
import { ANYWHERE } from "../../shared/service-spec/defaults.ts";
import {
  createCluster,
  createClusterSpec,
  createNode,
  createResources,
  createService,
  createTask,
  createTaskSpec,
  testId,
} from "../support/objects.ts";
import { scheduleOnce } from "../support/schedule.ts";
import { viewOf } from "../support/view.ts";

const serviceParts = fc.record({
  memoryBytes: fc.integer({ min: 1, max: 4 }),
  priority: fc.constantFrom(0, 10, 50, 60, 100),
  isGlobal: fc.constantFrom(false, false, false, true),
  restarts: fc.constantFrom(true, true, true, false),
  maxUnavailable: fc.constantFrom("", "", "0", "1"),
  placed: fc.array(fc.nat(3), { maxLength: 5 }),
  stopping: fc.array(fc.nat(3), { maxLength: 1 }),
  pending: fc.nat(4),
});

interface Situation {
  readonly nodes: readonly Node[];
  readonly services: readonly Service[];
  readonly tasks: readonly Task[];
}

const situation: fc.Arbitrary<Situation> = fc
  .record({
    nodes: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 4 }),
    services: fc.array(serviceParts, { minLength: 1, maxLength: 5 }),
  })
  .map(({ nodes: sizes, services: parts }) => {
    const nodes = sizes.map((memoryBytes, at) => createNode(`n${at}`, { resources: createResources({ memoryBytes }) }));
    const services = parts.map(({ memoryBytes, priority, isGlobal, restarts, maxUnavailable, placed }, at) =>
      createService(`s${at}`, {
        replicas: isGlobal ? "global" : placed.length,
        maxUnavailable,
        task: createTaskSpec({
          reservations: createResources({ memoryBytes }),
          placement: { ...ANYWHERE, priority },
          restart: { condition: restarts ? "ANY" : "NONE", maxAttempts: 0, windowMs: 0 },
        }),
      }),
    );
    const tasks = services.flatMap((service, at) => [
      ...(parts[at]?.placed ?? []).map((node, slot) =>
        createTask(`r${at}x${slot}`, service, { slot: slot + 1, nodeId: testId<NodeId>(`n${node}`) }),
      ),
      ...(parts[at]?.stopping ?? []).map((node, slot) =>
        createTask(`q${at}x${slot}`, service, {
          slot: slot + 90,
          nodeId: testId<NodeId>(`n${node}`),
          desiredState: "SHUTDOWN",
        }),
      ),
      ...Array.from({ length: parts[at]?.isGlobal === true ? 0 : (parts[at]?.pending ?? 0) }, (_, slot) =>
        createTask(`p${at}x${slot}`, service, { state: "PENDING", slot: slot + 50 }),
      ),
    ]);
    return { nodes, services, tasks };
  });

const ON = createCluster({ spec: createClusterSpec({ preemption: true }) });
const memoryOf = (tasks: readonly Task[]): number =>
  tasks.reduce((sum, { spec }) => sum + (spec.reservations?.memoryBytes ?? 0), 0);

function plan(given: Situation): SchedulePlan {
  return scheduleOnce(viewOf({ ...given, cluster: ON }));
}

test("only tasks of lower priority that are brought back stop, each once, and for a task that waits", () => {
  fc.assert(
    fc.property(situation, (given) => {
      const { preempted, assigned } = plan(given);
      const byId = new Map(given.tasks.map((task) => [task.id, task]));
      const all = preempted.flatMap(({ victims }) => victims);
      assert.equal(new Set(all).size, all.length, "nobody stops for two");
      for (const { by, nodeId, victims } of preempted) {
        const task = byId.get(by);
        assert(task?.status.state === "PENDING" && !assigned.some(({ taskId }) => taskId === by));
        for (const id of victims) {
          const victim = byId.get(id);
          const service = given.services.find((each) => each.id === victim?.serviceId);
          assert(victim !== undefined && service !== undefined);
          assert.equal(victim.nodeId, nodeId);
          assert.equal(victim.desiredState, "RUNNING");
          assert(priorityOf(victim.spec.placement) < priorityOf(task.spec.placement));
          assert(service.spec.mode === "replicated" && victim.spec.restart?.condition === "ANY");
        }
      }
    }),
    { numRuns: 500 },
  );
});

test("what stops makes room for all that was promised it, and each of it is needed", () => {
  fc.assert(
    fc.property(situation, (given) => {
      const { preempted, assigned } = plan(given);
      const gone = new Set<TaskId>(preempted.flatMap(({ victims }) => victims));
      for (const node of given.nodes) {
        const onIt = preempted.filter(({ nodeId }) => nodeId === node.id);
        const coming = new Set<TaskId>([
          ...onIt.map(({ by }) => by),
          ...assigned.filter(({ nodeId }) => nodeId === node.id).map(({ taskId }) => taskId),
        ]);
        if (onIt.length === 0) continue;
        const has = node.description?.resources?.memoryBytes ?? 0;
        const stays = given.tasks.filter(
          ({ id, nodeId, desiredState }) =>
            coming.has(id) || (nodeId === node.id && desiredState === "RUNNING" && !gone.has(id)),
        );
        assert(memoryOf(stays) <= has, "all that stays and comes fits");
        const victims = given.tasks.filter(({ id }) => onIt.at(-1)?.victims.includes(id));
        for (const victim of victims) assert(memoryOf([...stays, victim]) > has, "without it there is no room");
      }
    }),
    { numRuns: 500 },
  );
});

test("no task is told that there is no room while it could make some", () => {
  fc.assert(
    fc.property(situation, (given) => {
      const { preempted, assigned, blocked } = plan(given);
      if (preempted.length > 0 || assigned.length > 0) return;
      for (const { taskId } of blocked) {
        const task = given.tasks.find(({ id }) => id === taskId);
        assert(task !== undefined);
        for (const node of given.nodes) {
          const stays: readonly Task[] = given.tasks.filter((each) => {
            const service = given.services.find(({ id }) => id === each.serviceId);
            const mayGo =
              each.desiredState === "SHUTDOWN" ||
              (priorityOf(each.spec.placement) < priorityOf(task.spec.placement) &&
                service?.spec.mode === "replicated" &&
                each.spec.restart?.condition === "ANY");
            return each.nodeId === node.id && !mayGo;
          });
          const isStopping = given.tasks.some(({ desiredState }) => desiredState === "SHUTDOWN");
          const fits: boolean = memoryOf([...stays, task]) <= (node.description?.resources?.memoryBytes ?? 0);
          assert(!fits || isStopping, "room could be made");
        }
      }
    }),
    { numRuns: 500 },
  );
});
