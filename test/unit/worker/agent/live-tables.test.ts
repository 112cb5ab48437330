import assert from "node:assert/strict";
import { test } from "node:test";
import type { NetworkTable } from "../../../../shared/rpc/gen/dispatcher.ts";
import { LiveTables } from "../../../../worker/agent/live-tables.ts";
import { createNetwork } from "../../../support/objects.ts";

const endpoint = (task: number, nodeId: string, state: "READY" | "DRAINING" = "READY") => ({
  taskId: `t${task}`,
  serviceId: "s1",
  nodeId,
  address: `10.0.0.${task}/20`,
  address6: "",
  names: [],
  state,
});

function table(name: string, ...endpoints: ReturnType<typeof endpoint>[]): NetworkTable {
  const hosts = ["n1", "n2", "n3"].map((nodeId, at) => ({
    nodeId,
    dataPathAddress: `10.77.0.${at + 1}`,
    address: `10.0.1.${at + 1}/20`,
    hostname: nodeId,
    heard: nodeId === "n2",
    carriesIpv6: false,
  }));
  return { network: createNetwork(name), hosts, endpoints, services: [], dataPathPort: 4789 };
}

const liveTables = (...input: Parameters<LiveTables["of"]>): readonly NetworkTable[] => new LiveTables().of(...input);
const tasksIn = (tables: readonly NetworkTable[]): string[] =>
  tables.map(({ endpoints }) => endpoints.map(({ taskId }) => taskId).join());

test("endpoints of gone hosts are left out on ingress and get nothing new on other networks; nothing else changes", () => {
  const tables = [
    table("ingress", endpoint(1, "n1"), endpoint(2, "n2"), endpoint(3, "n3", "DRAINING")),
    table("other", endpoint(4, "n3"), endpoint(5, "n1")),
  ];
  const whole = structuredClone(tables);
  const live = liveTables(tables, new Set(["n3", "n9"]), false);
  assert.deepEqual(tasksIn(live), ["t1,t2", "t4,t5"]);
  assert.deepEqual(
    live[1]?.endpoints.map(({ state }) => state),
    ["DRAINING", "READY"],
  );
  assert.deepEqual(
    live.map((one, at) => ({ ...one, endpoints: tables[at]?.endpoints })),
    whole,
    "hosts, services and the rest stay",
  );
  assert.deepEqual(tables, whole, "what is given is not touched");
});

test("a table that loses nothing is the same object, so that nothing is done for it", () => {
  const tables = [table("ingress", endpoint(1, "n1"))];
  assert.equal(liveTables(tables, new Set(), true)[0], tables[0]);
  assert.equal(liveTables(tables, new Set(["n9"]), false)[0], tables[0]);
});

test("when all others are gone, what runs here is left", () => {
  const tables = [table("ingress", endpoint(1, "n1"), endpoint(2, "n2"), endpoint(3, "n3"))];
  assert.deepEqual(tasksIn(liveTables(tables, new Set(["n2", "n3"]), false)), ["t1"]);
});

test("whom the leader in session hears keeps its endpoints; without a session nobody vouches for it", () => {
  const tables = [table("ingress", endpoint(1, "n1"), endpoint(2, "n2"), endpoint(3, "n3"))];
  const gone = new Set(["n2", "n3"]);
  assert.deepEqual(tasksIn(liveTables(tables, gone, true)), ["t1,t2"]);
  assert.deepEqual(tasksIn(liveTables(tables, gone, false)), ["t1"]);
});

test("as long as the same hosts are gone, a table from which lines are left out is made once", () => {
  const live = new LiveTables();
  const one = table("ingress", endpoint(1, "n1"), endpoint(2, "n3"));
  const gone = new Set(["n3"]);
  const [first] = live.of([one], gone, true);
  assert.equal(live.of([one], gone, true)[0], first);
  assert.notEqual(live.of([one], new Set(["n1"]), true)[0], first);
  assert.equal(live.of([one], new Set(), true)[0], one);
});
