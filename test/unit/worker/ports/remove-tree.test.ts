import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { removeTree } from "../../../../worker/ports/remove-tree.ts";

const LEVELS = 1_000;

describe("removing what a container has left", () => {
  let directory: string;
  let outside: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "swarm-remove-"));
    outside = join(directory, "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "canary"), "");
  });
  after(() => removeTree(directory));

  it("takes files, links and trees, and nothing is fine", async () => {
    const tree = join(directory, "tree");
    for (const path of ["a/b/c", "d"]) mkdirSync(join(tree, path), { recursive: true });
    for (let index = 0; index < 200; index++) writeFileSync(join(tree, "a/b", `file ${index}\n`), "");
    symlinkSync(outside, join(tree, "a/link"));
    symlinkSync(outside, join(directory, "link"));
    writeFileSync(join(directory, "file"), "");
    for (const name of ["tree", "link", "file", "nothing", "file/below"]) await removeTree(join(directory, name));
    assert.deepEqual(readdirSync(directory), ["outside"]);
    assert.deepEqual(readdirSync(outside), ["canary"]);
  });

  it("takes trees deeper than a path can say", async () => {
    // Made from the bottom up, as a process that changes into each directory would make it from the top down.
    const name = "n".repeat(50);
    let inner = join(directory, "deep0");
    mkdirSync(inner);
    for (let level = 1; level < LEVELS; level++) {
      const outer = join(directory, `deep${level}`);
      mkdirSync(outer);
      renameSync(inner, join(outer, name));
      inner = outer;
    }
    await removeTree(inner);
    assert.deepEqual(readdirSync(directory), ["outside"]);
  });

  it("never follows a link that takes a directory's place meanwhile", async () => {
    const tree = join(directory, "swapped");
    // Another thread, since it has to be quicker than we are.
    const swapper = new Worker(
      `const { renameSync, mkdirSync, symlinkSync } = require("node:fs");
       const { workerData: { tree, outside } } = require("node:worker_threads");
       const quietly = (work) => { try { work(); } catch {} };
       require("node:worker_threads").parentPort.postMessage("on");
       for (;;) {
         quietly(() => mkdirSync(tree + "/place"));
         quietly(() => symlinkSync(outside, tree + "/link"));
         quietly(() => renameSync(tree + "/place", tree + "/other"));
         quietly(() => renameSync(tree + "/link", tree + "/place"));
         quietly(() => renameSync(tree + "/place", tree + "/link"));
         quietly(() => renameSync(tree + "/other", tree + "/place"));
       }`,
      { eval: true, workerData: { tree, outside } },
    );
    try {
      await new Promise((resolve) => swapper.once("message", resolve));
      for (let round = 0; round < 100; round++) {
        mkdirSync(tree, { recursive: true });
        await removeTree(tree);
        assert.ok(existsSync(join(outside, "canary")), `round ${round}`);
      }
    } finally {
      await swapper.terminate();
    }
    await removeTree(tree);
  });
});
