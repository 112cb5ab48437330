import assert from "node:assert/strict";
import { it } from "node:test";
import { service } from "../../../../shared/compose/service-kind.ts";

it("a service has every key of the specification, each once", () => {
  // Two rows of one key would count once.
  assert.equal(service.keys.length, 93);
});
