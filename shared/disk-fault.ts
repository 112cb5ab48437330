import { SwarmError } from "./errors.ts";

/** What is wrong with a disk, as the end of a sentence. Nobody mends it by asking again. */
const FAULTS: ReadonlyMap<string, string> = new Map([
  ["ENOSPC", "it is full"],
  ["EROFS", "it is read-only"],
  ["EDQUOT", "its quota is used up"],
  ["EIO", "it does not work"],
]);

/** The same of a database in files, which says what the kernel said. */
const SAID: readonly (readonly [RegExp, string])[] = [
  [/no space left on device/i, "ENOSPC"],
  [/read-only file system/i, "EROFS"],
  [/disk quota exceeded/i, "EDQUOT"],
  [/input\/output error/i, "EIO"],
];

/** What is wrong with the disk, as the end of a sentence; null = something else. */
export function diskFaultOf(error: unknown): string | null {
  const { code = "" } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  if (!code.startsWith("LEVEL_")) return FAULTS.get(code) ?? null;
  const said = [error, (error as Error).cause].map((each) => (each instanceof Error ? each.message : "")).join(" ");
  return FAULTS.get(SAID.find(([pattern]) => pattern.test(said))?.[1] ?? "") ?? null;
}

/** What a disk refused, in a sentence without a path; null when it was something else. */
export function refusalByDisk(error: unknown): SwarmError | null {
  const fault = diskFaultOf(error);
  if (fault === null) return null;
  return new SwarmError("failedPrecondition", `the disk of this host cannot be written: ${fault}`, { cause: error });
}

/**
 * The work's result; what a disk refuses meanwhile is said in a sentence for people.
 * @throws SwarmError failedPrecondition for that; what the work throws otherwise.
 */
export async function inWordsOfDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { path = "" } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
    const fault = diskFaultOf(error);
    if (fault === null) throw error;
    const where = path === "" ? "" : ` at ${path}`;
    throw new SwarmError("failedPrecondition", `the disk of this host cannot be written${where}: ${fault}`, {
      cause: error,
    });
  }
}
