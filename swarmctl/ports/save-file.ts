import { open, rename, rm, stat } from "node:fs/promises";
import { SwarmError } from "../../shared/errors.ts";
import { fileFault, NO_DIRECTORY } from "./file-fault.ts";

/** Writes pieces to a file, which is there only once it is whole. @throws SwarmError when it cannot be written. */
export async function saveFile(path: string, pieces: AsyncIterable<{ readonly data: Buffer }>): Promise<void> {
  const unfinished = `${path}.unfinished`;
  const refuse = (cause: unknown): never => {
    throw new SwarmError("invalidArgument", `cannot write ${path}: ${fileFault(cause, NO_DIRECTORY)}`, { cause });
  };
  // Before all of it has come, and not after.
  if (await isDirectory(path)) refuse(Object.assign(new Error(), { code: "EISDIR" }));
  const file = await open(unfinished, "w", 0o600).catch(refuse);
  try {
    try {
      for await (const { data } of pieces) await file.writeFile(data).catch(refuse);
    } finally {
      await file.close();
    }
    await rename(unfinished, path).catch(refuse);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
