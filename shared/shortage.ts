/**
 * What a busy host may run out of for a while: files, processes, memory. Such a failure refuses only the request of
 * that moment and never ends the daemon.
 */
const SHORTAGES: ReadonlyMap<string, string> = new Map([
  ["EMFILE", "this process has too many open files"],
  ["ENFILE", "this host has too many open files"],
  ["EAGAIN", "this host or the daemon's control group has too many processes"],
  ["ENOMEM", "this host is short of memory"],
]);

/** The shortage that a system error reports, as the end of a sentence; null = none. */
export function shortageOf(error: unknown): string | null {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return SHORTAGES.get(code) ?? null;
}

/** Whether a shortage is the reason for a failure: directly, or as the cause of a refusal. */
export function isByShortage(error: unknown): boolean {
  return shortageOf(error) !== null || (error instanceof Error && shortageOf(error.cause) !== null);
}
