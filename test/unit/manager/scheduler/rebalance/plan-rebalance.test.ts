import { strict as assert } from "node:assert";
import { test } from "node:test";
import type { MoveRules } from "../../../../../manager/scheduler/rebalance/members.ts";
import type { NodeId } from "../../../../../shared/ids.ts";
import type { Node, Service, Task } from "../../../../../shared/objects/types.ts";
import { ANYWHERE } from "../../../../../shared/service-spec/defaults.ts";
import {
  createContainerSpec,
  createMount,
  createNode,
  createPort,
  createService,
  createTask,
  createTaskSpec,
  NO_META,
  type ServiceSpecParts,
  testId,
} from "../../../../support/objects.ts";
import { planAtOnce } from "../../../../support/rebalance.ts";
import { viewOf } from "../../../../support/view.ts";

/** A service whose tasks are on the named nodes, in the order of their slots. */
function spread(id: string, on: readonly string[], parts: ServiceSpecParts = {}, task: Partial<Task> = {}) {
  const service = createService(id, { replicas: on.length, ...parts });
  const tasks = on.map((node, at) =>
    createTask(`${id}${at + 1}`, service, { nodeId: testId<NodeId>(node), slot: at + 1, ...task }),
  );
  return { service, tasks };
}

function plan(
  nodes: readonly Node[],
  all: readonly { readonly service: Service; readonly tasks: readonly Task[] }[],
  rules: Partial<MoveRules> = {},
  nowMs = 0,
): readonly string[] {
  const view = viewOf({
    nodes,
    services: all.map(({ service }) => service),
    tasks: all.flatMap(({ tasks }) => tasks),
  });
  const { moves, uneven } = planAtOnce(view, rules, nowMs);
  const short = (id: string): string => id.replace(/z+$/, "");
  return [
    ...moves.map(({ task, to, gain, reason }) => `${short(task.id)} to ${short(to)}, gain ${gain}: ${reason}`),
    ...uneven.map(({ service, reason }) => `${service.spec.annotations.name} stays: ${reason}`),
  ];
}

const [n1, n2, n3] = [createNode("n1"), createNode("n2"), createNode("n3")];
const inZone = (name: string, zone: string): Node => createNode(name, { labels: { zone } });
const withMount = (mount: Parameters<typeof createMount>[0]): ServiceSpecParts => ({
  task: createTaskSpec({ container: createContainerSpec({ mounts: [createMount(mount)] }) }),
});

test("tasks go to a node that has just joined until the counts are even", () => {
  assert.deepEqual(plan([n1, n2, n3], [spread("web", ["n1", "n2", "n1", "n2", "n1", "n2"])]), [
    "web5 to n3, gain 2: n1 runs 3 tasks of web, n3 none",
    "web6 to n3, gain 1: n2 runs 3 tasks of web, n3 1",
  ]);
});

test("a difference of one is as even as it gets", () => {
  assert.deepEqual(plan([n1, n2], [spread("web", ["n1", "n1", "n2"])]), []);
});

test("where services are even, nodes are made so by the number of all their tasks", () => {
  const all = ["a", "b", "c"].map((id) => spread(id, ["n1"]));
  assert.deepEqual(plan([n1, n2], all), ["a1 to n2, gain 2: n1 runs 3 tasks, n2 none"]);
});

test("the labels a service is spread over come before its nodes", () => {
  const placement = { ...ANYWHERE, spread: ["node.labels.zone"] };
  const web = spread("web", ["n1", "n2", "n3"], { task: createTaskSpec({ placement }) });
  const nodes = [inZone("n1", "a"), inZone("n2", "a"), inZone("n3", "a"), inZone("n4", "b")];
  assert.deepEqual(plan(nodes, [web]), [
    "web1 to n4, gain 2: 3 tasks of web where node.labels.zone is a, none where it is b",
  ]);
});

test("a larger least gain leaves small differences alone", () => {
  const web = spread("web", ["n1", "n1", "n1"]);
  assert.equal(plan([n1, n2], [web], { gainMin: 2 }).length, 1);
  assert.deepEqual(plan([n1, n2], [web], { gainMin: 3 }), []);
});

test("no more moves than asked for", () => {
  const web = spread("web", ["n1", "n1", "n1", "n1", "n1", "n1"]);
  assert.equal(plan([n1, n2, n3], [web], { movesMax: 2 }).length, 2);
});

const STAYS: readonly (readonly [what: string, parts: ServiceSpecParts, task: Partial<Task>, why: RegExp])[] = [
  ["a volume", withMount({ source: "data" }), {}, /kept by volume data$/],
  ["the volume of a slot", withMount({ source: "data", volumePerSlot: true }), {}, /kept by volume data$/],
  ["a volume of its own", withMount({ source: "" }), {}, /kept by the volume at \/data$/],
  ["a directory of its host", withMount({ type: "BIND", source: "/srv" }), {}, /kept by directory \/srv of its host$/],
  [
    "a port of its host",
    {},
    { endpoint: { mode: "VIP", ports: [createPort({ publishMode: "HOST", publishedPort: 8080 })], virtualIps: [] } },
    /kept by port 80 of its own host$/,
  ],
  [
    "a restart policy that starts nothing again",
    { task: createTaskSpec({ restart: { condition: "NONE", maxAttempts: 0, windowMs: 0 } }) },
    {},
    /kept by its restart policy/,
  ],
];
for (const [what, parts, task, why] of STAYS) {
  test(`a task with ${what} stays, and the plan says so`, () => {
    const [line, ...others] = plan([n1, n2], [spread("db", ["n1", "n1", "n1"], parts, task)]);
    assert.match(line ?? "", why);
    assert.deepEqual(others, []);
  });
}

