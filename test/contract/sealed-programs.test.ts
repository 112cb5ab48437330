/** Programs that nobody can change, and pipes that a first process waits at, on this kernel. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { SystemCommandRunner } from "../../worker/ports/system-command-runner.ts";
import { systemHostFiles } from "../../worker/ports/system-host-files.ts";
import { SystemSealedPrograms } from "../../worker/ports/system-sealed-programs.ts";

let directory: string;
before(() => {
  directory = mkdtempSync(join(tmpdir(), "swarm-sealed-"));
});
after(() => rmSync(directory, { recursive: true }));

describe("a program that is sealed", () => {
  const commands = new SystemCommandRunner();

  it("does what the program does, and cannot be written to", async () => {
    const path = await new SystemSealedPrograms(commands).pathOf("uname");
    assert.match(path, /^\/proc\/\d+\/fd\/\d+$/);
    assert.equal((await commands.run([path, "-s"])).stdout, "Linux\n");
    assert.throws(() => writeFileSync(path, "x"), /EPERM|ETXTBSY/);
    assert.throws(() => openSync(path, "w"), /EPERM|ETXTBSY/);
  });

  it("is copied once, and anew when another one stands in its place", async () => {
    const programs = new SystemSealedPrograms(commands);
    const program = join(directory, "program");
    copyFileSync("/bin/uname", program);
    const first = await programs.pathOf(program);
    assert.deepEqual(await Promise.all([programs.pathOf(program), programs.pathOf(program)]), [first, first]);
    rmSync(program);
    copyFileSync("/bin/true", program);
    const second = await programs.pathOf(program);
    assert.notEqual(second, first);
    assert.deepEqual(await commands.run([second, "-s"]), { exitCode: 0, stdout: "", stderr: "" });
  });

  it("stays what it is where it cannot be: a script, one that will not start as a copy, and none at all", async () => {
    const programs = new SystemSealedPrograms(commands);
    const script = join(directory, "script");
    writeFileSync(script, "#!/bin/sh\necho here\n");
    chmodSync(script, 0o700);
    assert.equal(await programs.pathOf(script), script);
    assert.equal(await programs.pathOf("false"), "false");
    assert.equal(await programs.pathOf("no-such-program"), "no-such-program");
    assert.equal(await programs.pathOf("/no/such/program"), "/no/such/program");
  });
});

describe("a pipe at which somebody waits", () => {
  it("is told once, and is gone then", async () => {
    const pipe = join(directory, "pipe");
    assert.equal(await systemHostFiles.tellOnce(pipe), "absent");
    execFileSync("mkfifo", [pipe]);
    assert.equal(await systemHostFiles.tellOnce(pipe), "deaf");
    assert.equal(existsSync(pipe), true);
    const waiting = spawn("sh", ["-c", `exec 3<>${pipe}; echo; head -c 1 <&3 | wc -c`]);
    await once(waiting.stdout, "data");
    assert.equal(await systemHostFiles.tellOnce(pipe), "told");
    assert.equal(existsSync(pipe), false);
    const [said] = await once(waiting.stdout, "data");
    assert.equal(String(said).trim(), "1");
  });
});
