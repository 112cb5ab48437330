import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, SwarmError } from "../../errors.ts";

/** A directory of small files that are replaced as a whole. */
export interface KeyFiles {
  /** null when there is no such file. @throws SwarmError failedPrecondition when it cannot be read. */
  read(name: string): Promise<string | null>;
  /** Once it resolves, the file has the new content, even after a power cut; before that, it has the old content. */
  write(name: string, text: string, mode: number): Promise<void>;
  /** Also what a write that did not end has left of it. */
  remove(name: string): Promise<void>;
}

/** The files of `dir`, which is made (0700) when it is first written to. */
export function keyFilesIn(dir: string): KeyFiles {
  const syncDir = async (): Promise<void> => {
    await using handle = await open(dir, "r");
    await handle.sync();
  };
  return {
    async read(name) {
      try {
        return await readFile(join(dir, name), "utf8");
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
        throw failed("read", join(dir, name), cause);
      }
    },
    async write(name, text, mode) {
      try {
        await mkdir(dir, { recursive: true, mode: 0o700 });
        const fresh = join(dir, `.${name}.new`);
        await rm(fresh, { force: true });
        {
          await using handle = await open(fresh, "wx", mode);
          await handle.writeFile(text);
          await handle.sync();
        }
        await rename(fresh, join(dir, name));
        await syncDir();
      } catch (cause) {
        throw failed("write", join(dir, name), cause);
      }
    },
    async remove(name) {
      await rm(join(dir, name), { force: true });
      await rm(join(dir, `.${name}.new`), { force: true });
    },
  };
}

function failed(verb: string, path: string, cause: unknown): SwarmError {
  return new SwarmError("failedPrecondition", `cannot ${verb} ${path}: ${reasonIn(messageOf(cause))}`, { cause });
}

/** "no such file or directory" of Node's "ENOENT: no such file or directory, open '/x'". */
function reasonIn(text: string): string {
  return text.replace(/^[A-Z]+: /, "").replace(/, .*$/, "");
}
