import { strict as assert } from "node:assert";
import { test } from "node:test";
import { takeUsage } from "../../../../manager/dispatcher/usage-words.ts";
import { testId } from "../../../support/objects.ts";

const one = { taskId: testId<string>("t1"), nanoCpus: 5, memoryBytes: 6 };

test("a report is taken as it is", () => {
  assert.deepEqual([...takeUsage({ tasks: [one] })], [[one.taskId, { nanoCpus: 5, memoryBytes: 6 }]]);
});

for (const [name, tasks, message] of [
  ["more tasks than a host runs", Array.from({ length: 1_001 }, () => one), /1001, but at most 1000 are allowed/],
  ["an id that is none", [{ ...one, taskId: "../x" }], /task/],
  ["less than nothing", [{ ...one, nanoCpus: -1 }], /^invalid CPUs in use: -1 is not in 0\.\./],
  ["more CPUs than there can be", [{ ...one, nanoCpus: 1e18 }], /^invalid CPUs in use/],
  ["half a byte", [{ ...one, memoryBytes: 0.5 }], /^invalid memory in use: 0\.5/],
] as const) {
  test(`refused: ${name}`, () => {
    assert.throws(() => takeUsage({ tasks }), { code: "invalidArgument", message });
  });
}
