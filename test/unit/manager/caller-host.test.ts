import assert from "node:assert/strict";
import { test } from "node:test";
import { hostOf } from "../../../manager/caller-host.ts";

test("the host of a caller is its address alone, however its peer is written", () => {
  const cases = [
    ["10.77.0.2", "10.77.0.2"],
    ["10.77.0.2:40312", "10.77.0.2"],
    ["::ffff:10.77.0.2:40312", "10.77.0.2"],
    ["fd77::2", "fd77::2"],
    ["fd77::2:40312", "fd77::2"],
    ["[fd77::2]:2377", "fd77::2"],
    ["::1", "::1"],
    ["host1:2377", "host1"],
  ] as const;
  for (const [address, host] of cases) assert.equal(hostOf(address), host, address);
});
