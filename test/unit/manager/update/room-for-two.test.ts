import assert from "node:assert/strict";
import { test } from "node:test";
import { decideUpdate } from "../../../../manager/update/decide-update.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import type { Service, Task } from "../../../../shared/objects/types.ts";
import { ANYWHERE } from "../../../../shared/service-spec/defaults.ts";
import * as make from "../../../support/objects.ts";
import { NEW, NOW_MS, OLD, UPDATING } from "../../../support/update-world.ts";
import { viewOf } from "../../../support/view.ts";

const START_FIRST = {
  parallelism: 1,
  delayMs: 0,
  monitorMs: 5000,
  failureAction: "PAUSE",
  maxFailureRatio: 0,
  order: "START_FIRST",
  canary: "",
} as const;
const port = make.createPort({ publishMode: "HOST", publishedPort: 8080 });
const [n1, n2] = ["n1", "n2"].map((name) => make.testId<NodeId>(name)) as [NodeId, NodeId];

function rolling(parts: make.ServiceSpecParts, rest: Partial<Service> = {}): Service {
  const task = { ...make.createTaskSpec(parts.task), forceUpdate: 1 };
  const all = { replicas: 1, update: START_FIRST, ...parts, task };
  return make.createService("web", all, { generation: NEW, updateStatus: UPDATING, ...rest });
}

/** A task of the spec before, which differs in its image only. */
const old = (service: Service, id: string, nodeId: NodeId, part: Partial<Task> = {}): Task =>
  make.createTask(id, service, {
    spec: { ...service.spec.task, forceUpdate: 0 },
    generation: OLD,
    nodeId,
    slot: service.spec.mode === "global" ? 0 : 1,
    endpoint: { mode: "VIP", virtualIps: [], ports: service.spec.endpoint?.ports ?? [] },
    ...part,
  });

function decide(service: Service, tasks: readonly Task[], nodes: readonly string[]) {
  const view = viewOf({ nodes: nodes.map((name) => make.createNode(name)), services: [service], tasks });
  const { steps, status } = decideUpdate(view, service, { nowMs: NOW_MS, runningSince: new Map() });
  const words = steps.map((step) =>
    step.map((op) => (op.kind === "create" ? `new ${op.desiredState}` : `${op.kind} ${op.taskId[0]}`)).join(" + "),
  );
  return [words.join(", "), status?.message ?? ""] as const;
}

const withPort = rolling({ ports: [port] });
const everywhere = rolling({ replicas: "global", ports: [port] });
const onlyOne = rolling({ task: make.createTaskSpec({ placement: { ...ANYWHERE, maxReplicas: 1 } }) });
const apart = { service: "WEB", avoid: true, topology: "", soft: false };
const away = rolling({ task: make.createTaskSpec({ placement: { ...ANYWHERE, affinities: [apart] } }) });
const data = make.createMount({ source: "data", volumePerSlot: true });
const withVolume = (readOnly: boolean): Service =>
  rolling({
    task: make.createTaskSpec({ container: make.createContainerSpec({ mounts: [{ ...data, readOnly }] }) }),
  });

const PORT_TAKEN = "update in progress, stop-first: no host has port 8080/TCP free for a second task";
const STOP = "shutdown a + new READY";
const START = "new RUNNING";

const rows: readonly (readonly [string, Service, readonly Task[], readonly string[], readonly [string, string]])[] = [
  ["a host's port on the only node", withPort, [old(withPort, "a", n1)], ["n1"], [STOP, PORT_TAKEN]],
  ["a host's port, and another node that has it free", withPort, [old(withPort, "a", n1)], ["n1", "n2"], [START, ""]],
  [
    "a host's port that some other task has on the other node",
    withPort,
    [old(withPort, "a", n1), { ...old(withPort, "b", n2), serviceId: make.testId("other") }],
    ["n1", "n2"],
    [STOP, PORT_TAKEN],
  ],
  [
    "a host's port that some other task has on this node as well: to stop would not help",
    withPort,
    [old(withPort, "a", n1, { endpoint: null }), { ...old(withPort, "b", n1), serviceId: make.testId("other") }],
    ["n1"],
    [START, ""],
  ],
  [
    "a host's port of a global service, whatever other nodes have",
    everywhere,
    [old(everywhere, "a", n1)],
    ["n1", "n2"],
    [STOP, PORT_TAKEN],
  ],
  [
    "one task on a node, and one node",
    onlyOne,
    [old(onlyOne, "a", n1)],
    ["n1"],
    [STOP, "update in progress, stop-first: no node may have one task more (--replicas-max-per-node 1)"],
  ],
  [
    "tasks that keep away from each other",
    away,
    [old(away, "a", n1)],
    ["n1"],
    [STOP, "update in progress, stop-first: its tasks keep away from each other, and no node is free"],
  ],
  [
    "a volume of the slot, however many nodes there are",
    withVolume(false),
    [old(withVolume(false), "a", n1)],
    ["n1", "n2"],
    [STOP, "update in progress, stop-first: two tasks of a slot must not write to its volume (data-1)"],
  ],
  ["a volume that is only read", withVolume(true), [old(withVolume(true), "a", n1)], ["n1"], [START, ""]],
  [
    "a successor that waits for a node already",
    withPort,
    [
      old(withPort, "a", n1),
      make.createTask("b", withPort, { state: "PENDING", spec: withPort.spec.task, generation: NEW }),
    ],
    ["n1"],
    ["shutdown a", PORT_TAKEN],
  ],
];

for (const [name, service, tasks, nodes, wanted] of rows) {
  test(`start-first gives way to stop-first where there can be no second task: ${name}`, () => {
    assert.deepEqual(decide(service, tasks, nodes), wanted);
  });
}

test("that it gave way is said to the end, and when it is over", () => {
  const stopFirst = "no host has port 8080/TCP free for a second task";
  const status = { ...UPDATING, message: PORT_TAKEN, stopFirst };
  const updating = rolling({ ports: [port] }, { updateStatus: status });
  const task = make.createTask("a", updating, {
    nodeId: n1,
    status: make.createTaskStatus("RUNNING", { appliedAtMs: NOW_MS - 1000 }),
    generation: NEW,
  });
  assert.deepEqual(decide(updating, [task], ["n1"]), ["", ""], "unchanged while it is watched");
  const watched = { ...task, status: { ...task.status, appliedAtMs: NOW_MS - 60_000 } };
  assert.equal(
    decide(updating, [watched], ["n1"])[1],
    "update completed, stop-first: no host has port 8080/TCP free for a second task",
  );
});
