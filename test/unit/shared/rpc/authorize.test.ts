import assert from "node:assert/strict";
import { test } from "node:test";
import { type FaultCode, SwarmError } from "../../../../shared/errors.ts";
import { authorize, requireNode } from "../../../../shared/rpc/authorize.ts";
import type { Door } from "../../../../shared/rpc/doors.ts";
import type { Caller } from "../../../../shared/rpc/handler.ts";

const node = (role: "WORKER" | "MANAGER"): Caller => ({
  kind: "node",
  nodeId: "n1",
  role,
  roleGeneration: 0,
  certificateRoot: "",
  clusterId: "c1",
  address: "10.0.0.2:5",
});
const CALLERS = {
  local: { kind: "local" },
  anonymous: { kind: "anonymous", address: "10.0.0.9:1" },
  worker: node("WORKER"),
  manager: node("MANAGER"),
} as const satisfies Record<string, Caller>;

type Outcome = "ok" | FaultCode;
type Row = Record<keyof typeof CALLERS, Outcome>;
const OPERATOR: Row = { local: "ok", anonymous: "unauthenticated", worker: "permissionDenied", manager: "ok" };

/** Who may come in where. A new kind of caller needs a column, a new door a row. */
const TABLE: readonly (readonly [Door, Row])[] = [
  ["anyone", { local: "ok", anonymous: "ok", worker: "ok", manager: "ok" }],
  ["manager", { local: "permissionDenied", anonymous: "unauthenticated", worker: "permissionDenied", manager: "ok" }],
  ["node", { local: "permissionDenied", anonymous: "unauthenticated", worker: "ok", manager: "ok" }],
  ["host", { local: "ok", anonymous: "permissionDenied", worker: "permissionDenied", manager: "permissionDenied" }],
  [{ verb: "read", kind: "service" }, OPERATOR],
  [{ verb: "write", kind: "secret" }, OPERATOR],
  [{ verb: "read", kind: "log" }, OPERATOR],
  [{ verb: "read", kind: "any" }, OPERATOR],
];

function outcomeOf(check: () => unknown): Outcome {
  try {
    check();
    return "ok";
  } catch (error) {
    assert.ok(error instanceof SwarmError);
    return error.code;
  }
}

for (const [door, row] of TABLE) {
  for (const [name, expected] of Object.entries(row)) {
    const caller = CALLERS[name as keyof typeof CALLERS];
    test(`${JSON.stringify(door)}: ${name} caller: ${expected}`, () => {
      assert.equal(
        outcomeOf(() => authorize(caller, door)),
        expected,
      );
      if (door !== "node" && door !== "manager") return;
      assert.equal(
        outcomeOf(() => assert.equal(requireNode(caller, door), caller)),
        expected,
      );
    });
  }
}
