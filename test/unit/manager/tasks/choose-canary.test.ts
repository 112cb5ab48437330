import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isHeldBack, serviceAt } from "../../../../manager/tasks/canary.ts";
import { CANARY_SLOTS_MAX, chooseCanary } from "../../../../manager/tasks/choose-canary.ts";
import { isDirty } from "../../../../manager/tasks/task-dirty.ts";
import { createTaskObject } from "../../../../manager/tasks/task-steps.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import type { Canary, Service, ServiceSpec, Task } from "../../../../shared/objects/types.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { ROLLOUT_DEFAULTS } from "../../../../shared/service-spec/defaults.ts";
import {
  createContainerSpec,
  createNetwork,
  createNode,
  createPort,
  createService,
  createTask,
  createTaskSpec,
  scaled,
  testId,
} from "../../../support/objects.ts";
import { viewOf } from "../../../support/view.ts";

const image = (name: string): ServiceSpec["task"] =>
  createTaskSpec({ container: createContainerSpec({ image: name }) });
const asking = (canary: string): ServiceSpec["update"] => ({ ...ROLLOUT_DEFAULTS, canary });

function serviceOf(replicas: number | "global", rest: Partial<Service> = {}): Service {
  return createService("web", { replicas, task: image("web:1"), update: asking("2") }, { generation: 5, ...rest });
}

function tasksOf(service: Service, count: number): readonly Task[] {
  return Array.from({ length: count }, (_, at) =>
    service.spec.mode === "global"
      ? createTask(`t${at + 1}`, service, { nodeId: testId<NodeId>(`n${at + 1}`) })
      : createTask(`t${at + 1}`, service, { slot: at + 1 }),
  );
}

const NODES = ["n1", "n2", "n3", "n4"].map((name) => createNode(name));

function choose(service: Service, spec: ServiceSpec, count = 4, nodes = NODES): Canary | null {
  const host = createNetwork("host");
  const networks = [{ ...host, spec: { ...host.spec, driver: "host" } }];
  return chooseCanary(viewOf({ nodes, networks, services: [service], tasks: tasksOf(service, count) }), service, spec);
}

const next = (service: Service, part: Partial<ServiceSpec> = {}): ServiceSpec =>
  ({ ...service.spec, task: image("web:2"), ...part }) as ServiceSpec;

describe("which slots a canary has", () => {
  const rows: readonly [wish: string, slots: readonly number[] | "all" | "none"][] = [
    ["2", [1, 2]],
    ["25%", [1]],
    ["26%", [1, 2]],
    ["9", [1, 2, 3, 4]],
    ["100%", "all"],
    ["", "none"],
    ["0", "none"],
    ["0%", "none"],
  ];
  for (const [wish, slots] of rows) {
    it(`${JSON.stringify(wish)} of four are ${slots}`, () => {
      const service = serviceOf(4);
      const canary = choose(service, next(service, { update: asking(wish) }));
      assert.deepEqual(canary === null ? "none" : canary.all ? "all" : canary.slots, slots);
    });
  }

  it("of a global service nodes that updates leave alone are passed over", () => {
    const service = serviceOf("global");
    const nodes = [createNode("n1", { availability: "PAUSE" }), ...NODES.slice(1)];
    assert.deepEqual(choose(service, next(service), 4, nodes)?.nodeIds, [testId("n2"), testId("n3")]);
  });

  it("more than can be listed are refused, all of them are not", () => {
    const service = serviceOf(CANARY_SLOTS_MAX + 2);
    const spec = (wish: string) => next(service, { update: asking(wish) });
    const count = CANARY_SLOTS_MAX + 2;
    assert.throws(() => choose(service, spec(String(count - 1)), count), /at most 1000 slots, or all of them \(100%\)/);
    assert.equal(choose(service, spec("100%"), count)?.all, true);
  });
});

