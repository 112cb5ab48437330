/** How scripts/test shares the processors among its jobs, and what it takes for a failure. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { countsOf, secondsIn } from "../../../scripts/test-parts/job.ts";
import { type Job, jobsOf, nextOf, OF_TIME, parseCosts, type TestFile } from "../../../scripts/test-parts/plan.ts";

const ROOT = join(import.meta.dirname, "../../..");

const file = (path: string, hasHooks = false): TestFile => ({ suite: path.split("/")[1] ?? "", path, hasHooks });
const job = (name: string, seconds: number, files: readonly string[] = [name]): Job => ({
  suite: "e2e",
  name,
  files,
  command: [],
  seconds,
  isOfTime: false,
});

describe("files that are run in one process", () => {
  test("are those of suites that leave nothing behind, without hooks of their own", () => {
    const files = ["test/unit/a", "test/unit/b", "test/golden/c", "test/e2e/d", "test/e2e/e"].map((path) => file(path));
    const jobs = jobsOf([...files, file("test/unit/hooks", true)], new Map());
    assert.deepEqual(jobs.map(({ files }) => files.join(" ")).toSorted(), [
      "test/e2e/d",
      "test/e2e/e",
      "test/golden/c",
      "test/unit/a test/unit/b",
      "test/unit/hooks",
    ]);
  });

  test("are few enough that none of them takes long", () => {
    const costs = new Map([["test/unit/slow", 20]]);
    const files = ["test/unit/a", "test/unit/slow", "test/unit/b"].map((path) => file(path));
    assert.deepEqual(
      jobsOf(files, costs).map(({ files }) => files.length),
      [2, 1],
    );
    const many = Array.from({ length: 100 }, (_, index) => file(`test/unit/${index}`));
    const jobs = jobsOf(many, new Map());
    assert.equal(jobs.flatMap(({ files }) => files).length, 100, "each is in one job");
    assert.ok(jobs.length > 2);
  });
});

describe("the job to start next", () => {
  const [long, short, ofTime] = [job("long", 60), job("short", 2), { ...job("of time", 10), isOfTime: true }];
  const room = { jobsMin: 2, jobsMax: 4, isLeft: false };
  const roomy = { ...room, isLeft: true };

  test("is the longest", () => {
    assert.equal(nextOf([short, long], [], room), long);
    assert.equal(nextOf([], [], room), null);
  });

  test("waits when each processor has one, and nothing is left of them", () => {
    assert.equal(nextOf([short], [long], room), short);
    assert.equal(nextOf([short], [long, long], room), null);
    assert.equal(nextOf([short], [long, long], roomy), short);
    assert.equal(nextOf([short], [long, long, long, long], roomy), null);
  });

  test("has never more beside it than there are processors if it is about time, and such come first", () => {
    assert.equal(nextOf([short, ofTime, long], [long], roomy), ofTime);
    assert.equal(nextOf([ofTime], [long, long], roomy), null);
    assert.equal(nextOf([short], [ofTime], roomy), short);
    assert.equal(nextOf([short], [ofTime, long], roomy), null);
  });
});

describe("a job's outcome", () => {
  const counts = (exitCode: number, results: string, files: readonly string[] = ["x"]) => {
    const { passed, failed, skipped, listed } = countsOf(job("x", 1, files), exitCode, results);
    return [passed, failed, skipped, ...listed];
  };

  test("is what its reporter counted", () => {
    assert.deepEqual(counts(0, "counts 3 0 0\n"), [3, 0, 0]);
    assert.deepEqual(counts(1, "failed a\nskipped b: why\ncounts 3 1 1\n"), [3, 1, 1, "failed a", "skipped b: why"]);
  });

  test("is a failure when the process dies, or when no test ran", () => {
    assert.deepEqual(counts(1, "counts 3 0 0\n"), [3, 1, 0, "failed x: ended with exit code 1"]);
    assert.deepEqual(counts(137, ""), [0, 1, 0, "failed x: ended with exit code 137"]);
    assert.deepEqual(counts(0, "counts 0 0 0\n"), [0, 1, 0, "failed x: ran no test"]);
  });

  test("is a check's exit code", () => {
    assert.deepEqual(counts(0, "", []), [1, 0, 0]);
    assert.deepEqual(counts(2, "", []), [0, 1, 0, "failed x"]);
  });

  test("has the processor's time of all that a shell waited for", () => {
    assert.equal(secondsIn("0m0.001s 0m0.002s\n1m2.500s 0m0.250s\n"), 62.75);
    assert.equal(secondsIn(""), 0);
  });
});

test("costs, and what is said of files, are of files that there are", () => {
  const costs = parseCosts(readFileSync(join(ROOT, "scripts/test-parts/costs.txt"), "utf8"));
  const gone = [...costs.keys(), ...OF_TIME].filter(
    (name) => name.startsWith("test/") && !existsSync(join(ROOT, name)),
  );
  assert.deepEqual(gone, []);
  assert.deepEqual(
    [...parseCosts("# seconds\n1.5 0.5 test/a b\n2 - test/x: slow test\n").entries()],
    [["test/a b", 1.5]],
  );
});
