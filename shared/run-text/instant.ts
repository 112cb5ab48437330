import { SwarmError } from "../errors.ts";
import { parseDuration } from "./duration.ts";

/** `10m` (that long ago), `2026-01-02T15:04:05Z`, or Unix seconds: Unix milliseconds. @throws SwarmError. */
export function parseSince(text: string, nowMs: number): number {
  return parseInstant(text, nowMs, "--since");
}

/** As `parseSince`; what a fraction of a millisecond cuts off is still wanted. */
export function parseUntil(text: string, nowMs: number): number {
  return Math.max(1, parseInstant(text, nowMs, "--until"));
}

/** The same, for what `flag` names. @throws SwarmError invalidArgument. */
export function parseInstant(text: string, nowMs: number, flag: string): number {
  if (/^\d{1,12}(\.\d+)?$/.test(text)) return Math.floor(Number(text) * 1_000);
  if (/^[\d.]+(ns|us|µs|ms|s|m|h)/.test(text)) return nowMs - parseDuration(text, flag);
  const at = Date.parse(text);
  if (Number.isNaN(at)) {
    const sentence = `invalid time "${text}" for ${flag}: expected 10m, Unix seconds or 2026-01-02T15:04:05Z`;
    throw new SwarmError("invalidArgument", sentence);
  }
  return at;
}
