import { strict as assert } from "node:assert";
import { test } from "node:test";
import { applyPreemption } from "../../../../manager/scheduler/apply-schedule.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import { taskError } from "../../../../shared/objects/priority.ts";
import type { Node, Service, Task, TaskSpec } from "../../../../shared/objects/types.ts";
import { ANYWHERE } from "../../../../shared/service-spec/defaults.ts";
import { createMemoryStore } from "../../../support/memory-store.ts";
import {
  createCluster,
  createClusterSpec,
  createNode,
  createPort,
  createResources,
  createService,
  createTask,
  createTaskSpec,
  type ServiceSpecParts,
  testId,
} from "../../../support/objects.ts";
import { scheduleOnce } from "../../../support/schedule.ts";
import { viewOf } from "../../../support/view.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const GIB = 1024 ** 3;
const ON = createCluster({ spec: createClusterSpec({ preemption: true }) });
const node = (name: string, gib: number, parts: Parameters<typeof createNode>[1] = {}): Node =>
  createNode(name, { resources: createResources({ memoryBytes: gib * GIB }), ...parts });

/** A service whose tasks reserve so much memory. */
function of(
  name: string,
  gib: number,
  priority?: number,
  parts: ServiceSpecParts = {},
  rest: Partial<TaskSpec> = {},
): Service {
  const task = createTaskSpec({
    reservations: createResources({ memoryBytes: gib * GIB }),
    placement: { ...ANYWHERE, ...(priority === undefined ? {} : { priority }) },
    ...rest,
  });
  return createService(name, { replicas: 9, ...parts, task });
}
const runs = (id: string, service: Service, on: string, part: Partial<Task> = {}): Task =>
  createTask(id, service, { nodeId: testId<NodeId>(on), slot: Number(/\d+$/.exec(id)?.[0] ?? 1), ...part });
const waits = (id: string, service: Service, part: Partial<Task> = {}): Task =>
  createTask(id, service, { state: "PENDING", slot: 1, ...part });

const short = (id: string): string => id.replace(/z+$/, "");

/** "a: l1 l2 for w" for a preemption, "w>a" for a placement, "w: reason" for a wait. */
function decide(nodes: readonly Node[], services: readonly Service[], tasks: readonly Task[], cluster = ON): string {
  const { assigned, blocked, preempted } = scheduleOnce(viewOf({ nodes, services, tasks, cluster }));
  return [
    ...preempted.map(({ by, nodeId, victims }) => `${short(nodeId)}: ${victims.map(short).join(" ")} for ${short(by)}`),
    ...assigned.map(({ taskId, nodeId }) => `${short(taskId)}>${short(nodeId)}`),
    // How much was wanted stands in the case.
    ...blocked.map(({ taskId, err }) => `${short(taskId)}: ${err.replaceAll(/: \w+ of memory wanted/g, "")}`),
  ].join(", ");
}

const low = of("low", 1, 10);
const mid = of("mid", 1);
const web = of("web", 2, 60);
const once = of("once", 1, 10, {}, { restart: { condition: "NONE", maxAttempts: 0, windowMs: 0 } });
const budgeted = of("kept", 1, 10, { replicas: 2, maxUnavailable: "0" });
const NO_ROOM = "w: no suitable node (insufficient resources on 1 node)";
const WAITS = "w: waiting for tasks of lower priority to stop on a";

