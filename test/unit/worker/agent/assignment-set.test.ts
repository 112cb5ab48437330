import assert from "node:assert/strict";
import { test } from "node:test";
import type { Assignments } from "../../../../shared/rpc/gen/dispatcher.ts";
import { applyAssignments } from "../../../../worker/agent/assignment-set.ts";
import { withKeptLines } from "../../../../worker/agent/table-change.ts";
import { differenceOf, orderedTable } from "../../../../worker/ports/table-lines.ts";
import {
  createConfig,
  createNetwork,
  createSecret,
  createService,
  createTask,
  testId,
} from "../../../support/objects.ts";

const message = (part: Partial<Assignments>): Assignments => ({
  ...{ kind: "DELTA", revision: 1, put: [], removedIds: [], more: false, tableChanges: [] },
  ...part,
});
const task = createTask("t1", createService("web"));
const secret = createSecret("key");
const config = createConfig("site");

test("a revision in parts counts once its last part is here, and begins with nothing only once", () => {
  const stale = applyAssignments(null, message({ kind: "FULL", put: [{ item: "config", config }] }));
  const first = message({ kind: "FULL", put: [{ item: "secret", secret }], more: true });
  const part = applyAssignments(stale, first);
  assert.ok(part.isPartial);
  assert.deepEqual(
    [...part.needed.secret.keys(), ...part.needed.config.keys()],
    [secret.id],
    "a full set replaces what was known",
  );
  const whole = applyAssignments(part, message({ kind: "FULL", put: [{ item: "task", task }] }));
  assert.ok(!whole.isPartial);
  assert.deepEqual([...whole.needed.secret.keys(), ...whole.tasks.keys()], [secret.id, task.id]);
});

test("what is removed is removed, whatever it is; a missing revision is a gap", () => {
  const put = [
    { item: "secret" as const, secret },
    { item: "config" as const, config },
    { item: "task" as const, task },
  ];
  const known = applyAssignments(null, message({ kind: "FULL", put }));
  const next = applyAssignments(known, message({ revision: 2, removedIds: [secret.id, task.id, testId("unknown")] }));
  assert.deepEqual([[...next.needed.secret.keys(), ...next.needed.config.keys()], next.tasks.size], [[config.id], 0]);
  assert.throws(() => applyAssignments(known, message({ revision: 3 })), {
    message: /revision 3 came after revision 1/,
  });
  assert.throws(() => applyAssignments(null, message({ revision: 1 })), { message: /came after no full set/ });
});

const network = createNetwork("front");
const endpoint = (id: string, state: "READY" | "DRAINING" = "READY") => ({
  taskId: testId<string>(id),
  serviceId: testId<string>("web"),
  nodeId: testId<string>("n1"),
  address: "10.1.0.1/24",
  address6: "",
  names: [],
  state,
});
const table = { network, hosts: [], endpoints: [endpoint("t3"), endpoint("t1")], services: [], dataPathPort: 4789 };
const noChange = {
  networkId: network.id,
  network: null,
  putHosts: [],
  putEndpoints: [],
  putServices: [],
  removedNodeIds: [],
  removedTaskIds: [],
  removedServiceIds: [],
};

test("a change of a table leaves alone what it does not speak of, and lines stay in order", () => {
  const put = [{ item: "network" as const, network: table }];
  const whole = applyAssignments(null, message({ kind: "FULL", put }));
  const before = whole.networks.get(network.id);
  const change = {
    ...noChange,
    putEndpoints: [endpoint("t2"), endpoint("t3", "DRAINING")],
    removedTaskIds: [testId<string>("t9")],
  };
  const after = applyAssignments(whole, message({ revision: 2, tableChanges: [change] })).networks.get(network.id);
  assert.deepEqual(
    after?.endpoints.map(({ taskId, state }) => [taskId, state]),
    [
      [testId("t1"), "READY"],
      [testId("t2"), "READY"],
      [testId("t3"), "DRAINING"],
    ],
  );
  assert.equal(after?.endpoints[0], before?.endpoints[0]);
  assert.equal(after?.hosts, before?.hosts);
  assert.equal(before?.endpoints.length, 2, "who holds the old table keeps it");
});

test("a change of a table that is not there is a gap", () => {
  const whole = applyAssignments(null, message({ kind: "FULL" }));
  assert.throws(() => applyAssignments(whole, message({ revision: 2, tableChanges: [noChange] })), {
    code: "aborted",
    message: /revision 2 changes an unknown network table/,
  });
});

test("a table that comes whole again keeps the objects of all that is the same", () => {
  const one = orderedTable(table);
  assert.equal(withKeptLines(one, orderedTable(structuredClone(table))), one);
  const other = { ...structuredClone(table), endpoints: [endpoint("t1"), endpoint("t2"), endpoint("t3", "DRAINING")] };
  const kept = withKeptLines(one, orderedTable(other));
  assert.deepEqual(kept, other);
  assert.equal(kept.endpoints[0], one.endpoints[0]);
  assert.equal(kept.hosts, one.hosts);
  assert.deepEqual(differenceOf("endpoints", one.endpoints, kept.endpoints), {
    put: [other.endpoints[1], other.endpoints[2]],
    removedIds: [],
  });
  assert.deepEqual(differenceOf("endpoints", kept.endpoints, one.endpoints.slice(1)), {
    put: [one.endpoints[1]],
    removedIds: [testId("t1"), testId("t2")],
  });
});
