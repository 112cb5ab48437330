/**
 * What runs out on a busy host and comes back: files, processes, memory. Such a failure refuses the one thing that
 * was asked for and never ends the daemon.
 */
const SHORTAGES: ReadonlyMap<string, string> = new Map([
  ["EMFILE", "this process has too many open files"],
  ["ENFILE", "this host has too many open files"],
  ["EAGAIN", "this host or the daemon's control group has too many processes"],
  ["ENOMEM", "this host is short of memory"],
]);

/** Which shortage a system's error tells of, as the end of a sentence; null = it is none. */
export function shortageOf(error: unknown): string | null {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return SHORTAGES.get(code) ?? null;
}

/** Whether a shortage is the reason of a failure: by itself, or as the cause of a refusal. */
export function isByShortage(error: unknown): boolean {
  return shortageOf(error) !== null || (error instanceof Error && shortageOf(error.cause) !== null);
}
