import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { runSimulation } from "./run.ts";

/**
 * Of this process, so that a busy machine shortens nothing; and the wall clock's bound, so that it ends all the same.
 */
const CPU_MS_MAX = 30_000;
const WALL_MS_MAX = 90_000;
/** What a hash gives is spread over this many, so that commits do not meet. */
const SEED_BOUND = 2 ** 31;

/** Each commit goes where none before it has been; the same commit goes there again. */
test("seeds that no earlier commit has run break no promise", () => {
  const commit = headCommit();
  const from = 1 + (Number.parseInt(commit.slice(0, 8), 16) % SEED_BOUND);
  const end = performance.now() + WALL_MS_MAX;
  const before = process.cpuUsage();
  let seed = from;
  do {
    // A failure's message says how to see it again.
    assert.equal(runSimulation(seed).counts.get("converged"), 1);
    seed++;
  } while (cpuMsSince(before) < CPU_MS_MAX && performance.now() < end);
  console.log(`raft simulation of commit ${commit}: seeds ${from} to ${seed - 1}`);
});

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** Outside of a repository everyone gets the same seeds. */
function headCommit(): string {
  const git = spawnSync("git", ["rev-parse", "HEAD"], { cwd: import.meta.dirname, encoding: "utf8" });
  return /^[0-9a-f]{40}/.exec(git.stdout ?? "")?.[0] ?? "0".repeat(40);
}
