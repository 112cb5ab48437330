import assert from "node:assert/strict";
import { it } from "node:test";
import { SERVICE_KEYS } from "../../../../shared/compose/service-kind.ts";

it("a service has every key of the specification, each once", () => {
  assert.equal(new Set(SERVICE_KEYS).size, SERVICE_KEYS.length);
  assert.equal(SERVICE_KEYS.length, 93);
});
