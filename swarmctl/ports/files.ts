import { isUtf8 } from "node:buffer";
import { createReadStream, readFileSync } from "node:fs";
import { SwarmError } from "../../shared/errors.ts";

/** Without a byte order mark. @throws SwarmError invalidArgument when it cannot be read or is no UTF-8. */
export function readTextFile(path: string): string {
  const bytes = readWhole(path);
  // Read as text anyway, what is no UTF-8 would become other characters, and nobody would be told.
  if (isUtf8(bytes)) return new TextDecoder().decode(bytes);
  const line = linesOf(bytes).findIndex((part) => !isUtf8(part)) + 1;
  throw new SwarmError("invalidArgument", `cannot read ${path}: line ${line} is not UTF-8`);
}

function readWhole(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw notReadable(path, cause);
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

/** The bytes of a file, or of standard input for "-". @throws SwarmError invalidArgument: not readable, too large. */
export async function readBytes(path: string, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  const what = path === "-" ? "standard input" : path;
  try {
    for await (const chunk of path === "-" ? process.stdin : createReadStream(path)) {
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length > bytesMax) break;
    }
  } catch (cause) {
    throw notReadable(what, cause);
  }
  if (length > bytesMax) {
    throw new SwarmError("invalidArgument", `${what} is too large: at most ${bytesMax} bytes are allowed`);
  }
  return Buffer.concat(chunks);
}

function notReadable(what: string, cause: unknown): SwarmError {
  const why = (cause as NodeJS.ErrnoException).code === "ENOENT" ? "no such file" : (cause as Error).message;
  return new SwarmError("invalidArgument", `cannot read ${what}: ${why}`, { cause });
}