describe("there is nothing to try", () => {
  it("when no task would be replaced", () => {
    const service = serviceOf(4);
    assert.equal(choose(service, scaled(service.spec, 9)), null);
  });

  it("for a job", () => {
    const service = createService("web", { job: { max: 1, total: 4 }, update: asking("2") });
    assert.equal(choose(service, next(service)), null);
  });

  it("when the spec is the one that the other slots run", () => {
    const first = serviceOf(4);
    const waiting = { ...first, spec: next(first), generation: 6, canary: choose(first, next(first)) };
    assert.equal(choose(waiting, first.spec), null);
  });
});

describe("while a canary waits", () => {
  const first = serviceOf(4);
  const waiting: Service = { ...first, spec: next(first), generation: 6, canary: choose(first, next(first)) };

  it("scaling leaves its slots as they are, and an abort would keep the new number", () => {
    const canary = choose(waiting, scaled(waiting.spec, 40));
    assert.deepEqual([canary?.slots, canary?.baseGeneration], [[1, 2], 5]);
    assert.deepEqual(canary?.base, scaled(first.spec, 40));
  });

  it("an update that does not mention canaries, as Docker's clients write it, does not end it; 0 does", () => {
    const silent = next(waiting, { update: null, task: image("web:3") });
    assert.deepEqual(choose(waiting, silent)?.slots, [1, 2]);
    assert.equal(choose(waiting, next(waiting, { update: asking("0") })), null);
  });

  it("another spec is tried in its place, and what the others run stays what it falls back to", () => {
    const canary = choose(waiting, next(waiting, { task: image("web:3"), update: asking("3") }));
    assert.deepEqual([canary?.slots, canary?.base.task, canary?.baseGeneration], [[1, 2, 3], first.spec.task, 5]);
  });

  it("a task is judged by its place, and one that is made there is of that place's spec", () => {
    const [old, tried] = [createTask("a", first), createTask("b", waiting)];
    const view = viewOf({ services: [waiting] });
    const judged = [1, 2, 3].map((slot) => [
      isDirty(view, { ...old, slot }, waiting),
      isDirty(view, { ...tried, slot }, waiting),
      isHeldBack(waiting, { slot, nodeId: "" }),
    ]);
    assert.deepEqual(judged, [
      [true, false, false],
      [true, false, false],
      [false, true, true],
    ]);
    const deps = { random: seededRandom(1), nowMs: 0 };
    const made = [2, 3].map((slot) => createTaskObject(waiting, { slot, nodeId: "", desiredState: "READY" }, deps));
    assert.deepEqual(
      made.map(({ generation, spec }) => [generation, spec.container.image]),
      [
        [6, "web:2"],
        [5, "web:1"],
      ],
    );
  });

  it("networks of the present spec hold everywhere", () => {
    const networks = [{ target: testId("blue"), aliases: [], driverOptions: {} }];
    const joined: Service = { ...waiting, spec: next(waiting, { task: { ...waiting.spec.task, networks } }) };
    const held = serviceAt(joined, { slot: 4, nodeId: "" });
    assert.deepEqual([held.spec.task.container.image, held.spec.task.networks], ["web:1", networks]);
  });
});

describe("a canary is refused", () => {
  it("when ports of hosts would be of two kinds", () => {
    const service = serviceOf(4);
    const ports = [createPort({ publishedPort: 80, publishMode: "HOST" })];
    assert.throws(() => choose(service, next(service, { endpoint: { mode: "VIP", stickyMs: 0, ports } })), {
      code: "invalidArgument",
      message: /a canary cannot change ports that are published by hosts/,
    });
  });

  it("when some tasks would have a namespace of their own and others the host's", () => {
    const service = serviceOf(4);
    const task = {
      ...image("web:2"),
      networks: [{ target: createNetwork("host").id, aliases: [], driverOptions: {} }],
    };
    assert.throws(() => choose(service, next(service, { task })), /to or from the networks host and none/);
  });
});
