import assert from "node:assert/strict";
import { test } from "node:test";
import type { FaultCode } from "../../../../shared/errors.ts";
import { SwarmError } from "../../../../shared/errors.ts";
import type { Caller } from "../../../../shared/rpc/handler.ts";
import {
  requireLocal,
  requireLocalOrManager,
  requireManager,
  requireNode,
} from "../../../../shared/rpc/require-caller.ts";

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
/** Who may call what. A new kind of caller needs a column, a new check a row. */
const TABLE: readonly (readonly [(caller: Caller) => unknown, Record<keyof typeof CALLERS, Outcome>])[] = [
  [
    requireManager,
    { local: "permissionDenied", anonymous: "unauthenticated", worker: "permissionDenied", manager: "ok" },
  ],
  [requireNode, { local: "permissionDenied", anonymous: "unauthenticated", worker: "ok", manager: "ok" }],
  [requireLocalOrManager, { local: "ok", anonymous: "unauthenticated", worker: "permissionDenied", manager: "ok" }],
  [
    requireLocal,
    { local: "ok", anonymous: "permissionDenied", worker: "permissionDenied", manager: "permissionDenied" },
  ],
];

for (const [check, row] of TABLE) {
  for (const [name, expected] of Object.entries(row)) {
    test(`${check.name}: ${name} caller: ${expected}`, () => {
      let outcome: Outcome = "ok";
      try {
        check(CALLERS[name as keyof typeof CALLERS]);
      } catch (error) {
        assert.ok(error instanceof SwarmError);
        outcome = error.code;
      }
      assert.equal(outcome, expected);
    });
  }
}
