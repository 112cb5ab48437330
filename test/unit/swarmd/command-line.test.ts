import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { exitCodes } from "../../../swarmd/exit-codes.ts";

const ROOT = join(import.meta.dirname, "../../..");
/** For a hang, not for speed. */
const RUN_MS_MAX = 60_000;

function run(program: "swarmd" | "swarmctl", ...words: readonly string[]) {
  const argv = ["--disable-warning=ExperimentalWarning", join(ROOT, program, "main.ts"), ...words];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8", timeout: RUN_MS_MAX });
  return { status, stdout, stderr };
}

test("the daemon's help tells its defaults, only where there is one to tell", () => {
  const { status, stdout, stderr } = run("swarmd", "--help");
  assert.deepEqual([status, stderr], [exitCodes.ok, ""]);
  assert.doesNotMatch(stdout, /\(default:\s+(""|\{\}|\[\]|undefined|null)\)/);
  assert.match(stdout, /--listen-addr <ip:port>\s+address that managers listen on\s+\(default: "0\.0\.0\.0:2377"\)/);
  assert.match(stdout, /--advertise-addr <addr>[^-]+\(default: the only address\)/);
  assert.match(stdout, /\nExample:\n {2}swarmd /);
});

test("both programs tell their version by the same word", () => {
  for (const program of ["swarmd", "swarmctl"] as const) {
    for (const word of ["-v", "--version"]) {
      const { status, stdout } = run(program, word);
      assert.equal(status, exitCodes.ok);
      assert.match(stdout, /^\d+\.\d+\.\d+\S*\n$/, `${program} ${word}`);
    }
  }
});

test("a daemon that is started wrongly ends with one sentence and the exit code for it", () => {
  for (const [words, sentence] of [
    [["--no-such-option"], /unknown option '--no-such-option'/],
    [["--data-path-port", "80"], /must be 1024 to 49151/],
    [["--log-level", "loud"], /must be one of debug, info, warn, error/],
    [["--engine-label", "=x"], /must be KEY=VALUE/],
  ] as const) {
    const { status, stdout, stderr } = run("swarmd", ...words);
    assert.deepEqual([status, stdout], [exitCodes.usage, ""]);
    assert.match(stderr, sentence);
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
  }
});

test("operators find every exit code of the daemon, and no other", () => {
  const page = readFileSync(join(ROOT, "docs/operations.md"), "utf8");
  const [, section = ""] = /## Exit codes of swarmd\n(.*?)\n## /s.exec(page) ?? [];
  const told = [...section.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  assert.deepEqual(told, Object.values(exitCodes));
  assert.match(page, /## Exit codes of swarmctl\n\n\| code \| why \|/);
});
