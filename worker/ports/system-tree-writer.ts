import { constants } from "node:fs";
import { lchown, link, lstat, mkdir, open, symlink, unlink } from "node:fs/promises";
import { SwarmError } from "../../shared/errors.ts";
import type { Attributes, TreeWriter } from "./tree-writer.ts";

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;
/** Until its owner and mode are set, a file is for root alone. */
const UNFINISHED_MODE = 0o600;

/** `at` is the path of an open directory's handle (`/proc/PID/fd/N`), which leads to itself whatever is moved. */
export const systemTreeWriter: TreeWriter = {
  async directory(at, name, attributes) {
    const path = `${at}/${name}`;
    try {
      await mkdir(path, UNFINISHED_MODE | 0o100);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      if (!(await lstat(path)).isDirectory()) throw inTheWay(name, "a directory", "something else");
    }
    const handle = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    try {
      await handle.chown(attributes.uid, attributes.gid);
      await handle.chmod(attributes.mode);
    } finally {
      await handle.close();
    }
  },
  async file(at, name, attributes, content) {
    const path = `${at}/${name}`;
    await makeRoom(path, name);
    const handle = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, UNFINISHED_MODE);
    try {
      for await (const piece of content) await handle.writeFile(piece);
      await handle.chown(attributes.uid, attributes.gid);
      await handle.chmod(attributes.mode);
      await handle.utimes(attributes.mtimeSeconds, attributes.mtimeSeconds);
    } finally {
      await handle.close();
    }
  },
  async link(at, name, target, { uid, gid }: Attributes) {
    const path = `${at}/${name}`;
    await makeRoom(path, name);
    await symlink(target, path);
    await lchown(path, uid, gid);
  },
  async hardLink(at, name, fromDirectory, fromName) {
    const path = `${at}/${name}`;
    await makeRoom(path, name);
    await link(`${fromDirectory}/${fromName}`, path);
  },
};

async function makeRoom(path: string, name: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EISDIR" || code === "EPERM") throw inTheWay(name, "something else", "a directory");
    if (code !== "ENOENT") throw error;
  }
}

function inTheWay(name: string, wanted: string, there: string): SwarmError {
  return new SwarmError("failedPrecondition", `cannot copy ${wanted} to ${JSON.stringify(name)}, where ${there} is`);
}
