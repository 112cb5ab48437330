import { readFile, stat } from "node:fs/promises";
import { messageOf, SwarmError } from "../../shared/errors.ts";

/** A key has 52 characters; a file that is longer by so much holds something else. */
const FILE_BYTES_MAX = 4_096;

/**
 * Reads the unlock key that this host keeps for its own daemon, whoever writes it there. `path`: "" = it keeps none.
 * What is returned rejects with SwarmError failedPrecondition when it cannot be read, or is no file: a pipe whose other
 * end is missing would hold up the daemon's start.
 */
export function unlockKeyIn(path: string): () => Promise<string | null> {
  return async () => {
    if (path === "") return null;
    try {
      const found = await stat(path).catch((cause) => {
        throw cause?.code === "ENOENT" ? new Error("there is no such file", { cause }) : cause;
      });
      if (!found.isFile()) throw new Error("it is not a file");
      if (found.size > FILE_BYTES_MAX) throw new Error(`it is larger than ${FILE_BYTES_MAX} bytes`);
      return (await readFile(path, "utf8")).trim();
    } catch (cause) {
      throw new SwarmError("failedPrecondition", `cannot read ${path}: ${messageOf(cause)}`, { cause });
    }
  };
}
