import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { lstat, mkdir, mkdtemp, readdir, realpath, rename, rm, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { SwarmError } from "../../shared/errors.ts";
import { fileFault, NO_DIRECTORY } from "./file-fault.ts";

/** What is at a path of this host. */
export interface LocalPlace {
  readonly kind: "none" | "file" | "directory" | "other";
}

/** What is at a path; links are followed unless told otherwise. */
export async function localPlace(path: string, isFollowed: boolean): Promise<LocalPlace> {
  try {
    const stats = isFollowed ? await stat(path) : await lstat(path);
    return { kind: stats.isDirectory() ? "directory" : stats.isFile() ? "file" : "other" };
  } catch (error) {
    if (isFollowed) return localPlace(path, false);
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { kind: "none" };
    throw new SwarmError("invalidArgument", `cannot look at ${path}: ${(error as Error).message}`);
  }
}

/** Where a link of this host leads to. */
export async function whereTo(path: string): Promise<string> {
  return await realpath(path).catch((error: Error) => {
    throw new SwarmError("invalidArgument", `cannot look at ${path}: ${error.message}`);
  });
}

/** A file or directory as a tar archive whose entries begin with its name. @throws SwarmError when tar fails. */
export async function* packed(path: string): AsyncGenerator<Buffer> {
  const name = basename(path) === "" ? "." : basename(path);
  const words = ["--create", "--format=gnu", "--numeric-owner", "--file=-", "--directory", dirname(path), "--", name];
  const child = spawn("tar", words, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = endOf(child);
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) yield chunk;
  await ended;
}

/** Unpacks the content of an archive's one directory into a directory, which is made if it is not there. */
export async function unpackInto(directory: string, chunks: AsyncIterable<Buffer>, keepOwners: boolean): Promise<void> {
  await mkdir(directory, { recursive: true }).catch((cause: unknown) => {
    throw new SwarmError("invalidArgument", `cannot write ${directory}: ${fileFault(cause, NO_DIRECTORY)}`, { cause });
  });
  await unpack(chunks, [...ownerWords(keepOwners), "--strip-components=1", "--directory", directory]);
}

/** Unpacks an archive's one entry, which is no directory, as the file at a path. */
export async function unpackAs(path: string, chunks: AsyncIterable<Buffer>, keepOwners: boolean): Promise<void> {
  const aside = await mkdtemp(join(dirname(path), ".swarmctl-cp-")).catch((cause: unknown) => {
    throw new SwarmError("invalidArgument", `cannot write ${path}: ${fileFault(cause, NO_DIRECTORY)}`, { cause });
  });
  try {
    await unpack(chunks, [...ownerWords(keepOwners), "--directory", aside]);
    const [name] = await readdir(aside);
    if (name === undefined) throw new SwarmError("internal", "the archive was empty");
    await rename(join(aside, name), path);
    await rmdir(aside);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

function ownerWords(keepOwners: boolean): readonly string[] {
  return keepOwners ? ["--same-owner", "--numeric-owner"] : ["--no-same-owner"];
}

async function unpack(chunks: AsyncIterable<Buffer>, words: readonly string[]): Promise<void> {
  const child = spawn("tar", ["--extract", "--file=-", "--same-permissions", ...words], {
    stdio: ["pipe", "inherit", "inherit"],
  });
  const ended = endOf(child);
  ended.catch(() => {});
  // It says itself why it has ended.
  child.stdin.on("error", () => {});
  for await (const chunk of chunks) {
    if (child.exitCode !== null) break;
    if (!child.stdin.write(chunk)) await Promise.race([once(child.stdin, "drain"), ended]);
  }
  child.stdin.end();
  await ended;
}

async function endOf(child: ChildProcess): Promise<void> {
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", (error) => reject(new SwarmError("failedPrecondition", `cannot run tar: ${error.message}`)));
    child.once("exit", resolve);
  });
  // 1 = a file changed while it was read.
  if (code !== 0 && code !== 1) throw new SwarmError("failedPrecondition", "tar failed");
}
