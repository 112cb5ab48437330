import { SwarmError } from "../errors.ts";
import { SPEC_LIMITS } from "../objects/limits.ts";

const DURATION_UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** `1h30m`, `10s`, `1.5s`, `0`: milliseconds, rounded. @throws SwarmError naming `flag`. */
export function parseDuration(text: string, flag: string): number {
  const trimmed = text.trim();
  if (trimmed === "0") return 0;
  const parts = [...trimmed.matchAll(/(\d+(?:\.\d+)?|\.\d+)(ns|us|µs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== trimmed) {
    throw wrong(`invalid duration "${text}" for ${flag}: expected numbers with ms, s, m or h, such as 10s or 1m30s`);
  }
  let sumMs = 0;
  for (const [, number, unit] of parts) sumMs += Number(number) * (DURATION_UNITS_MS[unit ?? ""] ?? 0);
  if (sumMs > SPEC_LIMITS.duration.max) {
    throw wrong(`invalid duration "${text}" for ${flag}: at most ${SPEC_LIMITS.duration.max / 3_600_000}h`);
  }
  // Rounded down it would be 0, which has another meaning: a default, or none.
  return sumMs > 0 ? Math.max(1, Math.round(sumMs)) : 0;
}

function wrong(sentence: string): SwarmError {
  return new SwarmError("invalidArgument", sentence);
}
