import { open, rename, rm } from "node:fs/promises";
import { SwarmError } from "../../shared/errors.ts";

/** Writes pieces to a file, which is there only once it is whole. @throws SwarmError when it cannot be written. */
export async function saveFile(path: string, pieces: AsyncIterable<{ readonly data: Buffer }>): Promise<void> {
  const unfinished = `${path}.unfinished`;
  const file = await open(unfinished, "w", 0o600).catch((error: Error) => {
    throw new SwarmError("invalidArgument", `cannot write ${path}: ${error.message}`);
  });
  try {
    try {
      for await (const { data } of pieces) await file.writeFile(data);
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
