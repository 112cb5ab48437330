/** What scripts/test counts: a test that could not run is never taken for one that passed. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const REPORTER = join(import.meta.dirname, "../../../scripts/lib/test-report.ts");

/** The report's lines but those on times. */
function reportOf(...files: readonly string[]): readonly string[] {
  const directory = mkdtempSync(join(tmpdir(), "swarm-report-"));
  try {
    const paths = files.map((body, at) => {
      const path = join(directory, `${at}.test.mjs`);
      writeFileSync(path, `import { describe, it } from "node:test";\n${body}`);
      return path;
    });
    // Set where this runs as a test itself, and then a child would not report by itself.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const args = ["--disable-warning=ExperimentalWarning", "--test", `--test-reporter=${REPORTER}`, ...paths];
    const { stdout } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
    return stdout.split("\n").filter((line) => line !== "" && !line.startsWith("test "));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test("tests count, suites do not", () => {
  const body = 'describe("suite", () => { it("a", () => {}); it("b", () => { throw new Error("no"); }); });';
  assert.deepEqual(reportOf(body), ["failed b", "counts 1 1 0"]);
});

test("a skip is taken for a kernel that lacks a feature or for data that was not given, and counts once", () => {
  const reasons = ["this kernel has no vxlan", "set ETCD_TESTDATA to their folder"];
  const bodies = reasons.map((reason) => `describe("suite", { skip: "${reason}" }, () => { it("a", () => {}); });`);
  assert.deepEqual(reportOf(...bodies).toSorted(), [
    "counts 0 0 2",
    "skipped suite: set ETCD_TESTDATA to their folder",
    "skipped suite: this kernel has no vxlan",
  ]);
});

test("any other skip is a failure", () => {
  const body = 'it("a", { skip: "needs ping" }, () => {}); it("b", { skip: true }, () => {}); it.todo("c");';
  assert.deepEqual(reportOf(body), [
    "failed a: needs ping",
    "failed b: skipped without a reason",
    "failed c: skipped without a reason",
    "counts 0 3 0",
  ]);
});

test("a hook that fails and a file that does not load are failures", () => {
  const hook = 'import { before } from "node:test"; before(() => { throw new Error("no"); }); it("a", () => {});';
  const [last = ""] = reportOf(hook).slice(-1);
  assert.match(last, /^counts 0 [1-9]\d* 0$/);
  const broken = reportOf('import "./no-such-file.mjs";');
  assert.match(broken.at(-1) ?? "", /^counts 0 1 0$/);
});
