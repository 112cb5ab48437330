import { spawn } from "node:child_process";
import { createReadStream, createWriteStream, existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SwarmError } from "../../shared/errors.ts";
import type { BulkFiles, ContextEntry } from "../cli.ts";
import { fileFault, NO_DIRECTORY } from "./file-fault.ts";

const PIECE_BYTES = 64 << 10;
const STDERR_CHARACTERS_MAX = 4_096;

/** Files of any size, piece by piece. */
export const bulkFiles: BulkFiles = {
  stdoutIsTerminal: process.stdout.isTTY === true,
  stdinIsTerminal: process.stdin.isTTY === true,
  async *read(path) {
    const source = path === "-" ? process.stdin : createReadStream(path, { highWaterMark: PIECE_BYTES });
    try {
      for await (const chunk of source) {
        const bytes = chunk as Buffer;
        for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
      }
    } catch (cause) {
      throw unreadable(path, cause);
    }
  },
  async write(path, pieces) {
    const sink = path === "-" ? process.stdout : createWriteStream(path);
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => {});
    sink.on("error", (cause) => {
      failed.reject(
        new SwarmError("invalidArgument", `cannot write ${path}: ${fileFault(cause, NO_DIRECTORY)}`, { cause }),
      );
    });
    for await (const piece of pieces) {
      if (sink.write(piece)) continue;
      await Promise.race([new Promise<void>((resolve) => sink.once("drain", () => resolve())), failed.promise]);
    }
    if (path === "-") return;
    await Promise.race([new Promise<void>((resolve) => sink.end(() => resolve())), failed.promise]);
  },
  writeText(path, text) {
    try {
      writeFileSync(path, text);
    } catch (cause) {
      throw new SwarmError("invalidArgument", `cannot write ${path}: ${fileFault(cause, NO_DIRECTORY)}`, { cause });
    }
  },
  exists: (path) => existsSync(path),
  list(directory) {
    try {
      return readdirSync(directory, { withFileTypes: true }).map(
        (entry): ContextEntry => ({ name: entry.name, isDirectory: entry.isDirectory() }),
      );
    } catch (cause) {
      throw unreadable(directory, cause);
    }
  },
  async *tar(directory, names) {
    const args = ["--create", "-C", directory, "--no-recursion", "--null", "--verbatim-files-from", "--files-from=-"];
    const child = spawn("tar", args, { stdio: ["pipe", "pipe", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => {
      stderr = `${stderr}${chunk}`.slice(0, STDERR_CHARACTERS_MAX);
    });
    const ended = new Promise<number>((resolve) => {
      child.once("error", (error) => {
        stderr = error.message;
        resolve(127);
      });
      child.once("close", (code) => resolve(code ?? 1));
    });
    child.stdin.on("error", () => {});
    child.stdin.end(names.map((name) => `${name}\0`).join(""));
    for await (const chunk of child.stdout) {
      const bytes = chunk as Buffer;
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
    }
    if ((await ended) !== 0) {
      throw new SwarmError("invalidArgument", `cannot read ${join(directory)}: ${stderr.trim().split("\n")[0]}`);
    }
  },
};

function unreadable(path: string, cause: unknown): SwarmError {
  const why = fileFault(cause, "no such file");
  const what = path === "-" ? "standard input" : path;
  return new SwarmError("invalidArgument", `cannot read ${what}: ${why}`, { cause });
}
