import { SwarmError } from "../errors.ts";

const BYTE_UNITS: Readonly<Record<string, number>> = { "": 1, b: 1, k: 1 << 10, m: 1 << 20, g: 1 << 30, t: 2 ** 40 };

/** `512m`, `1g`, `1.5GiB`, `1048576`: bytes, with binary multiples. @throws SwarmError naming `flag`. */
export function parseBytes(text: string, flag: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(text.trim());
  const unit = BYTE_UNITS[match?.[2]?.toLowerCase() ?? "-"];
  if (match === null || unit === undefined) {
    throw wrong(`invalid size "${text}" for ${flag}: expected a number with b, k, m or g, such as 512m`);
  }
  const bytes = Math.floor(Number(match[1]) * unit);
  if (!Number.isSafeInteger(bytes)) throw wrong(`invalid size "${text}" for ${flag}: no host has that much`);
  return bytes;
}

function wrong(sentence: string): SwarmError {
  return new SwarmError("invalidArgument", sentence);
}
