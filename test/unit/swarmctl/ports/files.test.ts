import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

const MODULE = join(import.meta.dirname, "../../../../swarmctl/ports/files.ts");

/** Runs a line of code whose standard input is a socket, as a supervisor or Node.js gives one, and what it printed. */
async function withSocketAsInput(code: string, input: string): Promise<string> {
  const program = `const { readTextFile, readBytes } = await import(${JSON.stringify(MODULE)}); ${code}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["pipe", "pipe", "inherit"] });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stdin.end(input);
  await new Promise((resolve) => child.on("close", resolve));
  return Buffer.concat(chunks).toString();
}

for (const [claim, code] of [
  ["/dev/stdin is read as text", "console.log(readTextFile('/dev/stdin'))"],
  ["/dev/fd/0 is read as text", "console.log(readTextFile('/dev/fd/0'))"],
  ["/proc/self/fd/0 is read as text", "console.log(readTextFile('/proc/self/fd/0'))"],
  ["/dev/stdin is read as bytes", "console.log((await readBytes('/dev/stdin', 1e9)).toString())"],
  ["- is read as bytes", "console.log((await readBytes('-', 1e9)).toString())"],
] as const) {
  test(`standard input that is a socket: ${claim}`, async () => {
    const long = "A=1\n".repeat(100_000);
    assert.equal(await withSocketAsInput(code, long), `${long}\n`);
  });
}
