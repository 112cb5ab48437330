import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import { SwarmError } from "../../shared/errors.ts";

/** Without a byte order mark. @throws SwarmError invalidArgument when it cannot be read or is no UTF-8. */
export function readTextFile(path: string): string {
  const bytes = readBytes(path);
  // Read as text anyway, what is no UTF-8 would become other characters, and nobody would be told.
  if (isUtf8(bytes)) return new TextDecoder().decode(bytes);
  const line = linesOf(bytes).findIndex((part) => !isUtf8(part)) + 1;
  throw new SwarmError("invalidArgument", `cannot read ${path}: line ${line} is not UTF-8`);
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code === "ENOENT" ? "no such file" : (cause as Error).message;
    throw new SwarmError("invalidArgument", `cannot read ${path}: ${why}`, { cause });
  }
}

function linesOf(bytes: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0; from <= bytes.length; ) {
    const end = bytes.indexOf(0x0a, from);
    lines.push(bytes.subarray(from, end === -1 ? bytes.length : end));
    if (end === -1) break;
    from = end + 1;
  }
  return lines;
}
