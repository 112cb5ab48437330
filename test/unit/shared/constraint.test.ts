import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { meetsConstraints, parseConstraint } from "../../../shared/constraint.ts";
import { createNode } from "../../support/objects.ts";

const node = createNode("n1", {
  hostname: "Host1",
  role: "MANAGER",
  labels: { disk: "ssd", Zone: "a" },
  engineLabels: { gpu: "yes" },
});

describe("parseConstraint", () => {
  for (const [text, key, operator, value] of [
    ["node.role==manager", "node.role", "==", "manager"],
    [" node.labels.zone  != eu west ", "node.labels.zone", "!=", "eu west"],
    ["node.ip==10.0.0.0/8", "node.ip", "==", "10.0.0.0/8"],
  ] as const) {
    it(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(parseConstraint(text), { key, operator, value }));
  }

  for (const [text, sentence] of [
    ["node.role=manager", /invalid constraint "node.role=manager": expected one operator from ==, !=/],
    ["node.role>=manager", /expected one operator/],
    ["", /expected one operator/],
    ["==manager", /key "" is invalid/],
    ["node.labels.a!=b==c", /key "node.labels.a!=b" is invalid/],
    ["node role==manager", /key "node role" is invalid/],
    ["node.role==", /value "" is invalid/],
    ["node.role==a,b", /value "a,b" is invalid/],
    ["n==x", /key "n" is invalid/],
  ] as const) {
    it(`refuses ${JSON.stringify(text)}`, () =>
      assert.throws(() => parseConstraint(text), { code: "invalidArgument", message: sentence }));
  }
});

describe("meetsConstraints", () => {
  for (const [text, expected] of [
    [`node.id==${node.id.toUpperCase()}`, true],
    ["node.hostname==host1", true],
    ["NODE.HOSTNAME!=host2", true],
    ["node.role==manager", true],
    ["node.role==worker", false],
    ["node.platform.os==linux", true],
    ["node.platform.arch==x86_64", true],
    ["node.platform.arch==amd64", false],
    ["node.labels.disk==SSD", true],
    ["node.labels.DISK==ssd", false],
    ["node.labels.Zone==a", true],
    ["node.labels.missing!=x", true],
    ["node.labels.missing==x", false],
    ["engine.labels.gpu==yes", true],
    ["node.ip==10.77.0.9", true],
    ["node.ip==10.77.0.0/24", true],
    ["node.ip!=10.78.0.0/24", true],
    ["node.ip==fd00::/8", false],
    ["node.ip!=nonsense", false],
    ["node.rol==manager", false],
    ["node.rol!=manager", false],
  ] as const) {
    it(`${text} is ${expected}`, () => assert.equal(meetsConstraints(node, [parseConstraint(text)]), expected));
  }

  it("wants all of them", () => {
    const constraints = ["node.role==manager", "node.labels.disk==hdd"].map(parseConstraint);
    assert.equal(meetsConstraints(node, constraints), false);
    assert.equal(meetsConstraints(node, []), true);
  });
});
