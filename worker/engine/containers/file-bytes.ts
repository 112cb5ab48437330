import { SwarmError } from "../../../shared/errors.ts";
import type { CommandRunner } from "../../ports/command-runner.ts";

/** A million files: somebody waits for `system df`. */
const MEASURE_TIMEOUT_MS = 10 * 60_000;
const LIST_BYTES_MAX = 64 << 20;
const BLOCK_BYTES = 512;

/**
 * What the files below a directory take on the disk, in bytes; of one with several names once. Directories are not
 * counted: a container that has written nothing takes nothing. -1 = it took too long.
 */
export async function fileBytes(commands: CommandRunner, directory: string): Promise<number> {
  const argv = ["find", directory, "-xdev", "-type", "f", "-printf", "%n %i %b\\n"] as const;
  const options = { timeoutMs: MEASURE_TIMEOUT_MS, keepBytes: LIST_BYTES_MAX };
  const { stdout, exitCode } = await commands.run(argv, options).catch((error: unknown) => {
    if (error instanceof SwarmError && error.code === "deadlineExceeded") return { stdout: "", exitCode: 127 };
    throw error;
  });
  // 1: there is no such directory, or something went while it was looked at.
  return exitCode > 1 ? -1 : sumOfBlocks(stdout) * BLOCK_BYTES;
}

/** Of lines `NAMES INODE BLOCKS`. */
export function sumOfBlocks(listing: string): number {
  const seen = new Set<string>();
  let blocks = 0;
  for (const line of listing.split("\n")) {
    const [names = "", inode = "", count = "0"] = line.split(" ");
    if (Number(names) > 1) {
      if (seen.has(inode)) continue;
      seen.add(inode);
    }
    blocks += Number(count);
  }
  return blocks;
}
