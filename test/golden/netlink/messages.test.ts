import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { mustHave } from "../../../shared/invariant.ts";
import { requestFor } from "../../../worker/netlink/requests.ts";
import { CASES, DEVICES, formatMessages, NAMESPACE } from "./cases.ts";

it("asks the kernel in the very bytes of iproute2", () => {
  const context = {
    indexOf: (device: string) => mustHave(DEVICES.get(device), device),
    fileOf: () => NAMESPACE.file,
  };
  const messages = CASES.map(([command, change]) => [command, requestFor(change, context)] as const);
  // Made anew by test/contract/netlink-golden.test.ts.
  assert.equal(formatMessages(messages), readFileSync(join(import.meta.dirname, "messages.txt"), "utf8"));
});
