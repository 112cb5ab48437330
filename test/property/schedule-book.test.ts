import { strict as assert } from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { decideSchedule, type Failures } from "../../manager/scheduler/decide-schedule.ts";
import { NodeLoad } from "../../manager/scheduler/node-load.ts";
import { OrderedSet } from "../../manager/scheduler/ordered-set.ts";
import { ScheduleBook } from "../../manager/scheduler/schedule-book.ts";
import type { Change } from "../../manager/store/store-types.ts";
import type { Tables } from "../../manager/store/tables.ts";
import type { NodeId, TaskId } from "../../shared/ids.ts";
import type { Node, ObjectKind, ObjectKinds, Service, Task } from "../../shared/objects/types.ts";
import type { Affinity } from "../../shared/rpc/gen/objects.ts";
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
import { scheduleNaively } from "../support/schedule.ts";
import { viewOf } from "../support/view.ts";

type Assigned = ReturnType<typeof decideSchedule>["assigned"][number];

const NODES = 5;
const GPUS = ["g1", "g2", "g3"];

interface Step {
  readonly kind: "service" | "unservice" | "node" | "unnode" | "task" | "move" | "untask" | "pass" | "resync";
  readonly pick: number;
  readonly more: number;
}
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(
    ...([
      "service",
      "service",
      "unservice",
      "node",
      "node",
      "unnode",
      "task",
      "task",
      "task",
      "task",
      "move",
      "move",
      "move",
      "untask",
      "pass",
      "pass",
      "pass",
      "resync",
    ] as const),
  ),
  pick: fc.nat(9999),
  more: fc.nat(9999),
});

/** Digits of a number as independent choices. */
function choices(number: number): (options: number) => number {
  let rest = number;
  return (options) => {
    const chosen = rest % options;
    rest = Math.floor(rest / options);
    return chosen;
  };
}

function nodeOf({ pick, more }: Step): Node {
  const [choose, also] = [choices(pick), choices(more)];
  const id = `n${choose(NODES)}`;
  const generic =
    [[], [{ kind: "gpu", value: 2, names: [] }], [{ kind: "gpu", value: 3, names: GPUS }]][choose(3)] ?? [];
  return createNode(id, {
    labels: [{}, { zone: "a" }, { zone: "b" }][choose(3)] ?? {},
    availability: (["ACTIVE", "ACTIVE", "ACTIVE", "DRAIN"] as const)[choose(4)] ?? "ACTIVE",
    state: (["READY", "READY", "READY", "DOWN"] as const)[also(4)] ?? "READY",
    resources: createResources({ memoryBytes: also(8), nanoCpus: 4, generic }),
    listeners:
      also(5) === 0 ? [{ protocol: "TCP", port: 80, address: "0.0.0.0", program: "nginx", clash: "NONE" }] : [],
  });
}

/** Each service asks for something else. */
const services: readonly Service[] = [
  createService("s0"),
  createService("s1", { task: createTaskSpec({ reservations: createResources({ memoryBytes: 2 }) }) }),
  createService("s2", {
    task: createTaskSpec({ placement: { ...ANYWHERE, maxReplicas: 1 } }),
  }),
  createService("s3", {
    task: createTaskSpec({
      placement: { ...ANYWHERE, spread: ["node.labels.zone"] },
    }),
  }),
  createService("s4", {
    task: createTaskSpec({ reservations: createResources({ generic: [{ kind: "gpu", value: 1, names: [] }] }) }),
  }),
  createService("s5", { task: createTaskSpec({ reservations: createResources({ memoryBytes: 1, nanoCpus: 3 }) }) }),
  createService("s6", {
    replicas: "global",
    task: createTaskSpec({ reservations: createResources({ memoryBytes: 3 }) }),
  }),
  createService("s7"),
  // Near s0 in its zone; away from s1, also in their zone, whoever is first; one on a node; all together; as one likes.
  affine("s8", { service: "s0", topology: "node.labels.zone" }),
  affine("s9", { service: "s1", avoid: true, topology: "node.labels.zone" }),
  affine("sa", { service: "sa", avoid: true }, { service: "s7", avoid: true }),
  affine("sb", { service: "sb", topology: "node.labels.zone" }, { service: "s2" }),
  affine("sc", { service: "s0", soft: true }, { service: "s1", avoid: true, soft: true, topology: "node.labels.zone" }),
  createService("sd", {
    task: createTaskSpec({
      reservations: createResources({ memoryBytes: 1 }),
      placement: { ...ANYWHERE, strategy: "binpack" },
    }),
  }),
];

function affine(name: string, ...parts: readonly Partial<Affinity>[]): Service {
  const affinities = parts.map((part) => ({ service: "", avoid: false, topology: "", soft: false, ...part }));
  return createService(name, { task: createTaskSpec({ placement: { ...ANYWHERE, affinities } }) });
}

