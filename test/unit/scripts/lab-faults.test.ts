import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { joinRules, lossRules, parsePercent, parseSplit, splitRules } from "../../../scripts/lab-parts/faults.ts";

const HOSTS = ["host1", "host2", "host3"];

describe("the lab's faults", () => {
  test("a split is groups of hosts between bars", () => {
    assert.deepEqual(parseSplit("host1 host2 | host3", HOSTS), [["host1", "host2"], ["host3"]]);
    assert.deepEqual(parseSplit("host1,host2|host3", HOSTS), [["host1", "host2"], ["host3"]]);
    assert.deepEqual(parseSplit("host3 | host1", HOSTS), [["host3"], ["host1"]]);
  });

  for (const [text, reason] of [
    ["host1 host2", /is not a split/],
    ["", /is not a split/],
    ["host1 |", /is not a split/],
    ["host1 | host4", /there is no host4 in this lab; it has host1, host2, host3/],
    ["host1 | hub", /there is no hub/],
    ["host1 host2 | host2", /host2 is named twice/],
  ] as const) {
    test(`refuses the split ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseSplit(text, HOSTS), { name: "LabError", message: reason });
    });
  }

  test("a split drops both directions between groups and nothing within one", () => {
    const rules = splitRules([["host1", "host2"], ["host3"]]);
    const elements = /elements = \{ (.*) \}; \}/.exec(rules)?.[1]?.split(", ").sort();
    assert.deepEqual(elements, ['"host1" . "host3"', '"host2" . "host3"', '"host3" . "host1"', '"host3" . "host2"']);
  });

  test("the end of a split is good when there is none", () => {
    assert.match(joinRules(), /^table bridge (\w+) \{\}\ndelete table bridge \1$/);
  });

  test("loss is counted for frames from and to the host, and 0 ends it", () => {
    const rules = lossRules("host2", 30);
    assert.match(rules, /prerouting .* iifname "host2" numgen random mod 100 < 30 drop/);
    assert.match(rules, /postrouting .* oifname "host2" numgen random mod 100 < 30 drop/);
    assert.match(lossRules("host2", 100), /iifname "host2" drop/);
    assert.doesNotMatch(lossRules("host2", 0), /chain/);
  });

  test("a percentage is a whole number from 0 to 100", () => {
    assert.equal(parsePercent("0"), 0);
    assert.equal(parsePercent("12%"), 12);
    assert.equal(parsePercent("100"), 100);
    for (const text of ["", "101", "-1", "1.5", "ten"])
      assert.throws(() => parsePercent(text), { name: "LabError", message: /is not a percentage/ });
  });
});
