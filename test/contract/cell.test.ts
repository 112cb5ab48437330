import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

const LIBRARY = join(import.meta.dirname, "../../scripts/lib");
/** As scripts/bench uses it. */
const SCRIPT = `set -euo pipefail; PROGRAM=cell-test; source ${LIBRARY}/common.sh; source ${LIBRARY}/cell.sh; in_cell "$@"`;
/** No lab of another test or person has this name. */
const LAB = "celltest";
/** Tests add a second word to the name that they were given. */
const LABS = [LAB, `${LAB}-second`].map((lab) => `/var/lib/swarm-lab-${lab}`);
const WAIT_MS_MAX = 30_000;
const POLL_MS = 20;

let cells = 0;

/** A cell whose program has started what programs of benches do, and waits: a process that nobody waits for. */
class Cell {
  /** By it the orphan is found, wherever it is. */
  readonly #seconds = `${100_000 + process.pid}.${++cells}`;
  readonly #child: ChildProcess;
  #said = "";

  constructor(rest = "sleep 1000") {
    const orphan = `(setsid setsid sleep ${this.#seconds} >/dev/null 2>&1 &)`;
    const program = `${orphan}; ip netns add cell-test; touch "$TMPDIR/file"; echo "$TMPDIR"; ${rest}`;
    this.#child = spawn("bash", ["-c", SCRIPT, "cell", "bash", "-c", program], {
      env: { ...process.env, SWARM_LAB: LAB },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#child.stdout?.on("data", (chunk: Buffer) => {
      this.#said += chunk.toString();
    });
  }

  get directory(): string {
    return this.#said.trim();
  }

  get hasOrphan(): boolean {
    return readdirSync("/proc").some((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(this.#seconds));
  }

  async up(): Promise<void> {
    await until("a cell that is up", () => this.directory !== "" && this.hasOrphan);
  }

  /** Exit code, or the signal's name. */
  async end(signal?: NodeJS.Signals): Promise<number | string | null> {
    const ended = new Promise<number | string | null>((resolve) =>
      this.#child.once("exit", (code, by) => resolve(code ?? by)),
    );
    if (signal !== undefined) this.#child.kill(signal);
    return await ended;
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + WAIT_MS_MAX;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`waited for ${what}; in vain`);
    await sleep(POLL_MS);
  }
}

/** Whether a name of a network namespace can be seen outside. */
function hasNamespace(): boolean {
  return existsSync("/run/netns/cell-test");
}

describe("a cell", () => {
  after(async () => void (await new Cell("exit 0").end()));

  it("ends with its program's exit code, and nothing of it is left", async () => {
    const cell = new Cell("exit 7");
    assert.equal(await cell.end(), 7);
    assert.deepEqual([existsSync(cell.directory), cell.hasOrphan, hasNamespace()], [false, false, false]);
  });

  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)
    it(`is gone, with all that it started, when the script ends after ${signal}`, async () => {
      const cell = new Cell();
      await cell.up();
      assert.equal(await cell.end(signal), code);
      assert.deepEqual([existsSync(cell.directory), cell.hasOrphan, hasNamespace()], [false, false, false]);
    });

  it("has no process left when its script is killed; the next one removes its files and those of its lab", async () => {
    const cell = new Cell();
    await cell.up();
    for (const lab of LABS) mkdirSync(join(lab, "host1/data"), { recursive: true });
    assert.equal(await cell.end("SIGKILL"), "SIGKILL");
    await until("the end of the orphan", () => !cell.hasOrphan);
    assert.equal(existsSync(cell.directory), true, "nobody was there to remove it");
    await new Cell("exit 0").end();
    assert.deepEqual([cell.directory, ...LABS].filter(existsSync), []);
  });

  it("is left alone by others as long as it lives", async () => {
    const cell = new Cell();
    await cell.up();
    for (const lab of LABS) mkdirSync(join(lab, "host1/data"), { recursive: true });
    await new Cell("exit 0").end();
    assert.deepEqual([existsSync(join(cell.directory, "file")), cell.hasOrphan], [true, true]);
    assert.deepEqual(LABS.filter(existsSync), LABS, "they are that one's labs, too");
    await cell.end("SIGTERM");
    assert.deepEqual(LABS.filter(existsSync), [], "its own labs go with it");
  });
});
