import { execFile, spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { LabError } from "./names.ts";

/** No single step of the lab takes longer, except image downloads, which have their own limit. */
const COMMAND_MS_MAX = 180_000;
const POLL_MS = 50;

/** Runs a program to its end and returns its standard output. @throws LabError with what it said on standard error. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      [...args],
      {
        timeout: options.timeoutMs ?? COMMAND_MS_MAX,
        maxBuffer: 64 * 1024 * 1024,
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        ...(options.env === undefined ? {} : { env: { ...process.env, ...options.env } }),
      },
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        const said = stderr.trim() || stdout.trim() || error.message;
        reject(new LabError(`${command} ${args.join(" ")}: ${said}`));
      },
    );
    // A program that ends without reading all of it shows the reason by its exit code.
    child.stdin?.on("error", () => {});
    child.stdin?.end(options.input ?? "");
  });
}

export interface RunOptions {
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** Runs a program and says whether it succeeded; for questions to which "no" is a normal answer. */
export function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, [...args], { stdio: "ignore" }).status === 0;
}

/** Waits until `check` gives something other than null. @throws LabError that says what was awaited. */
export async function waitFor<T>(
  what: string,
  timeoutMs: number,
  check: () => Promise<T | null> | T | null,
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const found = await check();
    if (found !== null) return found;
    if (performance.now() > deadlineMs) throw new LabError(`waited ${timeoutMs / 1000} s for ${what}; in vain.`);
    await sleep(POLL_MS);
  }
}

const startedMs = performance.now();

/** A progress line with the seconds since the program began. */
export function say(text: string): void {
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`[${seconds.padStart(5)}s] ${text}`);
}
