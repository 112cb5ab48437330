import { strict as assert } from "node:assert";
import { test } from "node:test";
import { isDirty } from "../../../../manager/tasks/task-dirty.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import type { TaskSpec } from "../../../../shared/objects/types.ts";
import type { Endpoint } from "../../../../shared/rpc/gen/objects.ts";
import { ANYWHERE } from "../../../../shared/service-spec/defaults.ts";
import {
  createContainerSpec,
  createNetwork,
  createNode,
  createPort,
  createService,
  createTask,
  createTaskSpec,
  type ServiceSpecParts,
  testId,
} from "../../../support/objects.ts";
import { viewOf } from "../../../support/view.ts";

const placed = (constraint: string): Partial<TaskSpec> => ({
  placement: { ...ANYWHERE, constraints: [constraint] },
});
const onNetwork = (id: string): Partial<TaskSpec> => ({
  networks: [{ target: testId(id), aliases: [], driverOptions: {} }],
});
const host = createNetwork("host", { spec: { ...createNetwork("host").spec, driver: "host" } });
const endpoint = (publishedPort: number): Endpoint => ({
  mode: "VIP",
  ports: [createPort({ publishedPort })],
  virtualIps: [],
});

const cases: readonly {
  readonly name: string;
  readonly was?: Partial<TaskSpec>;
  readonly now: ServiceSpecParts;
  readonly endpoint?: Endpoint;
  readonly isDirty: boolean;
}[] = [
  { name: "nothing changed", now: {}, isDirty: false },
  { name: "more replicas", now: { replicas: 9 }, isDirty: false },
  { name: "another label of the service", now: { labels: { a: "b" } }, isDirty: false },
  {
    name: "new image",
    now: { task: createTaskSpec({ container: createContainerSpec({ image: "nginx:2" }) }) },
    isDirty: true,
  },
  {
    name: "another variable",
    now: { task: createTaskSpec({ container: createContainerSpec({ env: ["A=1"] }) }) },
    isDirty: true,
  },
  { name: "forced", now: { task: createTaskSpec({ forceUpdate: 1 }) }, isDirty: true },
  {
    name: "a constraint its node meets",
    now: { task: createTaskSpec(placed("node.labels.disk==ssd")) },
    isDirty: false,
  },
  {
    name: "a constraint its node does not meet",
    now: { task: createTaskSpec(placed("node.labels.disk==hdd")) },
    isDirty: true,
  },
  {
    name: "a new published port",
    now: { ports: [createPort({ publishedPort: 81 })] },
    endpoint: endpoint(80),
    isDirty: false,
  },
  {
    name: "the same published port",
    now: { ports: [createPort({ publishedPort: 80 })] },
    endpoint: endpoint(80),
    isDirty: false,
  },
  { name: "a published port left open", now: { ports: [createPort()] }, endpoint: endpoint(30_000), isDirty: false },
  { name: "no published port any more", now: {}, endpoint: endpoint(80), isDirty: false },
  {
    name: "the first published port",
    now: { ports: [createPort()] },
    endpoint: { ...endpoint(80), ports: [] },
    isDirty: false,
  },
  {
    name: "a new port of the host",
    now: { ports: [createPort({ publishedPort: 80 }), createPort({ publishedPort: 81, publishMode: "HOST" })] },
    endpoint: endpoint(80),
    isDirty: true,
  },
  { name: "another network", now: { task: createTaskSpec(onNetwork("a")) }, isDirty: false },
  { name: "the host's own network", now: { task: createTaskSpec(onNetwork("host")) }, isDirty: true },
];
for (const { name, was, now, endpoint: allocated, isDirty: expected } of cases) {
  test(`${name}: ${expected ? "the task is outdated" : "the task is still right"}`, () => {
    const old = createService("web", { task: createTaskSpec(was) }, { generation: 1 });
    const service = createService("web", now, { generation: 2 });
    const task = createTask("t1", old, { nodeId: testId<NodeId>("n1"), endpoint: allocated ?? null });
    const view = viewOf({
      networks: [host],
      nodes: [createNode("n1", { labels: { disk: "ssd" } })],
      services: [service],
      tasks: [task],
    });
    assert.equal(isDirty(view, task, service), expected);
  });
}

test("a task of the same generation is right, whatever is in it", () => {
  const service = createService("web", { task: createTaskSpec({ forceUpdate: 3 }) });
  const task = createTask("t1", createService("web"));
  assert.equal(isDirty(viewOf({ services: [service] }), task, service), false);
});
