import { isUtf8 } from "node:buffer";
import { createReadStream, readFileSync, readSync, rmSync, writeFileSync } from "node:fs";
import { SwarmError } from "../../shared/errors.ts";
import type { NewFile } from "../cli.ts";
import { fileFault, NO_DIRECTORY } from "./file-fault.ts";

const CHUNK_BYTES = 64 << 10;
const POLL_MS = 10;

/** Without a byte order mark. @throws SwarmError invalidArgument when it cannot be read or is not UTF-8. */
export function readTextFile(path: string): string {
  const bytes = readWhole(path);
  // If it were read as text anyway, what is not UTF-8 would silently become other characters.
  if (isUtf8(bytes)) return new TextDecoder().decode(bytes);
  const line = linesOf(bytes).findIndex((part) => !isUtf8(part)) + 1;
  throw new SwarmError("invalidArgument", `cannot read ${path}: line ${line} is not UTF-8`);
}

function readWhole(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const own = ownDescriptor(path, cause);
    if (own === null) throw notReadable(path, cause);
    return readDescriptor(own, path);
  }
}

/**
 * The kernel does not open a socket by name, although a program's standard input may be one: `/dev/stdin` then means
 * the descriptor that is already open. null = the path is none of these, or the fault is a different one.
 */
function ownDescriptor(path: string, cause: unknown): number | null {
  if ((cause as NodeJS.ErrnoException).code !== "ENXIO") return null;
  if (path === "/dev/stdin") return 0;
  const number = /^\/(?:dev|proc\/self)\/fd\/(\d{1,9})$/.exec(path)?.[1];
  return number === undefined ? null : Number(number);
}

function readDescriptor(descriptor: number, path: string): Buffer {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    try {
      const length = readSync(descriptor, chunk);
      if (length === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, length));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "EAGAIN") throw notReadable(path, cause);
      // Another process that shares it has made it non-blocking.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
    }
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

/**
 * The bytes of a file, or of standard input for "-".
 * @throws SwarmError invalidArgument: not readable, or too large.
 */
export async function readBytes(path: string, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Not by its name; see `ownDescriptor`.
  const isInput = path === "-" || path === "/dev/stdin";
  const what = isInput ? "standard input" : path;
  try {
    for await (const chunk of isInput ? process.stdin : createReadStream(path)) {
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

/** The first line of standard input, after which this program stops reading it; "" if there is none. */
export async function readLine(): Promise<string | null> {
  // Loaded here, because most commands ask nothing and it takes milliseconds.
  const { createInterface } = await import("node:readline");
  for await (const line of createInterface({ input: process.stdin })) return line;
  return null;
}

function notReadable(what: string, cause: unknown): SwarmError {
  return new SwarmError("invalidArgument", `cannot read ${what}: ${fileFault(cause, "no such file")}`, { cause });
}

/** @throws SwarmError alreadyExists, or failedPrecondition when it cannot be made. */
export function newFile(path: string): NewFile {
  try {
    writeFileSync(path, "", { flag: "wx" });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") {
      const sentence = `container ID file found, make sure the other container isn't running or delete ${path}`;
      throw new SwarmError("alreadyExists", sentence);
    }
    throw new SwarmError("failedPrecondition", `cannot write ${path}: ${fileFault(cause, NO_DIRECTORY)}`, { cause });
  }
  return { write: (text) => writeFileSync(path, text), discard: () => rmSync(path, { force: true }) };
}
