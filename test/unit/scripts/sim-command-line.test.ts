import assert from "node:assert/strict";
import { test } from "node:test";
import { readCommandLine, UsageError } from "../../../scripts/sim-parts/command-line.ts";

const read = (line: string) => readCommandLine(line.split(" ").filter((word) => word !== ""));

test("one seed is replayed, anything else explores", () => {
  assert.deepEqual(read("raft --seed 7 --canary lyingDisk"), {
    kind: "replay",
    simulation: "raft",
    seed: 7,
    steps: 4_000,
    canary: "lyingDisk",
  });
  const explore = read("raft --seeds 20 --from 3 --minutes 0.5 --jobs 2");
  assert.ok(explore.kind === "explore");
  assert.deepEqual([explore.from, explore.seeds, explore.minutes, explore.jobs], [3, 20, 0.5, 2]);
});

test("without --seeds the minutes bound the exploration", () => {
  const explore = read("raft-full --minutes 5");
  assert.ok(explore.kind === "explore");
  assert.ok(explore.seeds > 1_000_000);
});

test("no command, and --help, ask for help", () => {
  for (const line of ["", "help", "--help", "raft -h"]) assert.equal(read(line).kind, "help", line);
});

for (const [line, why] of [
  ["rafter", /no simulation "rafter"/],
  ["raft --seed x", /"x" is not a number/],
  ["raft --seeds 0", /"0" is not a number/],
  ["raft --seed 5000000000", /from 1 to 4294967295/],
  ["raft --minutes soon", /"soon" is not a number of minutes/],
  ["raft --sed 3", /--sed/],
  ["raft 3", /what is "3"/],
] as const) {
  test(`a wrong call is refused: ${line}`, () => {
    assert.throws(
      () => read(line),
      (error) => error instanceof UsageError && why.test(error.message),
    );
  });
}
