/**
 * Runs checks and tests, of all suites side by side; scripts/test sends its words here:
 *   test.ts [--times FILE] (SUITE | FILE.test.ts)...
 */
import { globSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, freemem, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ROOT } from "./lab-parts/names.ts";
import { say } from "./lab-parts/run.ts";
import { checks } from "./test-parts/checks.ts";
import { type Outcome, runJob } from "./test-parts/job.ts";
import { type Job, jobsOf, nextOf, parseCosts, type TestFile } from "./test-parts/plan.ts";
import { summaryLines, timesText } from "./test-parts/summary.ts";

const COSTS = join(ROOT, "scripts/test-parts/costs.txt");
/** For each processor. */
const JOBS_MAX = 3;
/** Of the processors, in a second. */
const IDLE_MIN = 0.25;
const IDLE_MS = 1_000;
/** A lab of three hosts takes half a GB. */
const MEMORY_MIN = 1.5 * 2 ** 30;
const HOOK = /^(before|beforeEach|after|afterEach)\(/m;

const startedMs = performance.now();
const { values, positionals } = parseArgs({ allowPositionals: true, options: { times: { type: "string" } } });
const scratch = mkdtempSync(join(tmpdir(), "swarm-run-"));
process.env["SWARM_COMPILE_CACHE"] = join(scratch, "compiled");
const suites = positionals.filter((word) => !word.endsWith(".ts"));
const costs = parseCosts(readFileSync(COSTS, "utf8"));
const files = [
  ...suites.flatMap((suite) => (suite === "checks" ? [] : filesOf(suite))),
  ...positionals.filter((word) => word.endsWith(".ts")).map((path) => testFile("files", path)),
];
const jobs = [...(suites.includes("checks") ? checks(costs) : []), ...jobsOf(files, costs)];
const shown = [...new Set([...suites, ...jobs.map(({ suite }) => suite)])];
const outcomes = await runAll(jobs);
const tookS = (performance.now() - startedMs) / 1_000;
console.log(summaryLines(shown, outcomes, tookS).join("\n"));
if (values.times !== undefined) writeFileSync(values.times, timesText(outcomes));
const empty = suites.filter((suite) => suite !== "checks" && !files.some((file) => file.suite === suite));
for (const suite of empty) console.error(`test: ${suite} FAILED: there are no tests in it.`);
process.exitCode = outcomes.some(({ failed }) => failed > 0) || empty.length > 0 ? 1 : 0;

function filesOf(suite: string): readonly TestFile[] {
  const directory = suite === "etcd-conformance" ? "test/golden/etcd" : `test/${suite}`;
  return globSync(`${directory}/**/*.test.ts`, { cwd: ROOT })
    .sort()
    .map((path) => testFile(suite, path));
}

function testFile(suite: string, path: string): TestFile {
  return { suite, path, hasHooks: HOOK.test(readFileSync(join(ROOT, path), "utf8")) };
}

async function runAll(all: readonly Job[]): Promise<readonly Outcome[]> {
  const jobsMin = availableParallelism();
  const wanted = process.env["SWARM_TEST_JOBS"];
  const jobsMax = wanted === undefined ? JOBS_MAX * jobsMin : Number(wanted);
  const waiting = new Set(all);
  const running = new Map<Job, Promise<void>>();
  const ended: Outcome[] = [];
  // A person who asks for one file sees its tests as they end.
  const isShown = all.length === 1 && process.stdout.isTTY;
  let isLeft = false;
  while (waiting.size > 0 || running.size > 0) {
    const job = nextOf(waiting, [...running.keys()], { jobsMin, jobsMax, isLeft: isLeft || wanted !== undefined });
    if (job === null) {
      const before = idleAndAll();
      const isTime = await Promise.race([...running.values(), pause(IDLE_MS, true)]);
      if (isTime === true) isLeft = idleSince(before) >= IDLE_MIN && freemem() > MEMORY_MIN;
      continue;
    }
    // It shows in the next second what is left beside it.
    isLeft = false;
    waiting.delete(job);
    const run = runJob(job, scratch, all.length - waiting.size, isShown).then((outcome) => {
      running.delete(job);
      ended.push(outcome);
      tell(outcome, all.length - ended.length);
    });
    running.set(job, run);
  }
  return ended;
}

/** What processors have done since the start of the machine. */
function idleAndAll(): readonly [number, number] {
  const times = cpus().map((processor) => processor.times);
  const idle = times.reduce((sum, each) => sum + each.idle, 0);
  return [idle, times.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, idle)];
}

function idleSince([idle, all]: readonly [number, number]): number {
  const [idleNow, allNow] = idleAndAll();
  return (idleNow - idle) / Math.max(1, allNow - all);
}

function tell({ job, passed, failed, seconds, processorSeconds, said }: Outcome, left: number): void {
  if (failed > 0) process.stdout.write(said);
  const took = `${seconds.toFixed(1)} s, ${processorSeconds.toFixed(1)} s of a processor`;
  say(`${failed > 0 ? "FAILED" : "passed"}: ${job.name} (${passed} passed, ${took}; ${left} left)`);
}
