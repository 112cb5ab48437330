import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { unreachable } from "../../../../shared/invariant.ts";
import type { Canary } from "./canary.ts";
import { plant } from "./planted-tree.ts";

/** Some bugs make a loop endless: whoever takes longer has noticed. Without a bug it is a few seconds. */
const HUNTER_MS_MAX = 120_000;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const ETCD_TESTDATA = join(import.meta.dirname, "../../../../../shared/reference/etcd-testdata");

export type CoreHunter = "transcripts" | "unit" | "simulator";
export const CORE_HUNTERS: readonly CoreHunter[] = ["transcripts", "unit", "simulator"];

/** What one hunter says of one canary. */
export interface Catch {
  readonly hunter: string;
  readonly found: boolean;
  /** What noticed it (how many tests, which seed and promise), or why it was not looked for. */
  readonly how: string;
}

/** Runs the hunters, each in a process of its own, on a tree with the canary in it; null: on the tree as it is. */
export function hunt(canary: Canary | null, hunters: readonly CoreHunter[], seeds: number): readonly Catch[] {
  using tree = plant(canary);
  return hunters.map((hunter) => {
    switch (hunter) {
      case "transcripts":
        return runTests(hunter, tree.path, "test/golden/etcd/*.test.ts");
      case "unit":
        return runTests(hunter, tree.path, "test/unit/raft/core/*.test.ts");
      case "simulator":
        return runSimulator(tree.path, seeds);
      default:
        return unreachable(hunter);
    }
  });
}

/** The tests of these files, in a planted tree. */
export function runTests(hunter: string, cwd: string, ...patterns: readonly string[]): Catch {
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd }));
  const ran = runNode(cwd, ["--test", "--test-isolation=none", "--test-reporter=tap", ...files]);
  const failed = [...ran.stdout.matchAll(/^not ok \d+ - (.*)$/gm)].map(([, name]) => name ?? "");
  if (isHung(ran)) return { hunter, found: true, how: "hung" };
  if (ran.status !== 0) return { hunter, found: true, how: `${failed.length} fail: ${failed[0] ?? ran.stderr}` };
  const skipped = /^ok .* # SKIP (.*)$/m.exec(ran.stdout);
  return { hunter, found: false, how: skipped === null ? "" : `skipped: ${skipped[1]}` };
}

function runSimulator(cwd: string, seeds: number): Catch {
  const ran = runNode(cwd, [
    "scripts/sim.ts",
    "raft",
    "--from",
    "1",
    "--seeds",
    String(seeds),
    "--failures",
    "1",
    "--jobs",
    "1",
  ]);
  if (isHung(ran)) return { hunter: "simulator", found: true, how: "hung" };
  const seed = /^seed (\d+): (.*)$/m.exec(ran.stdout);
  if (seed !== null) return { hunter: "simulator", found: true, how: `seed ${seed[1]}: ${seed[2]}` };
  if (ran.status !== 0) throw new Error(`the simulator did not run:\n${ran.stdout}${ran.stderr}`);
  return { hunter: "simulator", found: false, how: `not in ${seeds} seeds` };
}

function runNode(cwd: string, args: readonly string[]): SpawnSyncReturns<string> {
  const env = { ETCD_TESTDATA, ...process.env };
  // Set where this runs as a test itself, and then a child would not report by itself.
  delete (env as NodeJS.ProcessEnv)["NODE_TEST_CONTEXT"];
  const limits = { timeout: HUNTER_MS_MAX, killSignal: "SIGKILL", maxBuffer: OUTPUT_BYTES_MAX } as const;
  return spawnSync(process.execPath, args, { cwd, env, encoding: "utf8", ...limits });
}

function isHung({ error }: SpawnSyncReturns<string>): boolean {
  return error !== undefined && "code" in error && error.code === "ETIMEDOUT";
}
