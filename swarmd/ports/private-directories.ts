import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, type Stats, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf } from "../../shared/errors.ts";
import { FatalError } from "../exit-codes.ts";

/** The mode of everything that the daemon and its children create: for root only, unless a mode is given on purpose. */
export const DAEMON_UMASK = 0o077;

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;
const PERMISSIONS = 0o7777;
/** Set on directories in which everybody may create files, such as /tmp. */
const STICKY = 0o1000;
/**
 * A directory this close to the root (`/`, `/run`, `/tmp`) is the system's: closing it to others would break the host.
 */
const DEPTH_MIN = 2;
/**
 * Flat directories with keys, certificates and databases; files that an earlier release left in them are closed to
 * others as well.
 */
const SECRET_DIRECTORIES = ["certificates", "node", "raft", "worker"] as const;

/**
 * Creates the daemon's two directories, or closes them to everybody but root if somebody else created them first:
 * whoever can look inside can read keys, logs, volumes and the environment of containers.
 * @throws FatalError dataDir when one cannot be made, is another user's, or cannot be closed.
 */
export function makePrivate({ dataDir, runDir }: { readonly dataDir: string; readonly runDir: string }): void {
  for (const [what, path] of [
    ["data", dataDir],
    ["run", runDir],
  ] as const) {
    try {
      makeDirectory(path);
      closeDirectory(path);
    } catch (cause) {
      if (cause instanceof FatalError) throw cause;
      throw new FatalError("dataDir", `cannot use the ${what} directory ${path}: ${messageOf(cause)}`, { cause });
    }
  }
  for (const name of readdirSync(dataDir)) {
    const path = join(dataDir, name);
    if (lstatSync(path).isDirectory()) chmodSync(path, DIRECTORY_MODE);
  }
  for (const name of SECRET_DIRECTORIES) closeFilesIn(join(dataDir, name));
}

function closeDirectory(path: string): void {
  const before = statSync(path);
  refuseTheSystems(path, before);
  chmodSync(path, DIRECTORY_MODE);
  const { mode } = statSync(path);
  if ((mode & PERMISSIONS) === DIRECTORY_MODE) return;
  throw new FatalError(
    "dataDir",
    `${path} cannot be closed to other users (its mode stays ${octal(mode)}): put it on a file system that keeps modes`,
  );
}

function refuseTheSystems(path: string, { uid, mode }: Stats): void {
  const depth = path.split("/").filter((part) => part !== "").length;
  if (depth < DEPTH_MIN || (mode & STICKY) !== 0) {
    throw new FatalError("dataDir", `${path} is a system directory: use one of its own, such as ${path}/swarm`);
  }
  if (uid !== process.getuid?.()) {
    throw new FatalError(
      "dataDir",
      `${path} belongs to user ${uid}, who could read and change it: make root its owner`,
    );
  }
}

function closeFilesIn(directory: string): void {
  if (!existsSync(directory)) return;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isFile()) chmodSync(join(directory, entry.name), FILE_MODE);
  }
}

/**
 * Step by step on purpose: Node's own recursive mkdir never returns if the kernel answers ENOENT, as below /proc.
 */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  mkdirSync(path, { mode: DIRECTORY_MODE });
}

function octal(mode: number): string {
  return (mode & PERMISSIONS).toString(8).padStart(4, "0");
}