const CASES: readonly (readonly [
  claim: string,
  nodes: readonly Node[],
  services: readonly Service[],
  tasks: readonly Task[],
  wanted: string,
])[] = [
  [
    "those with the lowest priority stop, and no more than needed",
    [node("a", 4)],
    [low, mid, web],
    [runs("m1", mid, "a"), runs("l1", low, "a"), runs("l2", low, "a"), runs("l3", low, "a"), waits("w", web)],
    `a: l2 l3 for w, ${WAITS}`,
  ],
  ["where there is room nobody stops", [node("a", 4)], [low, web], [runs("l1", low, "a"), waits("w", web)], "w>a"],
  [
    "the same priority is not lower",
    [node("a", 2)],
    [mid, of("peer", 2, 50)],
    [runs("m1", mid, "a"), waits("w", of("peer", 2, 50))],
    NO_ROOM,
  ],
  [
    "nobody stops where that would not make enough room",
    [node("a", 2)],
    [low, mid, of("vast", 3, 90)],
    [runs("l1", low, "a"), waits("w", of("vast", 3, 90))],
    NO_ROOM,
  ],
  [
    "one large task rather than many small ones",
    [node("a", 4)],
    [low, of("fat", 2, 10), web],
    [runs("f1", of("fat", 2, 10), "a"), runs("l1", low, "a"), runs("l2", low, "a"), waits("w", web)],
    `a: f1 for w, ${WAITS}`,
  ],
  [
    "few tasks rather than unimportant ones",
    [node("b", 2), node("a", 2)],
    [low, of("fat", 2, 40), web],
    [runs("l1", low, "b"), runs("l2", low, "b"), runs("f1", of("fat", 2, 40), "a"), waits("w", web)],
    `a: f1 for w, ${WAITS}`,
  ],
  [
    "of nodes where equally many would stop, where they matter least",
    [node("b", 2), node("a", 2)],
    [of("fat", 2, 40), of("thin", 2, 20), web],
    [runs("f1", of("fat", 2, 40), "b"), runs("t1", of("thin", 2, 20), "a"), waits("w", web)],
    `a: t1 for w, ${WAITS}`,
  ],
  [
    "a task that may not be started again stays",
    [node("a", 2)],
    [once, web],
    [runs("o1", once, "a"), waits("w", web)],
    NO_ROOM,
  ],
  [
    "a global service's task stays, and may itself make others stop on its node",
    [node("a", 2)],
    [low, of("agent", 2, 90, { replicas: "global" })],
    [
      runs("l1", low, "a"),
      waits("w", of("agent", 2, 90, { replicas: "global" }), { nodeId: testId<NodeId>("a"), slot: 0 }),
    ],
    `a: l1 for w, ${WAITS}`,
  ],
  [
    "what stops already is waited for",
    [node("a", 2)],
    [low, web],
    [runs("l1", low, "a"), runs("l2", low, "a", { desiredState: "SHUTDOWN" }), waits("w", of("one", 1, 60))],
    NO_ROOM,
  ],
  [
    "a node that the task may not have is left alone",
    [node("a", 2, { availability: "PAUSE" })],
    [low, web],
    [runs("l1", low, "a"), waits("w", web)],
    "w: no suitable node (1 node not available for new tasks)",
  ],
  [
    "a disruption budget is kept where another node would do",
    [node("a", 2), node("b", 2)],
    [budgeted, low, web],
    [runs("k1", budgeted, "a"), runs("k2", budgeted, "a"), runs("l1", low, "b"), runs("l2", low, "b"), waits("w", web)],
    "b: l1 l2 for w, w: waiting for tasks of lower priority to stop on b",
  ],
  [
    "and broken where no other would",
    [node("a", 2)],
    [budgeted, web],
    [runs("k1", budgeted, "a"), runs("k2", budgeted, "a"), waits("w", web)],
    `a: k1 k2 for w, ${WAITS}`,
  ],
  [
    "two tasks that wait make room for themselves on two nodes",
    [node("a", 2), node("b", 2)],
    [low, web],
    [
      ...["a", "b"].flatMap((on) => [runs(`${on}1`, low, on), runs(`${on}2`, low, on)]),
      waits("v", web, { slot: 2 }),
      waits("w", web, { slot: 1 }),
    ],
    "a: a1 a2 for v, b: b1 b2 for w, v: waiting for tasks of lower priority to stop on a, " +
      "w: waiting for tasks of lower priority to stop on b",
  ],
];

