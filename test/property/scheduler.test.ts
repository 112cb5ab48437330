import { strict as assert } from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import type { SchedulePlan } from "../../manager/scheduler/decide-schedule.ts";
import { parseConstraints } from "../../shared/constraint.ts";
import { meetsConstraints } from "../../shared/constraint-fit.ts";
import type { NodeId } from "../../shared/ids.ts";
import { holdsResources, isRunnable } from "../../shared/objects/task-state.ts";
import type { Node, Service, Task } from "../../shared/objects/types.ts";
import { ANYWHERE } from "../../shared/service-spec/defaults.ts";
import {
  createNode,
  createPort,
  createResources,
  createService,
  createTask,
  createTaskSpec,
  testId,
} from "../support/objects.ts";
import { scheduleOnce } from "../support/schedule.ts";
import { viewOf } from "../support/view.ts";

const labels = fc.constantFrom("a", "b");
const nodeParts = fc.record({
  label: labels,
  memoryBytes: fc.integer({ min: 0, max: 10 }),
  availability: fc.constantFrom("ACTIVE" as const, "ACTIVE" as const, "DRAIN" as const, "PAUSE" as const),
  state: fc.constantFrom("READY" as const, "READY" as const, "READY" as const, "DOWN" as const),
});
const serviceParts = fc.record({
  label: fc.option(labels, { nil: null }),
  memoryBytes: fc.integer({ min: 0, max: 4 }),
  maxReplicas: fc.integer({ min: 0, max: 3 }),
  hostPort: fc.boolean(),
  pending: fc.integer({ min: 0, max: 8 }),
  placed: fc.array(fc.nat(5), { maxLength: 4 }),
});

interface Situation {
  readonly nodes: readonly Node[];
  readonly tasks: readonly Task[];
}

const situation: fc.Arbitrary<Situation> = fc
  .record({ nodes: fc.array(nodeParts, { maxLength: 6 }), services: fc.array(serviceParts, { maxLength: 5 }) })
  .map(({ nodes, services }) => ({
    nodes: nodes.map(({ label, memoryBytes, availability, state }, at) =>
      createNode(`n${at}`, {
        labels: { zone: label },
        availability,
        state,
        resources: createResources({ memoryBytes }),
      }),
    ),
    tasks: services.flatMap((parts, at) => {
      const constraints = parts.label === null ? [] : [`node.labels.zone==${parts.label}`];
      const service: Service = createService(`s${at}`, {
        task: createTaskSpec({
          reservations: createResources({ memoryBytes: parts.memoryBytes }),
          placement: { ...ANYWHERE, constraints, maxReplicas: parts.maxReplicas },
        }),
      });
      const ports = parts.hostPort ? [createPort({ publishMode: "HOST", publishedPort: 80 + (at % 2) })] : [];
      const endpoint = { mode: "VIP", ports, virtualIps: [] } as const;
      const pending = Array.from({ length: parts.pending }, (_, slot) =>
        createTask(`p${at}x${slot}`, service, { state: "PENDING", slot: slot + 1, endpoint }),
      );
      const placed = parts.placed.map((node, slot) =>
        createTask(`r${at}x${slot}`, service, { slot: slot + 50, nodeId: testId<NodeId>(`n${node}`) }),
      );
      return [...pending, ...placed];
    }),
  }));

/** What a plan may never do, whatever the cluster looks like. */
function checkSafety({ nodes, tasks }: Situation, plan: SchedulePlan): void {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const nodeOf = new Map(plan.assigned.map(({ taskId, nodeId }) => [taskId, nodeId]));
  assert.equal(nodeOf.size, plan.assigned.length, "a task gets one node");
  for (const node of nodes) {
    const fresh = plan.assigned
      .filter(({ nodeId }) => nodeId === node.id)
      .flatMap(({ taskId }) => byId.get(taskId) ?? []);
    if (fresh.length === 0) continue;
    const all = [...tasks.filter((task) => task.nodeId === node.id && holdsResources(task)), ...fresh];
    const reserved = all.reduce((sum, { spec }) => sum + (spec.reservations?.memoryBytes ?? 0), 0);
    const wasOver = all.length > fresh.length && reserved > (node.description?.resources?.memoryBytes ?? 0);
    const asked = fresh.reduce((sum, { spec }) => sum + (spec.reservations?.memoryBytes ?? 0), 0);
    assert(asked === 0 || !wasOver, "a node never gets more than it has");
    assert(reserved <= (node.description?.resources?.memoryBytes ?? 0) || asked === 0, "reservations fit");
    assert.equal(node.status.state, "READY", "only ready nodes get tasks");
    assert.equal(node.spec.availability, "ACTIVE", "only active nodes get tasks");
    const ports = fresh.flatMap(({ endpoint }) => endpoint?.ports.map(({ publishedPort }) => publishedPort) ?? []);
    assert.equal(new Set(ports).size, ports.length, "host ports do not clash");
    for (const task of fresh) {
      assert(meetsConstraints(node, parseConstraints(task.spec.placement?.constraints ?? [])), "constraints hold");
      const most = task.spec.placement?.maxReplicas ?? 0;
      const count = all.filter((other) => other.serviceId === task.serviceId && isRunnable(other)).length;
      assert(most === 0 || count <= most, "no more replicas on a node than allowed");
    }
  }
}

