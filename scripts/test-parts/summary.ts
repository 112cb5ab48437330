/** What a run says at its end, and the table of what took how long. */
import type { Outcome, TestTime } from "./job.ts";

/** How many of the slowest jobs are named at the end. */
const SLOWEST_SHOWN = 8;

interface Totals {
  passed: number;
  failed: number;
  skipped: number;
  seconds: number;
  processorSeconds: number;
}

export function summaryLines(suites: readonly string[], outcomes: readonly Outcome[], tookS: number): string[] {
  const lines = suites.map((suite) => suiteLine(suite, totalsOf(outcomes.filter(({ job }) => job.suite === suite))));
  const slowest = outcomes.toSorted((a, b) => b.seconds - a.seconds).slice(0, SLOWEST_SHOWN);
  const all = totalsOf(outcomes);
  return [
    "",
    ...lines.map((line) => `  ${line}`),
    "  slowest:",
    ...slowest.map(({ job, seconds }) => `    ${seconds.toFixed(1)} s  ${job.name}`),
    ...outcomes.flatMap(({ listed }) => listed.map((line) => `  ${line.replace(" ", ": ")}`)),
    `  took ${tookS.toFixed(0)} s, and ${all.processorSeconds.toFixed(0)} s of a processor`,
    "",
    `${all.passed} passed, ${all.failed} failed${all.skipped > 0 ? `, ${all.skipped} skipped` : ""}`,
  ];
}

function suiteLine(suite: string, { passed, failed, skipped, processorSeconds }: Totals): string {
  const counts = [`${passed}`.padStart(5), "passed", `${failed}`.padStart(3), "failed", `${skipped}`.padStart(3)];
  return `${suite.padEnd(9)}${counts.join(" ")} skipped ${processorSeconds.toFixed(0).padStart(6)} s of a processor`;
}

function totalsOf(outcomes: readonly Outcome[]): Totals {
  const totals: Totals = { passed: 0, failed: 0, skipped: 0, seconds: 0, processorSeconds: 0 };
  for (const outcome of outcomes)
    for (const key of Object.keys(totals) as (keyof Totals)[]) totals[key] += outcome[key];
  return totals;
}

/** "SECONDS PROCESSOR_SECONDS NAME" of jobs, and "SECONDS - NAME" of the tests in them. */
export function timesText(outcomes: readonly Outcome[]): string {
  const jobs = outcomes.toSorted((a, b) => b.processorSeconds - a.processorSeconds);
  const tests: readonly TestTime[] = outcomes.flatMap((outcome) => outcome.tests);
  return [
    ...jobs.map(({ job, ...took }) => `${took.seconds.toFixed(1)} ${took.processorSeconds.toFixed(1)} ${job.name}`),
    ...tests.toSorted((a, b) => b.seconds - a.seconds).map(({ seconds, name }) => `${seconds.toFixed(1)} - ${name}`),
    "",
  ].join("\n");
}
