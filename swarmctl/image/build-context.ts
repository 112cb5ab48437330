import { DockerIgnore } from "../../shared/dockerignore.ts";
import { SwarmError } from "../../shared/errors.ts";
import type { BulkFiles, Cli } from "../cli.ts";

/** What is built from, and where its Dockerfile is. */
export interface BuildContext {
  /** Path in the context. */
  readonly dockerfile: string;
  readonly bytes: AsyncIterable<Buffer>;
}

const IGNORE_FILE = ".dockerignore";
const TEXT_BYTES_MAX = 4 << 20;
const TAR_BLOCK_BYTES = 512;

/**
 * The context as a tar: a directory without what .dockerignore says; with "-" what comes on standard input, a tar or,
 * if it is text, a Dockerfile that needs no files. `text` is a directory's Dockerfile that is in no file.
 */
export async function buildContext(
  cli: Cli,
  path: string,
  file: string | undefined,
  text: string | null = null,
): Promise<BuildContext> {
  const files = await cli.openBulkFiles();
  if (/^(https?|git|ssh):|\.git$/.test(path) && !files.exists(path)) {
    throw new SwarmError("invalidArgument", `fetch ${path} first: a build's context is a directory, or - for a tar`);
  }
  if (path === "-") {
    const all = await cli.readBytes("-", Number.MAX_SAFE_INTEGER);
    if (isTar(all)) return { dockerfile: file ?? "Dockerfile", bytes: once([all]) };
    return { dockerfile: "Dockerfile", bytes: once([tarOfFile("Dockerfile", all), endOfTar()]) };
  }
  const wanted = file ?? `${path}/Dockerfile`;
  const ownList = `${wanted}${IGNORE_FILE}`;
  const names = namesIn(cli, files, path, ownList);
  // By it the host sees that the Dockerfile is left out as well.
  const list = files.exists(ownList) && !names.includes(IGNORE_FILE) ? cli.readTextFile(ownList) : null;
  const listed = list === null ? Buffer.alloc(0) : tarOfFile(IGNORE_FILE, Buffer.from(list));
  if (text !== null || file === "-") {
    const given = text === null ? await cli.readBytes("-", TEXT_BYTES_MAX) : Buffer.from(text);
    const dockerfile = freeName(names);
    return { dockerfile, bytes: both(tarOfFile(dockerfile, given), files.tar(path, names)) };
  }
  const inside = within(cli.absolute(path), cli.absolute(wanted));
  if (inside !== null) {
    if (!files.exists(wanted)) throw new SwarmError("invalidArgument", `cannot read ${wanted}: no such file`);
    // It is needed, whatever .dockerignore says.
    return { dockerfile: inside, bytes: both(listed, files.tar(path, [...new Set([...names, inside])])) };
  }
  const dockerfile = freeName(names);
  const outside = await cli.readBytes(wanted, TEXT_BYTES_MAX);
  return { dockerfile, bytes: both(tarOfFile(dockerfile, outside), files.tar(path, names)) };
}

/** Files and directories of the context, directories first. A list of the Dockerfile's own counts first. */
function namesIn(cli: Cli, files: BulkFiles, root: string, ownIgnore: string): readonly string[] {
  const isOwn = files.exists(ownIgnore);
  const ignorePath = isOwn ? ownIgnore : `${root}/${IGNORE_FILE}`;
  const ignore = new DockerIgnore(files.exists(ignorePath) ? cli.readTextFile(ignorePath) : "");
  const names: string[] = [];
  const walk = (directory: string): void => {
    for (const { name, isDirectory } of files.list(directory === "" ? root : `${root}/${directory}`)) {
      const path = directory === "" ? name : `${directory}/${name}`;
      const isOut = ignore.leavesOut(path) && (path !== IGNORE_FILE || isOwn);
      if (!isOut) names.push(path);
      if (isDirectory && (!isOut || ignore.mayTakeFrom(path))) walk(path);
    }
  };
  walk("");
  return names;
}

/** The path relative to a directory; null = it is outside. */
function within(directory: string, path: string): string | null {
  const prefix = directory === "/" ? "/" : `${directory}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : null;
}

function freeName(names: readonly string[]): string {
  for (let at = 0; ; at++) {
    const name = `.Dockerfile.${at}`;
    if (!names.includes(name)) return name;
  }
}

/** By the magic of POSIX and GNU, or a compression. */
function isTar(bytes: Buffer): boolean {
  if (bytes.subarray(257, 262).toString() === "ustar") return true;
  return [
    [0x1f, 0x8b],
    [0xfd, 0x37],
    [0x28, 0xb5],
    [0x42, 0x5a],
  ].some((magic) => magic.every((byte, at) => bytes[at] === byte));
}

/** One file as an archive without an end, so that more can follow. */
export function tarOfFile(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(TAR_BLOCK_BYTES);
  header.write(name, 0);
  header.write("0000644\0", 100);
  header.write("0000000\0", 108);
  header.write("0000000\0", 116);
  header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
  header.write("00000000000\0", 136);
  header.fill(" ", 148, 156);
  header.write("0", 156);
  header.write("ustar\0" + "00", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  const padding = Buffer.alloc((TAR_BLOCK_BYTES - (content.length % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES);
  return Buffer.concat([header, content, padding]);
}

function endOfTar(): Buffer {
  return Buffer.alloc(2 * TAR_BLOCK_BYTES);
}

async function* once(pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* pieces;
}

async function* both(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}
