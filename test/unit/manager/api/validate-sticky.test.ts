import assert from "node:assert/strict";
import { test } from "node:test";
import { validateServiceSpec } from "../../../../manager/api/validate-service.ts";
import type { EndpointSpec } from "../../../../shared/rpc/gen/objects.ts";
import * as make from "../../../support/objects.ts";

const check = (mode: EndpointSpec["mode"], stickyMs: number): void =>
  validateServiceSpec(make.createServiceSpec({ endpoint: { mode, stickyMs, ports: [] } }));

test("clients keep their task for whole seconds, up to a week", () => {
  for (const stickyMs of [0, 1_000, 604_800_000]) check("VIP", stickyMs);
  assert.throws(() => check("VIP", 500), { code: "invalidArgument", message: /^invalid sticky time 500 ms: whole/ });
  assert.throws(() => check("VIP", 691_200_000), { message: /at most seven days, are allowed$/ });
});

test("where names stand for tasks, there is nothing that could remember a client", () => {
  check("DNSRR", 0);
  assert.throws(() => check("DNSRR", 1_000), { message: /^sticky needs endpoint mode vip/ });
});
