import { strict as assert } from "node:assert";
import { test } from "node:test";
import { parseAutoscale } from "../../../shared/autoscale.ts";

test("rules are read, with defaults for what is not said", () => {
  assert.deepEqual(parseAutoscale("min=2,max=10,cpu=60%"), {
    ...{ min: 2, max: 10, cpuPercent: 60, memoryPercent: null, upMs: 15_000, downMs: 300_000 },
  });
  assert.deepEqual(parseAutoscale(" max=3 , memory=150% , up=0s, down=1m30s"), {
    ...{ min: 1, max: 3, cpuPercent: null, memoryPercent: 150, upMs: 0, downMs: 90_000 },
  });
});

for (const [text, fault] of [
  ["", '"" is not KEY=VALUE, with a key among min, max, cpu, memory, up and down'],
  ["max=3,cpu", '"cpu" is not KEY=VALUE, with a key among min, max, cpu, memory, up and down'],
  ["max=3,gpu=1%", '"gpu=1%" is not KEY=VALUE, with a key among min, max, cpu, memory, up and down'],
  ["max=3,constructor=1%", '"constructor=1%" is not KEY=VALUE, with a key among min, max, cpu, memory, up and down'],
  ["min=1,cpu=60%", "it needs max=NUMBER"],
  ["max=3", "it needs cpu=PERCENT or memory=PERCENT, such as cpu=60%"],
  ["min=0,max=3,cpu=60%", "min=0 is not a number from 1 to 100000"],
  ["max=-1,cpu=60%", "max=-1 is not a number from 1 to 100000"],
  ["max=1e3,cpu=60%", "max=1e3 is not a number from 1 to 100000"],
  ["min=5,max=3,cpu=60%", "max=3 is less than min=5"],
  ["max=3,cpu=60", "cpu=60 is not a percentage from 1% to 1000%"],
  ["max=3,cpu=0%", "cpu=0% is not a percentage from 1% to 1000%"],
  ["max=3,memory=5000%", "memory=5000% is not a percentage from 1% to 1000%"],
  ["max=3,max=4,cpu=60%", "max is given twice"],
  ["max=3,cpu=60%,down=2h", "down=2h is longer than an hour"],
] as const) {
  test(`refused: ${text}`, () => {
    assert.throws(() => parseAutoscale(text), {
      code: "invalidArgument",
      message: `invalid autoscale ${JSON.stringify(text)}: ${fault}`,
    });
  });
}

test("a window that is no duration is refused", () => {
  assert.throws(() => parseAutoscale("max=3,cpu=60%,up=soon"), { code: "invalidArgument", message: /"soon" for up/ });
});
