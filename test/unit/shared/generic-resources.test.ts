import assert from "node:assert/strict";
import { test } from "node:test";
import {
  complaintOfResource,
  parseGenericRequest,
  parseHostResources,
  resourceTexts,
} from "../../../shared/generic-resources.ts";

const FLAG = "--node-generic-resource";

test("a host says how many it has, or which ones", () => {
  const given = ["fpga=2", "gpu=UUID-1", "nic.fast=eth1", "gpu=UUID-2"];
  const resources = parseHostResources(given, FLAG);
  assert.deepEqual(resources, [
    { kind: "fpga", value: 2, names: [] },
    { kind: "gpu", value: 2, names: ["UUID-1", "UUID-2"] },
    { kind: "nic.fast", value: 1, names: ["eth1"] },
  ]);
  assert.deepEqual(resources.flatMap(resourceTexts).toSorted(), given.toSorted());
  for (const resource of resources) assert.equal(complaintOfResource(resource), null);
});

for (const [texts, sentence] of [
  [["gpu"], /^invalid value "gpu" for --node-generic-resource: expected KIND=VALUE$/],
  [["=2"], /expected KIND=VALUE/],
  [["gpu="], /expected KIND=VALUE/],
  [["gpu=0"], /at least 1/],
  [["my gpu=1"], /its kind may have letters/],
  [["gpu=1", "gpu=2"], /"gpu=2".*gpu was already given/],
  [["gpu=1", "gpu=UUID-1"], /"gpu=UUID-1".*already given as a number/],
  [["gpu=UUID-1", "gpu=1"], /"gpu=1".*already given/],
  [["gpu=UUID-1", "gpu=UUID-1"], /it was already given/],
  [["gpu=99999999999999999999"], /at least 1/],
  [["gpu=a\u0007"], /must be printable/],
  [[`gpu=${"x".repeat(129)}`], /^--node-generic-resource: the name of a generic resource: 129 bytes, but at most 128$/],
  [Array.from({ length: 65 }, (_, at) => `k${at}=1`), /kinds of generic resources of a host: 65 in number/],
  [Array.from({ length: 257 }, (_, at) => `gpu=n${at}`), /of one kind: 257 in number, but at most 256/],
] as const) {
  test(`a host cannot say ${texts.join(" ").slice(0, 80)}`, () => {
    assert.throws(() => parseHostResources(texts, FLAG), { code: "invalidArgument", message: sentence });
  });
}

test("a service asks for a number of them, or for certain ones", () => {
  assert.deepEqual(parseGenericRequest("gpu=2", "--generic-resource"), { kind: "gpu", value: 2, names: [] });
  const certain = { kind: "gpu", value: 2, names: ["UUID-1", "UUID-2"] };
  assert.deepEqual(parseGenericRequest("gpu=UUID-1, UUID-2", "--generic-resource"), certain);
  assert.deepEqual(resourceTexts({ ...certain, value: 5 }), ["gpu=3", "gpu=UUID-1", "gpu=UUID-2"]);
  assert.throws(() => parseGenericRequest("gpu=a,a", "--generic-resource"), /different names/);
  assert.throws(() => parseGenericRequest("gpu=a,", "--generic-resource"), /expected KIND=COUNT or KIND=NAME,NAME/);
  assert.throws(() => parseGenericRequest("gpu=0", "--generic-resource"), /at least 1/);
});

for (const [resource, sentence] of [
  [{ kind: "", value: 1, names: [] }, /its kind may have letters/],
  [{ kind: "k".repeat(65), value: 1, names: [] }, /at most 64/],
  [{ kind: "gpu", value: 0, names: [] }, /0 is not a number from 1 on/],
  [{ kind: "gpu", value: 2 ** 53, names: [] }, /is not a number/],
  [{ kind: "gpu", value: 2, names: ["a"] }, /2 of them need as many different names/],
  [{ kind: "gpu", value: 2, names: ["a", "a"] }, /different names/],
] as const) {
  test(`refused from others: ${JSON.stringify(resource)}`, () => {
    assert.match(complaintOfResource(resource) ?? "", sentence);
  });
}
