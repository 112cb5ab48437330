import { parseDuration } from "./numbers.ts";
import { usageError } from "./usage.ts";

/** `10m` (that long ago), `2026-01-02T15:04:05Z`, or Unix seconds: Unix milliseconds. @throws SwarmError. */
export function parseSince(text: string, nowMs: number): number {
  if (/^\d{1,12}(\.\d+)?$/.test(text)) return Math.floor(Number(text) * 1_000);
  if (/^[\d.]+(ns|us|µs|ms|s|m|h)/.test(text)) return nowMs - parseDuration(text, "--since");
  const at = Date.parse(text);
  if (Number.isNaN(at)) {
    throw usageError(`invalid time "${text}" for --since: expected 10m, Unix seconds or 2026-01-02T15:04:05Z`);
  }
  return at;
}
