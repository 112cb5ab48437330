import { SwarmError } from "../shared/errors.ts";

const MS_PER_S = 1_000;

/**
 * An instant of a request, in Unix milliseconds: seconds with or without a fraction, RFC 3339, or a time before now
 * such as 10m. 0 for "" and "0". @throws SwarmError invalidArgument
 */
export function instantMs(name: string, text: string, nowMs: number): number {
  if (text === "" || text === "0") return 0;
  if (/^-?\d{1,12}(\.\d{1,9})?$/.test(text)) return Math.max(0, Math.floor(Number(text) * MS_PER_S));
  const at = /^\d{4}-\d\d-\d\d([T ].*)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(at)) return at;
  const before = durationMs(text);
  if (before !== null) return Math.max(0, nowMs - before);
  throw new SwarmError("invalidArgument", `invalid ${name}: ${JSON.stringify(text)} is neither a time nor a duration`);
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", MS_PER_S],
  ["m", 60 * MS_PER_S],
  ["h", 3_600 * MS_PER_S],
]);

/** Go's durations down to milliseconds; null for any other text. */
function durationMs(text: string): number | null {
  const parts = [...text.matchAll(/(\d{1,9}(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join("") !== text) return null;
  return parts.reduce((sum, [, amount = "", unit = ""]) => sum + Number(amount) * (UNITS.get(unit) ?? 0), 0);
}
