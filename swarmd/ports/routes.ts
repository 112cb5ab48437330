import { readFileSync } from "node:fs";

const ROUTES = "/proc/net/route";
const FIELDS_MIN = 8;

/** The blocks of IPv4 that this host has routes to, but for the default route; none where the kernel does not say. */
export function listRoutes(): readonly string[] {
  try {
    return parseRoutes(readFileSync(ROUTES, "utf8"));
  } catch {
    return [];
  }
}

/** Reads the kernel's table: a line for each route, addresses as hexadecimal numbers of the host's byte order. */
export function parseRoutes(table: string): readonly string[] {
  return table
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      if (fields.length < FIELDS_MIN) return [];
      const [destination, mask] = [bytesOf(fields[1] ?? ""), bytesOf(fields[7] ?? "")];
      const prefix = mask.reduce((bits, byte) => bits + byte.toString(2).replaceAll("0", "").length, 0);
      return prefix === 0 ? [] : [`${destination.join(".")}/${prefix}`];
    });
}

/** Little-endian, as on all machines that we run on. */
function bytesOf(hex: string): readonly number[] {
  return (hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)).reverse();
}
