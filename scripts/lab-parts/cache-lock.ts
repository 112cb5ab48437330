/** One at a time at the cache, which all labs of this machine share, those of other checkouts too. */
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { CACHE, LabError } from "./names.ts";

/**
 * Waits while another one downloads or builds there. The lock is flock(2)'s, held by a child that ends with its
 * standard input: whatever happens to this process, no lock outlives it.
 */
export async function withCacheLock<T>(action: () => Promise<T>): Promise<T> {
  mkdirSync(CACHE, { recursive: true });
  const holder = spawn("flock", [join(CACHE, "lock"), "sh", "-c", "echo held; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => holder.once("close", () => resolve()));
  try {
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once("data", () => resolve());
      holder.once("error", reject);
      holder.once("close", () => reject(new LabError(`cannot lock ${CACHE}.`)));
    });
    return await action();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
