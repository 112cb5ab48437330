import { SwarmError } from "../errors.ts";

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1 << 10, m: 1 << 20, g: 1 << 30, t: 2 ** 40 };
/** Less is used up by what every container has. */
const SIZE_BYTES_MIN = 1 << 20;

/**
 * How many bytes the changed files of a container may have, by its storage options; null = no limit.
 * @throws SwarmError invalidArgument for an option that is none, and for a size that is none.
 */
export function storageBytes(options: Readonly<Record<string, string>>): number | null {
  const unknown = Object.keys(options).find((key) => key !== "size");
  if (unknown !== undefined) {
    throw new SwarmError("invalidArgument", `invalid storage option ${JSON.stringify(unknown)}: expected size=SIZE`);
  }
  const text = options["size"];
  return text === undefined ? null : sizeBytes(text, "storage size");
}

/** @throws SwarmError invalidArgument for what is no size, or none that could hold anything. */
export function sizeBytes(text: string, what: string): number {
  const match = /^(\d{1,15})([kmgt]?)(?:i?b)?$/i.exec(text.trim());
  const bytes = Number(match?.[1]) * (UNITS[match?.[2]?.toLowerCase() ?? ""] ?? Number.NaN);
  if (Number.isSafeInteger(bytes) && bytes >= SIZE_BYTES_MIN) return bytes;
  const shown = JSON.stringify(text);
  throw new SwarmError("invalidArgument", `invalid ${what} ${shown}: expected at least 1m, such as 10g`);
}
