import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { makePrivate } from "../../../../swarmd/ports/private-directories.ts";

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "private-directories-"));
});
afterEach(() => rmSync(base, { recursive: true }));

const at = (...parts: string[]): string => join(base, ...parts);
const modeOf = (...parts: string[]): string => (statSync(at(...parts)).mode & 0o7777).toString(8);
const run = (): void => makePrivate({ dataDir: at("lib/swarm"), runDir: at("run/swarm") });

test("directories that are not there are made for root alone", () => {
  run();
  for (const path of ["lib", "lib/swarm", "run", "run/swarm"]) assert.equal(modeOf(path), "700", path);
});

test("what somebody made open to all is closed: the directories, those in them, and the files with secrets", () => {
  for (const name of ["certificates", "node", "raft", "worker", "logs"]) {
    mkdirSync(at("lib/swarm", name), { recursive: true });
    chmodSync(at("lib/swarm", name), 0o755);
    writeFileSync(at("lib/swarm", name, "file"), "secret");
    chmodSync(at("lib/swarm", name, "file"), 0o644);
  }
  chmodSync(at("lib/swarm"), 0o755);
  mkdirSync(at("run/swarm"), { recursive: true });
  chmodSync(at("run/swarm"), 0o777);
  run();
  assert.equal(modeOf("lib/swarm"), "700");
  assert.equal(modeOf("run/swarm"), "700");
  for (const name of ["certificates", "node", "raft", "worker", "logs"]) assert.equal(modeOf("lib/swarm", name), "700");
  for (const name of ["certificates", "node", "raft", "worker"])
    assert.equal(modeOf("lib/swarm", name, "file"), "600", name);
});

test("a directory of the system or of another user is refused, and left as it is", {
  skip: process.getuid?.() !== 0,
}, () => {
  mkdirSync(at("tmp"));
  chmodSync(at("tmp"), 0o1777);
  assert.throws(() => makePrivate({ dataDir: at("tmp"), runDir: at("run") }), /is a system directory/);
  assert.equal(modeOf("tmp"), "1777");
  assert.throws(() => makePrivate({ dataDir: at("lib"), runDir: "/run" }), /\/run is a system directory/);
  mkdirSync(at("theirs"));
  chownSync(at("theirs"), 65_534, 65_534);
  assert.throws(() => makePrivate({ dataDir: at("theirs"), runDir: at("run") }), /belongs to user 65534/);
});
