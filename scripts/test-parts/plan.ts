/**
 * What is run, in which order, and how much of it side by side. All suites share the processors: what mostly waits (a
 * lab) and what computes (a simulation) fit together.
 */

export interface TestFile {
  readonly suite: string;
  readonly path: string;
  /** Hooks outside of any `describe` would be called for the tests of other files, too. */
  readonly hasHooks: boolean;
}

export interface Job {
  readonly suite: string;
  readonly name: string;
  /** Files of tests that share a process, or a command that fails when something is wrong. */
  readonly files: readonly string[];
  readonly command: readonly string[];
  /** What it takes, about. */
  readonly seconds: number;
  /** Whether a busy machine could make it fail. */
  readonly isOfTime: boolean;
}

/** Suites whose files leave nothing behind in their process: most of the time of such a file is the process's start. */
const SHARE_A_PROCESS: ReadonlySet<string> = new Set(["unit", "golden", "property"]);
/** They claim that something takes no longer than so, or that a leader stays one under load. */
export const OF_TIME: readonly string[] = ["doctor", "doors", "faults", "first-light", "flood", "host-faults"].map(
  (name) => `test/e2e/${name}.test.ts`,
);
/** Or the last one would run alone for long. */
const SHARED_S_MAX = 15;
const SHARED_FILES_MAX = 40;

/** Of a file that is not in the list of costs. */
const LAB_S = 100;
export const OTHER_S = 0.4;

/** Jobs for the files, in no order. */
export function jobsOf(files: readonly TestFile[], costs: ReadonlyMap<string, number>): readonly Job[] {
  const costOf = ({ path }: TestFile): number => costs.get(path) ?? (path.startsWith("test/e2e/") ? LAB_S : OTHER_S);
  const jobs: Job[] = [];
  const open = new Map<string, TestFile[]>();
  const close = (suite: string): void => {
    const shared = open.get(suite) ?? [];
    open.delete(suite);
    if (shared.length > 0) jobs.push(jobOf(shared, shared.map(costOf)));
  };
  for (const file of files) {
    if (!SHARE_A_PROCESS.has(file.suite) || file.hasHooks) {
      jobs.push(jobOf([file], [costOf(file)]));
      continue;
    }
    const shared = open.get(file.suite) ?? [];
    shared.push(file);
    open.set(file.suite, shared);
    const seconds = shared.reduce((sum, each) => sum + costOf(each), 0);
    if (shared.length >= SHARED_FILES_MAX || seconds >= SHARED_S_MAX) close(file.suite);
  }
  for (const suite of [...open.keys()]) close(suite);
  return jobs;
}

function jobOf(files: readonly TestFile[], costs: readonly number[]): Job {
  const [first] = files;
  if (first === undefined) throw new Error("a job without files");
  const name = files.length === 1 ? first.path : `${files.length} files of test/${first.suite}, from ${first.path}`;
  return {
    suite: first.suite,
    name,
    files: files.map(({ path }) => path),
    command: [],
    seconds: costs.reduce((sum, seconds) => sum + seconds, 0),
    isOfTime: files.some(({ path }) => OF_TIME.includes(path)),
  };
}

/**
 * Which of the waiting jobs to start now, if any: the longest, since what runs last runs alone. There is one for each
 * processor, and more while processors and memory are left, since most of what is in a lab waits; but not beside a job
 * whose claims are about time, and those come first.
 */
export function nextOf(waiting: Iterable<Job>, running: readonly Job[], room: Room): Job | null {
  let next: Job | null = null;
  for (const job of waiting) if (next === null || comesBefore(job, next)) next = job;
  if (next === null || running.length < room.jobsMin) return next;
  const isCrowded = running.length >= room.jobsMax || !room.isLeft;
  return isCrowded || next.isOfTime || running.some(({ isOfTime }) => isOfTime) ? null : next;
}

function comesBefore(one: Job, other: Job): boolean {
  return one.isOfTime === other.isOfTime ? one.seconds > other.seconds : one.isOfTime;
}

/** What jobs share. */
export interface Room {
  readonly jobsMin: number;
  readonly jobsMax: number;
  /** Of processors and memory, now. */
  readonly isLeft: boolean;
}

/** Seconds by name, from lines of "SECONDS PROCESSOR_SECONDS NAME", as a table of times has them. */
export function parseCosts(text: string): ReadonlyMap<string, number> {
  const costs = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, seconds, name] = /^([\d.]+) [\d.]+ (\S.*)$/.exec(line) ?? [];
    if (name !== undefined) costs.set(name, Number(seconds));
  }
  return costs;
}
