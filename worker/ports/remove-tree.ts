import { constants } from "node:fs";
import { type FileHandle, open, opendir, rename, rmdir, unlink } from "node:fs/promises";
import { basename, dirname } from "node:path";

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
/** Directories that are open at the same time; what lies deeper is moved up first. */
const DEPTH_MAX = 64;
/** Names taken from a directory at once: a container may have made a million of them. */
const SLICE_NAMES = 64;
/** A directory that fills up again so often is being written by somebody who should be dead. */
const ROUNDS_MAX = 10_000;

interface Level {
  readonly directory: FileHandle;
  readonly top: FileHandle;
  readonly depth: number;
  /** Numbers what was moved to the top. */
  readonly moves: { count: number };
}

/**
 * Removes a file or a whole tree that a container has filled; nothing there is fine. Another container that was handed
 * an open directory of it may put links in the place of directories while they are being removed, so every name is
 * looked up below an open directory, and links are never followed. Trees deeper than a path can say go as well.
 * @throws the system's error, e.g. for a mount inside.
 */
export async function removeTree(path: string): Promise<void> {
  const parent = await openDirectory(dirname(path), 0);
  if (parent === null) return;
  try {
    await removeEntry({ directory: parent, top: parent, depth: 0, moves: { count: 0 } }, basename(path));
  } finally {
    await parent.close();
  }
}

async function removeEntry(level: Level, name: string): Promise<void> {
  const path = below(level.directory, name);
  for (let round = 0; ; round++) {
    if (await isUnlinked(path)) return;
    const directory = await openDirectory(path, O_NOFOLLOW);
    // A link, or nothing, has taken its place since: look again.
    if (directory !== null) {
      try {
        const top = level.depth === 0 ? directory : level.top;
        await removeContent({ ...level, directory, top, depth: level.depth + 1 });
      } finally {
        await directory.close();
      }
      if (await isRemoved(path)) return;
    }
    if (round === ROUNDS_MAX) throw new Error(`${name} is not empty, although it was emptied ${ROUNDS_MAX} times`);
  }
}

async function removeContent(level: Level): Promise<void> {
  for await (const names of slices(level.directory)) {
    const isGone = await Promise.all(names.map((name) => isUnlinked(below(level.directory, name))));
    for (const [index, name] of names.entries()) {
      if (isGone[index] === true) continue;
      if (level.depth < DEPTH_MAX) await removeEntry(level, name);
      else await moveUp(level, name);
    }
  }
}

/** To the top of the tree, under a name that is free there. */
async function moveUp(level: Level, name: string): Promise<void> {
  for (let round = 0; ; round++) {
    try {
      level.moves.count += 1;
      await rename(below(level.directory, name), below(level.top, `moved ${level.moves.count}`));
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return;
      const isTaken = code === "ENOTEMPTY" || code === "EEXIST" || code === "ENOTDIR";
      if (!isTaken || round === ROUNDS_MAX) throw error;
    }
  }
}

async function* slices(directory: FileHandle): AsyncGenerator<readonly string[], void, void> {
  const entries = await opendir(`/proc/self/fd/${directory.fd}`, { bufferSize: SLICE_NAMES });
  let names: string[] = [];
  for await (const { name } of entries) {
    names.push(name);
    if (names.length < SLICE_NAMES) continue;
    yield names;
    names = [];
  }
  yield names;
}

/** Whether it is gone, or was never there; false = it is a directory. */
async function isUnlinked(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return true;
    if (code === "EISDIR") return false;
    throw error;
  }
}

/** false = it has content again, or is no directory any more. */
async function isRemoved(path: string): Promise<boolean> {
  try {
    await rmdir(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return true;
    if (code === "ENOTEMPTY" || code === "EEXIST" || code === "ENOTDIR") return false;
    throw error;
  }
}

async function openDirectory(path: string, flags: number): Promise<FileHandle | null> {
  try {
    return await open(path, O_RDONLY | O_DIRECTORY | flags);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return null;
    throw error;
  }
}

function below(directory: FileHandle, name: string): string {
  return `/proc/self/fd/${directory.fd}/${name}`;
}
