import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);

test("no program can be started for want of files: each caller is told so, the process lives and starts the next", async () => {
  const script = new URL("./starve-of-files.ts", import.meta.url).pathname;
  const { stdout } = await run("bash", ["-c", 'ulimit -n 128; exec "$0" "$1"', process.execPath, script]);
  const short = (words: string) => ({
    code: "resourceExhausted",
    message: `cannot run "${words}" now: this process has too many open files`,
  });
  assert.deepEqual(JSON.parse(stdout), {
    starved: {
      command: short("true"),
      monitor: {
        code: "resourceExhausted",
        message: "cannot open /proc/thread-self/ns/mnt: this process has too many open files",
      },
      resolver: {
        code: "resourceExhausted",
        message: "cannot look up nginx:1 now: this process has too many open files",
      },
    },
    after: "done",
  });
});
