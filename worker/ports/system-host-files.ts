import { closeSync, constants, openSync, type Stats, unlinkSync, watch, writeSync } from "node:fs";
import {
  chmod,
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  rename,
  stat,
  writeFile,
} from "node:fs/promises";
import { SwarmError } from "../../shared/errors.ts";
import {
  type FileKind,
  type HostDevice,
  type HostFiles,
  type OpenFile,
  TEXT_BYTES_MAX,
  unfinishedName,
} from "./host-files.ts";
import { removeTree } from "./remove-tree.ts";

/** Configurations hold the environment of containers, with whatever password is in it. */
const PRIVATE_MODE = 0o600;

/** Numbers the temporary names, so that two writers of one path do not share one. */
let writes = 0;

/** The machine's file systems. */
export const systemHostFiles: HostFiles = {
  async readText(path, bytesMax = TEXT_BYTES_MAX) {
    const handle = await orNull(open(path, "r"));
    if (handle === null) return null;
    try {
      const { size } = await handle.stat();
      if (size > bytesMax) throw new SwarmError("resourceExhausted", `${path} is larger than ${bytesMax} bytes`);
      return await handle.readFile("utf8");
    } finally {
      await handle.close();
    }
  },
  async open(path) {
    const handle = await orNull(open(path, "r"));
    return handle === null ? null : toOpenFile(handle);
  },
  async openToAppend(path) {
    const handle = await open(path, "a", PRIVATE_MODE);
    return {
      async write(bytes) {
        for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
      },
      [Symbol.asyncDispose]: () => handle.close(),
    };
  },
  rename: (path, to) => rename(path, to),
  async changedAt(path) {
    return (await orNull(lstat(path)))?.mtimeMs ?? 0;
  },
  async writeText(path, text, mode = PRIVATE_MODE) {
    writes += 1;
    const unfinished = unfinishedName(path, process.pid, writes);
    await writeFile(unfinished, text);
    await chmod(unfinished, mode);
    await rename(unfinished, path);
  },
  async overwriteText(path, text) {
    const handle = await open(path, "r+");
    try {
      const { bytesWritten } = await handle.write(text, 0);
      await handle.truncate(bytesWritten);
    } finally {
      await handle.close();
    }
  },
  async writeBytes(path, bytes, { uid, gid, mode }) {
    const handle = await open(path, "wx", PRIVATE_MODE);
    try {
      await handle.writeFile(bytes);
      await handle.chown(uid, gid);
      // After the owner, since changing that takes set-user-id bits away.
      await handle.chmod(mode);
    } finally {
      await handle.close();
    }
  },
  async makeDirectory(path, mode) {
    const firstMade = await mkdir(path, { recursive: true }).catch((error: unknown) => asTheKernelSaid(path, error));
    // Not by mkdir: the daemon's umask must not decide who in a container may enter its root directory.
    if (firstMade !== undefined && mode !== undefined) await chmod(path, mode);
  },
  async replaceEmptyDirectory(path, replacement) {
    try {
      await rename(replacement, path);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOTEMPTY" || code === "EEXIST") return false;
      throw error;
    }
  },
  remove: removeTree,
  async list(path) {
    const names = await orNull(readdir(path));
    return names === null ? [] : names.sort();
  },
  async kindOf(path): Promise<FileKind | null> {
    const stat = await orNull(lstat(path));
    return stat === null ? null : kindOfStats(stat);
  },
  async deviceAt(path) {
    const found = await orNull(stat(path));
    return found === null ? null : deviceOfStats(found);
  },
  readLink: (path) => readlink(path),
  async sizeOf(path) {
    return (await orNull(lstat(path)))?.size ?? 0;
  },
  async createdAtMs(path) {
    const found = await orNull(lstat(path));
    return found === null ? null : Math.floor(found.birthtimeMs);
  },
  async lookAt(path) {
    const stat = await orNull(lstat(path));
    return stat === null ? null : { inode: stat.ino, size: stat.size };
  },
  async attributesOf(path) {
    const stat = await orNull(lstat(path));
    return stat === null ? null : { mode: stat.mode, size: stat.size, changedAtMs: Math.floor(stat.mtimeMs) };
  },
  addName: (existing, path) => link(existing, path),
  async tellPipe(path, line) {
    try {
      const handle = await open(path, constants.O_WRONLY | constants.O_NONBLOCK);
      try {
        await handle.write(`${line}\n`);
        return true;
      } finally {
        await handle.close();
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Nobody reads it, it is not there, or whoever reads it is busy and has it full.
      if (code === "ENXIO" || code === "ENOENT" || code === "EPIPE" || code === "EAGAIN") return false;
      throw error;
    }
  },
  async tellOnce(path) {
    try {
      const pipe = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
      try {
        writeSync(pipe, "\0");
        unlinkSync(path);
        return "told";
      } finally {
        closeSync(pipe);
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return "absent";
      if (code === "ENXIO" || code === "EPIPE") return "deaf";
      throw error;
    }
  },
  watch(directory, onChange) {
    const watcher = watch(directory, { persistent: false }, (_event, name) => onChange(name ?? ""));
    // The directory went away: whoever watches also polls.
    watcher.on("error", () => watcher.close());
    return { [Symbol.dispose]: () => watcher.close() };
  },
};

export function kindOfStats(stat: Stats): FileKind {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "directory";
  if (stat.isSymbolicLink()) return "link";
  return stat.isCharacterDevice() && stat.rdev === 0 ? "whiteout" : "other";
}

const PERMISSION_BITS = 0o7777;

/** The kernel packs a device's two numbers into one: 12 bits of one and 8 of the other, then the rest of both. */
function deviceOfStats(stat: Stats): HostDevice | null {
  const isBlock = stat.isBlockDevice();
  if (!isBlock && !stat.isCharacterDevice()) return null;
  const packed = BigInt(stat.rdev);
  return {
    type: isBlock ? "b" : "c",
    major: Number(((packed >> 8n) & 0xfffn) | ((packed >> 32n) & 0xfffff000n)),
    minor: Number((packed & 0xffn) | ((packed >> 12n) & 0xffffff00n)),
    ...{ fileMode: stat.mode & PERMISSION_BITS, uid: stat.uid, gid: stat.gid },
  };
}

/** Takes over the handle. */
export async function toOpenFile(handle: FileHandle): Promise<OpenFile> {
  const { ino } = await handle.stat();
  return {
    inode: ino,
    size: async () => (await handle.stat()).size,
    async read(offset, length) {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

/**
 * Nothing is there either where a file stands in place of a directory, and under names that no file can have: too long
 * ones, and those with a zero byte, which Node.js does not pass on.
 */
const NOTHING_THERE: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ERR_INVALID_ARG_VALUE"]);

async function orNull<T>(result: Promise<T>): Promise<T | null> {
  try {
    return await result;
  } catch (error) {
    if (NOTHING_THERE.has((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw error;
  }
}

/** Where a disk is read-only, a recursive `mkdir` of Node says that there is no such directory. */
async function asTheKernelSaid(path: string, error: unknown): Promise<never> {
  if ((error as NodeJS.ErrnoException).code === "ENOENT") await mkdir(path);
  throw error;
}
