/** What priority a daemon has on this kernel, and what it starts. In a process of its own, which has raised it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { STEPS_AHEAD } from "../../shared/ports/own-priority.ts";

const ROOT = join(import.meta.dirname, "../..");
const LIMIT_MS = 120_000;

/** What a program that has raised its priority says. `usual` is what it is started with. */
async function sayFrom(usual: number, script: string): Promise<unknown> {
  const words = ["-n", String(usual), process.execPath, "--disable-warning=ExperimentalWarning", "--input-type=module"];
  const preamble = `
    import { readdirSync } from "node:fs";
    import { stat } from "node:fs/promises";
    import { getPriority } from "node:os";
    import { raiseOwnPriority } from "${ROOT}/shared/ports/own-priority.ts";
    import { silentLogger } from "${ROOT}/shared/log.ts";
    import { ProgramStarter } from "${ROOT}/worker/ports/program-starter.ts";
    import { SystemCommandRunner } from "${ROOT}/worker/ports/system-command-runner.ts";
    const threads = () => readdirSync("/proc/self/task").map((thread) => getPriority(Number(thread)));
    const commands = new SystemCommandRunner();
    const nice = async (...argv) => Number((await commands.run(argv)).stdout);
  `;
  const options = { timeout: LIMIT_MS, cwd: ROOT };
  const { stdout } = await promisify(execFile)("nice", [...words, "--eval", preamble + script], options);
  return JSON.parse(stdout);
}

describe("a daemon goes ahead of what it starts", () => {
  it("with all of its threads, also those that begin later; what it starts, and what that starts, does not", async () => {
    const script = `
      raiseOwnPriority();
      const child = await nice("nice");
      const grandchild = await nice("sh", "-c", "nice & wait");
      await stat("/");
      console.log(JSON.stringify({ own: [...new Set(threads())], child, grandchild }));
    `;
    assert.deepEqual(await sayFrom(0, script), { own: [-STEPS_AHEAD], child: 0, grandchild: 0 });
  });

  it("from the priority that its service manager gave it, which what it starts keeps", async () => {
    const script = `
      raiseOwnPriority();
      console.log(JSON.stringify({ own: [...new Set(threads())], child: await nice("nice") }));
    `;
    assert.deepEqual(await sayFrom(5, script), { own: [5 - STEPS_AHEAD], child: 5 });
    assert.deepEqual(await sayFrom(-15, script), { own: [-20], child: -15 });
  });

  it("which is so for what another thread starts for it", async () => {
    const script = `
      raiseOwnPriority();
      const starter = new ProgramStarter(silentLogger);
      const started = async (...argv) => Number((await starter.run(argv)).stdout);
      const child = await started("nice");
      const grandchild = await started("sh", "-c", "nice & wait");
      console.log(JSON.stringify({ own: [...new Set(threads())], child, grandchild }));
    `;
    assert.deepEqual(await sayFrom(0, script), { own: [-STEPS_AHEAD], child: 0, grandchild: 0 });
    assert.deepEqual(await sayFrom(3, script), { own: [3 - STEPS_AHEAD], child: 3, grandchild: 3 });
  });

  it("or is as before where the kernel does not let it", async () => {
    const script = `
      process.setegid(65534);
      process.seteuid(65534);
      let refusal = "";
      try { raiseOwnPriority(); } catch (error) { refusal = error.code; }
      console.log(JSON.stringify({ refusal, own: [...new Set(threads())], child: await nice("nice") }));
    `;
    assert.deepEqual(await sayFrom(0, script), { refusal: "ERR_SYSTEM_ERROR", own: [0], child: 0 });
  });
});