for (const [claim, nodes, services, tasks, wanted] of CASES) {
  test(`preemption: ${claim}`, () => assert.equal(decide(nodes, services, tasks), wanted));
}

test("nobody stops unless the cluster allows it", () => {
  const tasks = [runs("l1", low, "a"), runs("l2", low, "a"), waits("w", web)];
  assert.equal(decide([node("a", 2)], [low, web], tasks, createCluster()), NO_ROOM);
});

test("a port of the host is made room for, and a constraint is not", () => {
  const ports = [createPort({ publishedPort: 80, publishMode: "HOST" })];
  const endpoint = { mode: "VIP", ports, virtualIps: [] } as const;
  const tasks = [runs("l1", low, "a", { endpoint }), waits("w", web, { endpoint })];
  assert.equal(decide([node("a", 9)], [low, web], tasks), `a: l1 for w, ${WAITS}`);
  const placement = { ...ANYWHERE, priority: 60, constraints: ["node.labels.disk==ssd"] };
  const picky = of("picky", 2, 60, {}, { placement });
  assert.match(decide([node("a", 9)], [low, picky], [runs("l1", low, "a"), waits("w", picky)]), /constraints/);
});

test("room that is being made is kept from others, and taken by whom it was made for", () => {
  const preemption = { taskId: testId<Task["id"]>("w"), name: "web.1", priority: 60 };
  const leaving = (id: string, state: "RUNNING" | "SHUTDOWN"): Task =>
    runs(id, low, "a", {
      preemption,
      desiredState: "SHUTDOWN",
      status: { ...runs("x", low, "a").status, state },
    });
  const thief = waits("t", of("thief", 1, 5));
  const waiting = [waits("w", web), thief];
  const services = [low, web, of("thief", 1, 5)];
  assert.equal(
    decide([node("a", 2)], services, [leaving("l1", "SHUTDOWN"), leaving("l2", "RUNNING"), ...waiting]),
    `${WAITS}, t: no suitable node (insufficient resources on 1 node)`,
  );
  assert.equal(
    decide([node("a", 2)], services, [leaving("l1", "SHUTDOWN"), leaving("l2", "SHUTDOWN"), ...waiting]),
    "w>a, t: no suitable node (insufficient resources on 1 node)",
  );
});

test("waiting tasks are placed in the order of their priority", () => {
  const tasks = [waits("l", low, { meta: { version: 0, createdAtMs: 0, updatedAtMs: 0 } }), waits("w", web)];
  assert.equal(
    decide([node("a", 2)], [low, web], tasks),
    "w>a, l: no suitable node (insufficient resources on 1 node)",
  );
});

test("a preemption is written as a whole, with its reason, and refused as a whole", async () => {
  const store = createMemoryStore(new VirtualClock());
  const victims = [runs("l1", low, "a"), runs("l2", low, "a")];
  await store.update("person", (tx) => {
    tx.create("cluster", ON);
    for (const service of [low, web]) tx.create("service", service);
    tx.create("node", node("a", 2));
    for (const task of [...victims, waits("w", web)]) tx.create("task", task);
  });
  const plan = { by: testId<Task["id"]>("w"), nodeId: testId<NodeId>("a"), victims: victims.map(({ id }) => id) };
  const elsewhere = { ...plan, nodeId: testId<NodeId>("b") };
  assert.deepEqual(await store.update("schedule preemption", (tx) => applyPreemption(tx, elsewhere)), [plan.by]);
  assert(
    store
      .view()
      .all("task")
      .every(({ preemption }) => preemption === null),
  );
  assert.deepEqual(await store.update("schedule preemption", (tx) => applyPreemption(tx, plan)), []);
  for (const { id } of victims) {
    const task = store.view().get("task", id);
    assert.equal(task?.desiredState, "SHUTDOWN");
    assert.equal(taskError(task), "preempted by web.1 (priority 60)");
  }
});
