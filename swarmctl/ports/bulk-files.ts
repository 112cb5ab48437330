import { createReadStream, createWriteStream } from "node:fs";
import { SwarmError } from "../../shared/errors.ts";
import type { BulkFiles } from "../cli.ts";

const PIECE_BYTES = 64 << 10;

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
      failed.reject(new SwarmError("invalidArgument", `cannot write ${path}: ${cause.message}`, { cause }));
    });
    for await (const piece of pieces) {
      if (sink.write(piece)) continue;
      await Promise.race([new Promise<void>((resolve) => sink.once("drain", () => resolve())), failed.promise]);
    }
    if (path === "-") return;
    await Promise.race([new Promise<void>((resolve) => sink.end(() => resolve())), failed.promise]);
  },
};

function unreadable(path: string, cause: unknown): SwarmError {
  const why = (cause as NodeJS.ErrnoException).code === "ENOENT" ? "no such file" : (cause as Error).message;
  const what = path === "-" ? "standard input" : path;
  return new SwarmError("invalidArgument", `cannot read ${what}: ${why}`, { cause });
}