function taskOf({ pick }: Step, at: number): Task {
  const choose = choices(pick);
  const service = services[choose(services.length)] ?? createService("none");
  const ports = service.id === testId("s7") ? [createPort({ publishMode: "HOST", publishedPort: 80 })] : [];
  const isPlaced = service.spec.mode === "global" || choose(4) === 0;
  return createTask(`t${at}`, service, {
    state: isPlaced && service.spec.mode !== "global" ? "RUNNING" : "PENDING",
    nodeId: isPlaced ? testId<NodeId>(`n${choose(NODES)}`) : "",
    slot: at,
    generation: choose(2),
    endpoint: { mode: "VIP", ports, virtualIps: [] },
    meta: { version: 0, createdAtMs: at % 7, updatedAtMs: 0 },
  });
}

/** A task one step further on its way: told to stop, ended, or back on its feet. */
function moved(task: Task, { more }: Step): Task {
  if (task.status.state === "PENDING") return { ...task, desiredState: "REMOVE" };
  if (more % 3 === 0) return { ...task, desiredState: "SHUTDOWN" };
  if (more % 3 === 1) return { ...task, status: { ...task.status, state: "FAILED" } };
  return { ...task, status: { ...task.status, state: "RUNNING" } };
}

/** A store that applies what it is told, the scheduler's book beside it, and what was decided so far. */
class World {
  readonly view = viewOf({});
  book = new ScheduleBook();
  #filling: Iterator<void> | null = null;

  put<Kind extends ObjectKind>(kind: Kind, object: ObjectKinds[Kind]): void {
    const old = this.view.get(kind, object.id) ?? null;
    this.view.put(kind, object);
    this.#note({ kind, action: old === null ? "create" : "update", object, old } as Change);
  }

  remove(kind: ObjectKind, id: string): void {
    const object = this.view.get(kind, id);
    if (object === undefined) return;
    this.view.remove(kind, id);
    this.#note({ kind, action: "remove", object, old: object } as Change);
  }

  resync(steps: number): void {
    this.book = new ScheduleBook();
    this.#filling = this.book.fill(() => this.view);
    for (let at = 0; at < steps; at++) this.#filling.next();
  }

  complete(): void {
    while (this.#filling !== null) if (this.#filling.next().done === true) this.#filling = null;
  }

  #note(change: Change): void {
    this.book.note(change, this.view);
    // A new leader's book fills while commits come.
    this.#filling?.next();
  }
}

const failures: Failures = ({ serviceId }) =>
  serviceId === testId("s0") ? new Map([[testId<NodeId>("n1"), 5]]) : new Map();

test("decisions from the book are those from nothing, after every event of any history", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 80, size: "max" }), (steps) => {
      const world = new World();
      for (const [at, each] of steps.entries()) {
        act(world, each, at);
        if (each.kind === "resync") continue;
        world.complete();
        check(world);
      }
    }),
    { numRuns: Number(process.env["RUNS"] ?? 300), endOnFailure: true },
  );
});

function act(world: World, each: Step, at: number): void {
  const tasks = world.view.all("task");
  const chosen = tasks[each.pick % Math.max(1, tasks.length)];
  switch (each.kind) {
    case "service": {
      const service = services[each.pick % services.length];
      if (service !== undefined) world.put("service", service);
      return;
    }
    case "unservice":
      world.remove("service", testId(services[each.pick % services.length]?.spec.annotations.name ?? "s0"));
      return;
    case "node":
      world.put("node", nodeOf(each));
      return;
    case "unnode":
      world.remove("node", testId(`n${each.pick % NODES}`));
      return;
    case "task":
      world.put("task", taskOf(each, at));
      return;
    case "move":
      if (chosen !== undefined) world.put("task", moved(chosen, each));
      return;
    case "untask":
      if (chosen !== undefined) world.remove("task", chosen.id);
      return;
    case "resync":
      world.resync(each.pick % 20);
      return;
    case "pass":
      world.complete();
      pass(world, each);
  }
}

/** A round of the scheduler, some of whose lines the newest state may refuse. */
function pass({ book, view }: World, { pick, more }: Step): void {
  const plan = decideSchedule(book, view, failures, [50, 200, Number.POSITIVE_INFINITY][pick % 3]);
  book.accept(plan);
  for (const [at, each] of plan.assigned.entries()) {
    if ((more + at) % 5 === 0) book.waiting.markAll();
    else write(view, book, [each]);
  }
  for (const { taskId, err } of plan.blocked) {
    const task = view.get("task", taskId);
    assert(task !== undefined);
    change(view, book, { ...task, status: { ...task.status, err } });
  }
}