test("a volume of a file server, a read-only directory and memory keep nothing", () => {
  for (const mount of [
    { source: "data", volumeOptions: { type: "nfs", o: "addr=10.0.0.1", device: ":/data" } },
    { type: "BIND", source: "/etc/ssl", readOnly: true },
    { type: "TMPFS", source: "" },
  ] as const) {
    assert.equal(plan([n1, n2], [spread("web", ["n1", "n1", "n1"], withMount(mount))]).length, 1, mount.source);
  }
});

test("a service that is not at rest is left alone", () => {
  const web = spread("web", ["n1", "n1", "n1"]);
  const starting = web.tasks.map((task, at) =>
    at === 0 ? { ...task, status: { ...task.status, state: "STARTING" as const } } : task,
  );
  assert.match(plan([n1, n2], [{ ...web, tasks: starting }]).join(), /^web stays: .*do not run as they should$/);
  const status = { state: "UPDATING", startedAtMs: 0, completedAtMs: 0, message: "", failedTask: "" } as const;
  const updating = { ...web.service, updateStatus: status };
  assert.match(plan([n1, n2], [{ ...web, service: updating }]).join(), /^web stays: .*an update that is under way$/);
});

test("a service that packs, has affinities, or that affinities are to, stays", () => {
  const on = ["n1", "n1", "n1"];
  const packed = spread("web", on, { task: createTaskSpec({ placement: { ...ANYWHERE, strategy: "binpack" } }) });
  assert.match(plan([n1, n2], [packed]).join(), /^web stays: .*its strategy, which packs tasks on few nodes$/);
  const affinities = [{ service: "db", avoid: false, soft: true, topology: "" }];
  const near = spread("web", on, { task: createTaskSpec({ placement: { ...ANYWHERE, affinities } }) });
  const lines = plan([n1, n2], [near, spread("db", on)]);
  assert.deepEqual(
    lines.map((line) => line.replace(/:.*by/, ":")),
    ["db stays: the affinities of other services to it", "web stays: its affinities to other services"],
  );
});

test("global services and jobs do not move", () => {
  const job = spread("job", ["n1", "n1", "n1"], { job: { total: 3, max: 3 } });
  const agent = spread("agent", ["n1"], { replicas: "global" }, { slot: 0 });
  assert.deepEqual(plan([n1, n2], [job, agent]), []);
});

test("a task that is moving counts where it goes to, so that nothing moves twice for one gap", () => {
  const web = spread("web", ["n1", "n1", "n1"]);
  const move = { nodeId: testId<NodeId>("n2"), startedAtMs: 0, reason: "" };
  const tasks = web.tasks.map((task, at) => (at === 2 ? { ...task, move } : task));
  assert.deepEqual(plan([n1, n2], [{ ...web, tasks }]), []);
  // Also when its successor is there already.
  const heir = createTask("heir", web.service, { slot: 3, nodeId: testId<NodeId>("n2"), state: "STARTING" });
  assert.deepEqual(plan([n1, n2], [{ ...web, tasks: [...tasks, heir] }]), []);
});

test("nothing goes to a node where tasks of the service have failed a moment ago", () => {
  const web = spread("web", ["n1", "n1", "n1"]);
  const dead = { state: "FAILED", slot: 3, nodeId: testId<NodeId>("n2"), desiredState: "SHUTDOWN" } as const;
  const failed = createTask("dead", web.service, dead);
  const ended = { ...failed, status: { ...failed.status, appliedAtMs: 1_000 } };
  assert.deepEqual(plan([n1, n2], [{ ...web, tasks: [...web.tasks, ended] }], {}, 2_000), []);
  assert.equal(plan([n1, n2], [{ ...web, tasks: [...web.tasks, ended] }], {}, 400_000).length, 1);
});

test("in the background young tasks stay, and nodes that were away a moment ago get none", () => {
  const web = spread("web", ["n1", "n1", "n1"], {}, { meta: { ...NO_META, createdAtMs: 5_000 } });
  assert.match(plan([n1, n2], [web], { settledBeforeMs: 4_000 }).join(), /kept by the time for which tasks stay/);
  assert.equal(plan([n1, n2], [web], { settledBeforeMs: 6_000 }).length, 1);
  const back = { ...n2, status: { ...n2.status, sinceMs: 7_000 } };
  assert.deepEqual(plan([n1, back], [web], { settledBeforeMs: 6_000 }), []);
});

test("a service whose move was called off is left alone", () => {
  const web = spread("web", ["n1", "n1", "n1"]);
  const heldServices = new Set([web.service.id]);
  assert.match(plan([n1, n2], [web], { heldServices }).join(), /^web stays: .*a move of it that was called off$/);
});
