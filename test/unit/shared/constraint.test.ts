import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseConstraint } from "../../../shared/constraint.ts";
import { meetsConstraints } from "../../../shared/constraint-fit.ts";
import { createNode } from "../../support/objects.ts";

const node = createNode("n1", {
  hostname: "Host1",
  role: "MANAGER",
  labels: { disk: "ssd", Zone: "a", cores: "8", empty: "" },
  engineLabels: { gpu: "yes" },
});

describe("parseConstraint", () => {
  for (const [text, key, test] of [
    ["node.role==manager", "node.role", { kind: "equal", negated: false, value: "manager" }],
    [" node.labels.zone  != eu west ", "node.labels.zone", { kind: "equal", negated: true, value: "eu west" }],
    ["node.ip==10.0.0.0/8", "node.ip", { kind: "equal", negated: false, value: "10.0.0.0/8" }],
    // Docker takes such values, so they mean the same here.
    ["node.labels.a==b in (c)", "node.labels.a", { kind: "equal", negated: false, value: "b in (c)" }],
    ["node.labels.zone in (a, b c)", "node.labels.zone", { kind: "oneOf", negated: false, values: ["a", "b c"] }],
    ["node.labels.zone NOT IN (a)", "node.labels.zone", { kind: "oneOf", negated: true, values: ["a"] }],
    ["node.labels.ssd exists", "node.labels.ssd", { kind: "exists", negated: false }],
    ["node.labels.ssd not exists", "node.labels.ssd", { kind: "exists", negated: true }],
    ["node.labels.cores>=8", "node.labels.cores", { kind: "number", operator: ">=", value: 8 }],
    ["node.labels.load < -0.5", "node.labels.load", { kind: "number", operator: "<", value: -0.5 }],
  ] as const) {
    it(`reads ${JSON.stringify(text)}`, () =>
      assert.deepEqual(parseConstraint(text), { text: text.trim(), key, test }));
  }

  for (const [text, sentence] of [
    ["node.role=manager", /invalid constraint "node.role=manager": expected one operator from ==, !=/],
    ["node.role>=manager", /"manager" is not a number, which >= compares with/],
    ["node.labels.n<", /"" is not a number/],
    ["node.labels.n<1e3", /"1e3" is not a number/],
    ["node.role in manager", /expected one operator/],
    ["node.role in ()", /value "" of the list is invalid/],
    ["node.role in (a,,b)", /value "" of the list is invalid/],
    ["node.role in (a, b(c))", /value "b\(c\)" of the list is invalid/],
    ["node role exists", /key "node role" is invalid/],
    ["exists", /expected one operator/],
    ["node.hostname=~", /the pattern is empty/],
    ["node.hostname=~(a", /the pattern cannot be read \(.*\)/],
    ["node.hostname=~(a)\\1", /the pattern cannot be read/],
    ["node.hostname=~a{1000}", /patterns with \{ \} are not offered; write out/],
    [`node.hostname!~${"a".repeat(129)}`, /the pattern is longer than 128 characters/],
    ["", /expected one operator/],
    ["==manager", /key "" is invalid/],
    ["node.labels.a!=b==c", /value "b==c" is invalid/],
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
    ["node.hostname in (host0, HOST1)", true],
    ["node.hostname not in (host0, host1)", false],
    ["node.labels.missing in (a)", false],
    ["node.labels.missing not in (a)", true],
    ["node.rol not in (manager)", false],
    ["node.ip in (10.78.0.0/16, 10.77.0.0/16)", true],
    ["node.ip not in (10.78.0.0/16, 10.77.0.0/16)", false],
    ["node.ip not in (10.78.0.0/16, nonsense)", false],
    ["node.labels.disk exists", true],
    ["node.labels.DISK exists", false],
    ["node.labels.missing not exists", true],
    ["node.labels.empty exists", true],
    ["engine.labels.gpu not exists", false],
    ["node.rol not exists", false],
    ["node.ip exists", true],
    ["node.labels.cores>7.5", true],
    ["node.labels.cores>=8", true],
    ["node.labels.cores>8", false],
    ["node.labels.cores<10", true],
    ["node.labels.cores<=8", true],
    ["node.labels.disk<10", false],
    ["node.labels.disk>=0", false],
    ["node.labels.missing<10", false],
    ["node.labels.empty<10", false],
    ["node.hostname=~host[0-9]+", true],
    ["node.hostname=~ost", false],
    ["node.hostname=~.*ost.*", true],
    ["node.hostname!~host[0-9]+", false],
    ["node.labels.missing!~a.*", true],
    ["node.rol!~a.*", false],
    ["node.ip=~10\\.77\\..*", true],
  ] as const) {
    it(`${text} is ${expected}`, () => assert.equal(meetsConstraints(node, [parseConstraint(text)]), expected));
  }

  it("takes a pattern that would never end elsewhere in time that grows with the value", () => {
    const [constraint] = [parseConstraint("node.labels.long=~(a+)+b")];
    const long = createNode("n2", { hostname: "h", labels: { long: "a".repeat(2_000) } });
    assert.equal(meetsConstraints(long, [constraint]), false);
  });

  it("wants all of them", () => {
    const constraints = ["node.role==manager", "node.labels.disk==hdd"].map(parseConstraint);
    assert.equal(meetsConstraints(node, constraints), false);
    assert.equal(meetsConstraints(node, []), true);
  });
});