test("a plan is safe, and leaves no task out without a reason", () => {
  fc.assert(
    fc.property(situation, (given) => {
      const plan = scheduleOnce(viewOf(given));
      checkSafety(given, plan);
      const pending = given.tasks.filter(({ status }) => status.state === "PENDING").length;
      assert.equal(plan.assigned.length + plan.blocked.length, pending);
      for (const { err } of plan.blocked) assert.match(err, /^no suitable node/);
    }),
    { numRuns: 300 },
  );
});

test("no task waits that a node could have", () => {
  fc.assert(
    fc.property(situation, (given) => {
      const first = scheduleOnce(viewOf(given));
      const nodeOf = new Map(first.assigned.map(({ taskId, nodeId }) => [taskId, nodeId]));
      const tasks = given.tasks.map((task) => {
        const nodeId = nodeOf.get(task.id);
        return nodeId === undefined
          ? task
          : { ...task, nodeId, status: { ...task.status, state: "ASSIGNED" as const } };
      });
      assert.deepEqual(scheduleOnce(viewOf({ ...given, tasks })).assigned, []);
    }),
    { numRuns: 200 },
  );
});

test("nodes alike differ by at most one task of a service", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 7 }),
      fc.array(fc.nat(12), { minLength: 1, maxLength: 4 }),
      (nodes, sizes) => {
        const alike = Array.from({ length: nodes }, (_, at) => createNode(`n${at}`));
        const tasks = sizes.flatMap((size, at) =>
          Array.from({ length: size }, (_, slot) =>
            createTask(`p${at}x${slot}`, createService(`s${at}`), { state: "PENDING", slot: slot + 1 }),
          ),
        );
        const { assigned } = scheduleOnce(viewOf({ nodes: alike, tasks }));
        const serviceOf = new Map(tasks.map((task) => [task.id, task.serviceId]));
        const spread = (of: (taskId: Task["id"]) => boolean): number => {
          const counts = alike.map(
            ({ id }) => assigned.filter(({ taskId, nodeId }) => nodeId === id && of(taskId)).length,
          );
          return Math.max(...counts) - Math.min(...counts);
        };
        for (const service of new Set(serviceOf.values())) {
          assert(spread((taskId) => serviceOf.get(taskId) === service) <= 1, "tasks of one service are spread");
        }
        assert(spread(() => true) <= 1, "tasks are spread");
      },
    ),
    { numRuns: 200 },
  );
});

const spreadNode = fc.record({
  zone: fc.constantFrom("a", "b", null),
  rack: fc.constantFrom("1", "2", null),
  isUp: fc.boolean(),
});
const spreadSituation = fc.record({
  nodes: fc.array(spreadNode, { minLength: 1, maxLength: 7 }),
  keys: fc.constantFrom(["zone"], ["rack", "zone"], ["zone", "rack"]),
  maxReplicas: fc.integer({ min: 0, max: 2 }),
  present: fc.array(fc.nat(6), { maxLength: 6 }),
  pending: fc.integer({ min: 0, max: 9 }),
});

test("each task goes to a branch with the fewest tasks, at each level of the preferences", () => {
  fc.assert(
    fc.property(spreadSituation, ({ nodes: parts, keys, maxReplicas, present, pending }) => {
      const nodes = parts.map(({ zone, rack, isUp }, at) =>
        createNode(`n${at}`, {
          labels: { ...(zone === null ? {} : { zone }), ...(rack === null ? {} : { rack }) },
          state: isUp ? "READY" : "DOWN",
        }),
      );
      const spread = keys.map((key) => `node.labels.${key}`);
      const placement = { ...ANYWHERE, maxReplicas, spread };
      const service = createService("s", { task: createTaskSpec({ placement }) });
      const tasks = [
        ...present.map((node, at) => createTask(`r${at}`, service, { nodeId: testId<NodeId>(`n${node}`) })),
        ...Array.from({ length: pending }, (_, at) =>
          createTask(`p${at}`, service, { state: "PENDING", slot: at + 1 }),
        ),
      ];
      const { assigned } = scheduleOnce(viewOf({ nodes, tasks }));
      const places = present.map((node) => testId<NodeId>(`n${node}`));
      const countOn = (some: readonly Node[]): number =>
        places.filter((place) => some.some(({ id }) => id === place)).length;
      const isOpen = (node: Node): boolean =>
        node.status.state === "READY" && (maxReplicas === 0 || countOn([node]) < maxReplicas);
      for (const { nodeId } of assigned) {
        let around: readonly Node[] = nodes;
        for (const key of keys) {
          const labelValue = (node: Node): string => node.spec.annotations.labels[key] ?? "";
          const chosen = labelValue(around.find(({ id }) => id === nodeId) ?? createNode("none"));
          const branch = (value: string): readonly Node[] => around.filter((node) => labelValue(node) === value);
          const open = [...new Set(around.filter(isOpen).map(labelValue))];
          const fewest = Math.min(...open.map((value) => countOn(branch(value))));
          assert.equal(countOn(branch(chosen)), fewest, `${nodeId} by ${key}`);
          around = branch(chosen);
        }
        const least = Math.min(...around.filter(isOpen).map((node) => countOn([node])));
        assert.equal(places.filter((place) => place === nodeId).length, least, "inside a branch the ranking decides");
        places.push(nodeId);
      }
    }),
    { numRuns: 300 },
  );
});