function write(view: Tables, book: ScheduleBook, assigned: readonly Assigned[]): void {
  for (const { taskId, nodeId, resources } of assigned) {
    const task = view.get("task", taskId);
    assert(task !== undefined);
    const status = { ...task.status, state: "ASSIGNED", err: "" } as const;
    change(view, book, { ...task, nodeId, genericResources: resources, status });
  }
}

function change(view: Tables, book: ScheduleBook, task: Task): void {
  const old = view.get("task", task.id) ?? null;
  view.put("task", task);
  book.note({ kind: "task", action: "update", object: task, old }, view);
}

function check({ book, view }: World): void {
  checkLoads(book, view);
  const { assigned, blocked, done } = decideSchedule(book, view, failures);
  const wanted = scheduleNaively(view, failures);
  const lookedAt = new Set(done.flatMap(({ tasks }) => [...tasks].map(({ id }) => id)));
  const drawnNear = wanted.assigned.filter(
    ({ taskId }) => isDrawnNear(view, taskId, assigned) && !lookedAt.has(taskId),
  );
  if (drawnNear.length > 0) {
    write(view, book, assigned);
    const next = new Set([...book.waiting.marked].flatMap(({ tasks }) => [...tasks].map(({ id }) => id)));
    for (const { taskId } of drawnNear) assert(next.has(taskId), "what waited for a neighbour is looked at next");
    return;
  }
  assert.deepEqual(assigned, wanted.assigned, "the same placements as from nothing");
  assert.deepEqual(
    blocked,
    wanted.blocked.filter(({ taskId }) => lookedAt.has(taskId)),
    "the same reasons as from nothing",
  );
  const said = new Set<TaskId>(wanted.blocked.map(({ taskId }) => taskId));
  for (const task of view.all("task")) {
    const isSilent = task.status.state === "PENDING" && task.desiredState === "RUNNING" && task.status.err === "";
    if (isSilent && said.has(task.id)) assert(lookedAt.has(task.id), "no task waits without being told why");
  }
  checkLoads(book, view);
}

/** Whether it wants to be near a service of which this very plan places a task: it hears of that once it is written. */
function isDrawnNear(view: Tables, taskId: TaskId, assigned: readonly Assigned[]): boolean {
  const near = (view.get("task", taskId)?.spec.placement?.affinities ?? []).filter(({ avoid }) => !avoid);
  const placed = new Set(assigned.map((each) => view.get("task", each.taskId)?.serviceAnnotations.name));
  return near.some(({ service }) => placed.has(service));
}

/** Each node's load is what its tasks make it, and nothing that was tried is left of it. */
function checkLoads({ loads }: ScheduleBook, view: Tables): void {
  for (const node of view.all("node")) {
    const load = loads.get(node.id);
    assert(load !== undefined, "every node has a load");
    assert.deepEqual(describe(load), describe(new NodeLoad(node, view.tasksOfNode(node.id))));
  }
  for (const service of services) {
    const ids = [...loads.nodesOf(service.id)].map(({ node }) => node.id).sort();
    const wanted = view.all("node").filter(({ id }) => (loads.get(id)?.countOf(service.id) ?? 0) > 0);
    assert.deepEqual(
      ids,
      wanted.map(({ id }) => id),
    );
  }
}

function describe(load: NodeLoad): unknown {
  return {
    free: [load.freeNanoCpus, load.freeMemoryBytes],
    tasks: [load.taskCount, ...services.map(({ id }) => load.countOf(id))],
    port: load.hasHostPort({ key: "80/TCP", hostIp: "" }),
    gpus: [1, 2, 3].map((value) => [
      load.generic.fits({ kind: "gpu", value, names: [] }),
      load.generic.pick({ kind: "gpu", value, names: [] }),
    ]),
  };
}

test("an ordered set is a sorted array, and its cursor finds its place after any change", () => {
  const change = fc.record({ kind: fc.constantFrom("add", "add", "delete", "next"), value: fc.nat(600) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 1500, size: "max" }), (changes) => {
      const set = new OrderedSet<number>((a, b) => a - b);
      const naive = new Set<number>();
      const next = set.cursor();
      let last = -1;
      for (const { kind, value } of changes) {
        if (kind === "add" && !naive.has(value)) {
          set.add(value);
          naive.add(value);
        } else if (kind === "delete") {
          assert.equal(set.delete(value), naive.delete(value));
        } else if (kind === "next") {
          const found = next();
          const behind = [...naive].filter((each) => each > last);
          assert.equal(found, behind.length === 0 ? undefined : Math.min(...behind));
          last = found ?? last;
        }
      }
      const sorted = [...naive].sort((a, b) => a - b);
      assert.deepEqual([...set], sorted);
      assert.deepEqual([set.size, set.first, set.last], [sorted.length, sorted[0], sorted.at(-1)]);
    }),
    { numRuns: 100, endOnFailure: true },
  );
});
