import { readFile } from "node:fs/promises";
import { messageOf, SwarmError } from "../../shared/errors.ts";

/**
 * Reads the unlock key that this host keeps for its own daemon, whoever writes it there: a disk of its own, a TPM, a
 * program behind a named pipe. `path`: "" = it keeps none. What is returned rejects with SwarmError failedPrecondition
 * when it cannot be read.
 */
export function unlockKeyIn(path: string): () => Promise<string | null> {
  return async () => {
    if (path === "") return null;
    try {
      return (await readFile(path, "utf8")).trim();
    } catch (cause) {
      throw new SwarmError("failedPrecondition", `cannot read ${path}: ${messageOf(cause)}`, { cause });
    }
  };
}
