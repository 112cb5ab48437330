import { constants } from "node:fs";
import { type FileHandle, open, opendir, readlink } from "node:fs/promises";
import { messageOf, SwarmError } from "../../shared/errors.ts";
import {
  LINKS_MAX,
  type OpenDirectory,
  type OpenPlace,
  type RootedTree,
  type RootedTrees,
  STEPS_MAX,
  type TreePlace,
} from "./rooted-tree.ts";
import { kindOfStats, toOpenFile } from "./system-host-files.ts";

/**
 * A handle that only says which file is meant: opening a device or a pipe so does nothing to it. The same on all CPUs.
 */
const O_PATH = 0o10000000;
const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;

/** A place that was walked to, and the handle of what is there. */
interface Found extends TreePlace {
  /** null = nothing there. */
  readonly handle: FileHandle | null;
}

/**
 * Trees of this machine. Node.js has no openat(2); a name below `/proc/self/fd/N` is the same: the kernel goes from
 * that link straight to the open directory, so that no path is walked twice.
 */
export const systemRootedTrees: RootedTrees = {
  async open(directory) {
    try {
      return new SystemRootedTree(await open(directory, O_PATH | O_DIRECTORY | O_NOFOLLOW));
    } catch (error) {
      throw new SwarmError("failedPrecondition", `${directory} is not a directory, or is a link`, { cause: error });
    }
  },
};

class SystemRootedTree implements RootedTree {
  readonly #root: FileHandle;

  constructor(root: FileHandle) {
    this.#root = root;
  }

  async resolve(path: string): Promise<TreePlace> {
    const { handle, ...place } = await this.#walk(path);
    await handle?.close();
    return place;
  }

  async openFile(path: string): ReturnType<RootedTree["openFile"]> {
    const { handle, kind } = await this.#walk(path);
    try {
      if (handle === null || kind !== "file") return null;
      // Not by its name, which may mean something else by now.
      return await toOpenFile(await open(pathOf(handle), O_RDONLY));
    } finally {
      await handle?.close();
    }
  }

  async openDirectory(path: string): Promise<OpenDirectory | null> {
    const { handle, kind } = await this.#walk(path);
    if (handle !== null && kind === "directory") return toOpenDirectory(handle);
    await handle?.close();
    return null;
  }

  async openPlace(path: string): ReturnType<RootedTree["openPlace"]> {
    const { handle, kind } = await this.#walk(path);
    if (handle !== null && (kind === "directory" || kind === "file")) return { ...toOpenPlace(handle), kind };
    await handle?.close();
    return null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#root.close();
  }

  async #walk(path: string): Promise<Found> {
    if (path.includes("\0")) throw new SwarmError("failedPrecondition", `path ${JSON.stringify(path)} has a zero byte`);
    let todo = path.split("/");
    let done: string[] = [];
    let current = await this.#reopenRoot();
    try {
      for (let steps = 0, links = 0; ; steps++) {
        const part = todo.shift();
        const here = `/${done.join("/")}`;
        if (part === undefined) return await found(here, current);
        if (part === "" || part === ".") continue;
        if (steps > STEPS_MAX) throw tooLong(path, `more than ${STEPS_MAX} parts`);
        if (part === "..") {
          // Walked again from the root: the parent of an open directory is whatever it has been moved to.
          todo = [...done.slice(0, -1), ...todo];
          done = [];
          current = await this.#startAgain(current);
          continue;
        }
        const next = await lookUp(current, part);
        if (next === null) return { path: withRest(done, [part, ...todo]), kind: null, handle: await closed(current) };
        const kind = kindOfStats(await next.stat());
        if (kind !== "link") {
          await current.close();
          current = next;
          done.push(part);
          const isEnd = todo.every((rest) => rest === "" || rest === ".");
          if (kind !== "directory" && !isEnd) {
            // Nothing is below a file.
            return { path: withRest(done, todo), kind: null, handle: await closed(current) };
          }
          continue;
        }
        await next.close();
        const target = await readLinkIn(current, part);
        if (target === null) {
          // Something else has taken its place since: look again.
          todo.unshift(part);
          continue;
        }
        if (++links > LINKS_MAX) throw tooLong(path, `more than ${LINKS_MAX} links`);
        todo = [...target.split("/"), ...todo];
        if (!target.startsWith("/")) continue;
        done = [];
        current = await this.#startAgain(current);
      }
    } catch (error) {
      await current.close().catch(() => {});
      if (error instanceof SwarmError) throw error;
      throw new SwarmError("failedPrecondition", `cannot look at ${path}: ${messageOf(error)}`, { cause: error });
    }
  }

  async #startAgain(current: FileHandle): Promise<FileHandle> {
    await current.close();
    return await this.#reopenRoot();
  }

  #reopenRoot(): Promise<FileHandle> {
    return open(`${pathOf(this.#root)}/.`, O_PATH | O_DIRECTORY);
  }
}

async function found(path: string, handle: FileHandle): Promise<Found> {
  return { path, kind: kindOfStats(await handle.stat()), handle };
}

async function lookUp(directory: FileHandle, name: string): Promise<FileHandle | null> {
  try {
    return await open(`${pathOf(directory)}/${name}`, O_PATH | O_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A name longer than the file system takes is not there either.
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return null;
    throw error;
  }
}

/** null = it is no link any more. */
async function readLinkIn(directory: FileHandle, name: string): Promise<string | null> {
  try {
    return await readlink(`${pathOf(directory)}/${name}`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EINVAL" || code === "ENOENT") return null;
    throw error;
  }
}

async function closed(handle: FileHandle): Promise<null> {
  await handle.close();
  return null;
}

function toOpenPlace(handle: FileHandle): OpenPlace {
  return {
    // The daemon's number, not "self": others use it.
    handlePath: `/proc/${process.pid}/fd/${handle.fd}`,
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

function toOpenDirectory(handle: FileHandle): OpenDirectory {
  return {
    ...toOpenPlace(handle),
    async isEmpty() {
      const entries = await opendir(pathOf(handle), { bufferSize: 1 });
      try {
        return (await entries.read()) === null;
      } finally {
        await entries.close();
      }
    },
  };
}

function pathOf(handle: FileHandle): string {
  return `/proc/self/fd/${handle.fd}`;
}

/** The path that would be, where the parts from the first missing one on are only names. */
function withRest(done: readonly string[], rest: readonly string[]): string {
  const parts = [...done];
  for (const part of rest) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

function tooLong(path: string, what: string): SwarmError {
  return new SwarmError("failedPrecondition", `path ${JSON.stringify(path)} leads through ${what}`);
}
