import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { SwarmError } from "../../shared/errors.ts";
import { silentLogger } from "../../shared/log.ts";
import { type CommandRunner, KILL_WAIT_MS, OUTPUT_AFTER_END_MS_MAX } from "../../worker/ports/command-runner.ts";
import { ProgramStarter } from "../../worker/ports/program-starter.ts";
import { SystemCommandRunner } from "../../worker/ports/system-command-runner.ts";

/** For a machine that has other things to do; what is tested would otherwise last for as long as `sleep` does. */
const SLACK_MS = 120_000;

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

async function eventually<T>(look: () => T | null | false): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== null && found !== false) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

for (const where of ["the daemon's own thread", "a thread of its own"]) theRunner(where);

function theRunner(where: string): void {
  describe(`a program of the host, started on ${where}`, () => {
    const starter = where.includes("own thread") ? null : new ProgramStarter(silentLogger);
    const runner: CommandRunner = starter ?? new SystemCommandRunner();
    let directory: string;
    before(() => {
      directory = mkdtempSync(join(tmpdir(), "swarm-commands-"));
    });
    after(() => {
      starter?.[Symbol.dispose]();
      rmSync(directory, { recursive: true, force: true });
    });

    const shell = (script: string): [string, ...string[]] => ["sh", "-c", script];
    const isCode = (code: string) => (error: unknown) => error instanceof SwarmError && error.code === code;

    it("is over when it has ended, though what it started holds its output", async () => {
      const beganAt = performance.now();
      const result = await runner.run(shell(`echo said; sleep 6000 & echo $! >${directory}/child; exit 3`));
      assert.deepEqual(result, { exitCode: 3, stdout: "said\n", stderr: "" });
      assert.ok(performance.now() - beganAt < OUTPUT_AFTER_END_MS_MAX + SLACK_MS);
      const child = Number(readFileSync(join(directory, "child"), "utf8"));
      assert.ok(isAlive(child), "what it left running goes on");
      process.kill(child, "SIGKILL");
    });

    it("is over when it has ended, though what it started writes for ever", async () => {
      const beganAt = performance.now();
      // Without the trap it would end by SIGPIPE once nobody reads any more, at an instant of its own.
      const script = `trap "" PIPE; while :; do echo more; sleep 0.02; done & echo $! >${directory}/writer; exit 0`;
      assert.equal((await runner.run(shell(script))).exitCode, 0);
      assert.ok(performance.now() - beganAt < OUTPUT_AFTER_END_MS_MAX + SLACK_MS);
      const writer = Number(readFileSync(join(directory, "writer"), "utf8"));
      assert.ok(isAlive(writer), "it goes on writing");
      process.kill(writer, "SIGKILL");
    });

    it("gives out all of a long output that was written before its end", async () => {
      const { stdout } = await runner.run(shell("head -c 3000000 /dev/zero; sleep 60 & exit 0"));
      assert.equal(stdout.length, 3_000_000);
    });

    it("takes with it what it started, when its time is over", async () => {
      const beganAt = performance.now();
      const script = `sleep 6000 & echo $! >${directory}/group; sleep 6001`;
      await assert.rejects(runner.run(shell(script), { timeoutMs: 300 }), isCode("deadlineExceeded"));
      assert.ok(performance.now() - beganAt < 300 + KILL_WAIT_MS + SLACK_MS);
      const child = Number(readFileSync(join(directory, "group"), "utf8"));
      await eventually(() => !isAlive(child));
    });

    it("ends when it is cancelled, though something out of reach holds its output", async () => {
      const cancelled = new AbortController();
      const script = `setsid sleep 6000 & echo $! >${directory}/far; sleep 6001`;
      const run = runner.run(shell(script), { signal: cancelled.signal });
      const far = await eventually(() => Number(readIfThere(join(directory, "far"))) || null);
      const beganAt = performance.now();
      cancelled.abort();
      await assert.rejects(run, isCode("cancelled"));
      assert.ok(performance.now() - beganAt < KILL_WAIT_MS + SLACK_MS);
      if (isAlive(far)) process.kill(far, "SIGKILL");
    });

    it("keeps the first bytes of an output and lets it run on, where told to", async () => {
      const result = await runner.run(shell("printf 0123456789; head -c 200000 /dev/zero; exit 4"), { keepBytes: 10 });
      assert.deepEqual(result, { exitCode: 4, stdout: "0123456789", stderr: "" });
    });

    it("keeps the last bytes instead, where told to", async () => {
      const keep = { keepBytes: 10, keeps: "last" } as const;
      const result = await runner.run(shell("head -c 200000 /dev/zero; printf 0123456789ab; printf c >&2"), keep);
      assert.deepEqual(result, { exitCode: 0, stdout: "23456789ab", stderr: "c" });
    });

    it("may be given more time than a timer can hold", async () => {
      assert.equal((await runner.run(["true"], { timeoutMs: 600 * 3_600_000 * 10 })).exitCode, 0);
    });

    it("that does not exist answers 127", async () => {
      assert.equal((await runner.run(["/no/such/program"])).exitCode, 127);
    });
  });
}

it("programs are started without their thread once it has ended, and who waited for it hears of that", async () => {
  const starter = new ProgramStarter(silentLogger);
  const waiting = starter.run(["sleep", "0.1"]);
  starter[Symbol.dispose]();
  await assert.rejects(waiting, (error) => error instanceof SwarmError && error.code === "unavailable");
  assert.equal((await starter.run(["true"])).exitCode, 0);
});
