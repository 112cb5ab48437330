import { type FaultCode, SwarmError } from "../errors.ts";
import { type Limit, SPEC_LIMITS } from "../objects/limits.ts";

/** @throws SwarmError always; for use in expressions and after a failed check. */
export function refuse(code: FaultCode, sentence: string): never {
  throw new SwarmError(code, sentence);
}

/** @throws SwarmError invalidArgument unless `condition` holds. */
export function check(condition: boolean, sentence: string | (() => string)): asserts condition {
  if (!condition) refuse("invalidArgument", typeof sentence === "string" ? sentence : sentence());
}

/** @throws SwarmError invalidArgument when something exceeds its limit in the table of limits. */
export function checkLimit({ max, unit, of }: Limit, actual: number): void {
  if (actual <= max) return;
  const counted = unit === "in number" ? `${actual}` : `${actual} ${unit}`;
  refuse("invalidArgument", `too much: ${of}: ${counted}, but at most ${max} are allowed`);
}

/** Checks a number that people choose against the range that can carry it. @throws SwarmError invalidArgument. */
export function checkWhole(what: string, value: number, max: number, min = 0): void {
  if (!Number.isSafeInteger(value) || value < min || value > max)
    refuse("invalidArgument", `invalid ${what} ${value}: it must be a whole number in ${min}..${max}`);
}

/** @throws SwarmError invalidArgument for a duration that is negative or longer than any can be. */
export function checkDuration(what: string, valueMs: number): void {
  check(valueMs >= 0, `invalid ${what} ${valueMs} ms: it cannot be negative`);
  checkWhole(`${what} in ms,`, valueMs, SPEC_LIMITS.duration.max);
}

export const bytesOf = (text: string): number => Buffer.byteLength(text);

/** Text as a person typed it, quoted so that blanks and control characters are visible; long text is cut. */
export const quoted = (text: string): string =>
  text.length <= QUOTED_MAX ? JSON.stringify(text) : `${JSON.stringify(text.slice(0, QUOTED_MAX))}...`;

/** Keeps the sentence readable. */
const QUOTED_MAX = 200;
