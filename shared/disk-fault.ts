import { SwarmError } from "./errors.ts";

/** What is wrong with a disk, as the end of a sentence. Nobody mends it by asking again. */
const FAULTS: ReadonlyMap<string, string> = new Map([
  ["ENOSPC", "it is full"],
  ["EROFS", "it is read-only"],
  ["EDQUOT", "its quota is used up"],
  ["EIO", "it does not work"],
]);

/**
 * The work's result; what a disk refuses meanwhile is said in a sentence for people.
 * @throws SwarmError failedPrecondition for that; what the work throws otherwise.
 */
export async function inWordsOfDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code = "", path = "" } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
    const fault = FAULTS.get(code);
    if (fault === undefined) throw error;
    const where = path === "" ? "" : ` at ${path}`;
    throw new SwarmError("failedPrecondition", `the disk of this host cannot be written${where}: ${fault}`, {
      cause: error,
    });
  }
}
