import { SwarmError } from "../../../shared/errors.ts";
import type { HostFiles } from "../../ports/host-files.ts";

/** What one archive or context may hold. It is the disk's affair; this is against a stream without an end. */
export const ARCHIVE_BYTES_MAX = 1e12;

/** Writes what arrives into a file. Resolves with its size in bytes. @throws SwarmError resourceExhausted. */
export async function receive(
  files: HostFiles,
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<number> {
  await using file = await files.openToAppend(path);
  let bytes = 0;
  try {
    for await (const piece of pieces) {
      signal.throwIfAborted();
      bytes += piece.length;
      if (bytes > ARCHIVE_BYTES_MAX) throw new SwarmError("resourceExhausted", "the archive is larger than 1 TB");
      await file.write(piece);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    throw new SwarmError("resourceExhausted", "no space left on this host for the archive", { cause: error });
  }
  return bytes;
}
