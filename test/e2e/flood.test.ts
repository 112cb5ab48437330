/**
 * Strangers flood a manager from the client's machine, from several addresses, with everything that needs no
 * certificate: `scripts/bench doors` does the same for a minute. It must keep its memory, its files, its place and its
 * word, whatever number of files it may open.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { LAB_NAME, Lab } from "../support/lab.ts";

const FLOOD_SECONDS = 10;
const MEGABYTES_MAX = 250;
/** Strangers' seats on both ports, and what an idle manager has open. */
const FILES_MAX = 1_000;
/** For the median: other suites run on the same machine. The worst is judged by the bench, which has it alone. */
const CREATE_MS_MAX = 1_000;

describe("a flood of strangers", { timeout: 240_000 }, () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.up(3);
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  for (const filesMax of [20_000, 2_000]) {
    it(`leaves a manager that may open ${filesMax} files as it was`, async () => {
      // The names of the lab's directories are made from it when the module is read.
      process.env["SWARM_LAB"] = LAB_NAME;
      const { underFlood } = await import("../../scripts/bench-suites/doors/under-flood.ts");
      const seen = await underFlood("host1", FLOOD_SECONDS, filesMax);
      assert.ok(seen.survived, "the daemon lives");
      assert.deepEqual(seen.failures, []);
      assert.equal(seen.leaders.length, 1, `one leader all the time, not ${seen.leaders.join(", ")}`);
      assert.ok(Math.max(...seen.megabytes) < MEGABYTES_MAX, `${Math.max(...seen.megabytes)} MB`);
      assert.ok(Math.max(...seen.files) < FILES_MAX, `${Math.max(...seen.files)} files`);
      const sorted = seen.createMs.toSorted((a, b) => a - b);
      assert.ok((sorted[Math.floor(sorted.length / 2)] ?? Number.NaN) < CREATE_MS_MAX, `creates took ${sorted}`);
      assert.equal((await lab.ctlJson("host1", "node", "ls")).length, 3);
    });
  }
});
