/** Runs one job: a process of tests, or a check's command. What it says is kept, and shown when it fails. */
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../lab-parts/names.ts";
import type { Job } from "./plan.ts";

export interface Outcome {
  readonly job: Job;
  readonly seconds: number;
  readonly processorSeconds: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Lines "skipped NAME: REASON" and "failed NAME". */
  readonly listed: readonly string[];
  readonly tests: readonly TestTime[];
  readonly said: string;
}

export interface TestTime {
  readonly seconds: number;
  readonly name: string;
}

/** A test, or a whole file, that takes longer hangs: on an idle machine the longest takes a tenth of this. */
const TEST_MS_MAX = 900_000;
const LIBRARY = join(ROOT, "scripts/lib");
/** A shell knows what its children took; so do we, who cannot ask. */
const WITH_TIMES = `"$@"; code=$?; times >&3; exit $code`;

/** @param isShown whether a person sees what it says as it says it. */
export async function runJob(job: Job, scratch: string, number: number, isShown: boolean): Promise<Outcome> {
  const startedMs = performance.now();
  const results = join(scratch, `${number}.results`);
  const output = join(scratch, `${number}.output`);
  const labTimes = join(scratch, `${number}.lab`);
  const command = job.files.length > 0 ? testCommand(job.files, results) : job.command;
  const out = openSync(output, "w");
  const child = spawn("bash", ["-c", WITH_TIMES, "job", ...command], {
    cwd: ROOT,
    env: { ...process.env, SWARM_LAB_TIMES: labTimes },
    stdio: ["ignore", isShown ? "inherit" : out, isShown ? "inherit" : out, "pipe"],
  });
  closeSync(out);
  let times = "";
  child.stdio[3]?.on("data", (chunk: Buffer) => {
    times += chunk.toString();
  });
  const exitCode = await new Promise<number>((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
  return {
    job,
    seconds: (performance.now() - startedMs) / 1_000,
    processorSeconds: secondsIn(times) + sumOf(textOf(labTimes)),
    ...countsOf(job, exitCode, textOf(results)),
    said: isShown ? "" : textOf(output),
  };
}

/** Files that share a process are loaded one after another. */
function testCommand(files: readonly string[], results: string): readonly string[] {
  return [
    process.execPath,
    "--disable-warning=ExperimentalWarning",
    `--import=${join(LIBRARY, "compile-cache.ts")}`,
    ...(files.length > 1 ? ["--test", "--test-isolation=none"] : []),
    `--test-timeout=${TEST_MS_MAX}`,
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    `--test-reporter=${join(LIBRARY, "test-report.ts")}`,
    `--test-reporter-destination=${results}`,
    ...files,
  ];
}

/** What the second reporter counted. A process that dies in between, or that runs no test, has failed. */
export function countsOf(
  job: Job,
  exitCode: number,
  results: string,
): Pick<Outcome, "passed" | "failed" | "skipped" | "listed" | "tests"> {
  const lines = results.split("\n");
  const listed = lines.filter((line) => /^(skipped|failed) /.test(line));
  const tests = lines.flatMap((line) => {
    const [, seconds, name = ""] = /^test ([\d.]+) (.*)$/.exec(line) ?? [];
    return seconds === undefined ? [] : [{ seconds: Number(seconds), name }];
  });
  if (job.files.length === 0) {
    const failed = exitCode === 0 ? 0 : 1;
    return { passed: 1 - failed, failed, skipped: 0, listed: failed === 1 ? [`failed ${job.name}`] : [], tests };
  }
  const counts = lines
    .find((line) => line.startsWith("counts "))
    ?.split(" ")
    .slice(1)
    .map(Number);
  const [passed = 0, failed = 0, skipped = 0] = counts ?? [];
  if (failed > 0 || (exitCode === 0 && passed + skipped > 0)) return { passed, failed, skipped, listed, tests };
  const why = exitCode === 0 ? "ran no test" : `ended with exit code ${exitCode}`;
  return { passed, failed: 1, skipped, listed: [...listed, `failed ${job.name}: ${why}`], tests };
}

/** Of a shell's `times`, its children's: user and system, "1m2.345s 0m0.678s". */
export function secondsIn(times: string): number {
  const [, children = ""] = times.trim().split("\n");
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, m, s]) => sum + Number(m) * 60 + Number(s), 0);
}

function sumOf(text: string): number {
  return text.split("\n").reduce((sum, line) => sum + Number(line), 0);
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
