import { posix } from "node:path";
import { diskFaultOf } from "../../../shared/disk-fault.ts";
import { messageOf, SwarmError } from "../../../shared/errors.ts";
import type {
  GetArchiveRequest,
  PathStat,
  PathStatKind,
  PutArchiveRequest,
  PutArchiveResponse,
  PutArchiveStart,
  StatPathRequest,
  TarPiece,
} from "../../../shared/rpc/gen/streams.ts";
import type { CallContext, Send } from "../../../shared/rpc/handler.ts";
import type { Sendable } from "../../../shared/rpc/sendable.ts";
import { unlessAborted } from "../../../shared/unless-aborted.ts";
import type { ContainerLookup, KnownContainer } from "../../executor/container-lookup.ts";
import type { FileKind, HostFiles } from "../../ports/host-files.ts";
import type { ProgramLauncher } from "../../ports/program-launcher.ts";
import type { RootedTree, RootedTrees } from "../../ports/rooted-tree.ts";
import type { TreeWriter } from "../../ports/tree-writer.ts";
import { openOrMake } from "../../volumes/open-or-make.ts";
import type { RootUse } from "../containers/container-files.ts";
import { readTar, type TarEntry } from "./tar-reader.ts";
import type { OnUse } from "./use-event.ts";

export interface ArchiveParts {
  readonly lookup: ContainerLookup;
  /** Calls `work` with the root of a container's files, whether or not it runs. */
  readonly withRoot: <T>(container: KnownContainer, how: RootUse, work: (root: string) => Promise<T>) => Promise<T>;
  /** Whom the container's processes run as, by the accounts in its files. @throws SwarmError */
  readonly userOf: (container: KnownContainer, tree: RootedTree) => Promise<Owner | null>;
  readonly files: HostFiles;
  readonly trees: RootedTrees;
  readonly launcher: ProgramLauncher;
  readonly writer: TreeWriter;
  readonly onUse: OnUse;
}

type SendPiece = Send<Sendable<TarPiece>>;

const KINDS: { readonly [Kind in FileKind]: PathStatKind } = {
  file: "FILE",
  directory: "DIRECTORY",
  link: "LINK",
  whiteout: "OTHER",
  other: "OTHER",
};
/** GNU tar's code for "a file changed while it was read": what it was before or after is in the archive. */
const TAR_CHANGED = 1;

/** What is at a path of a container. Links lead nowhere outside of the container. */
export async function statPath(
  parts: ArchiveParts,
  { container, path }: StatPathRequest,
  { signal }: CallContext,
): Promise<PathStat> {
  return await inTree(
    parts,
    container,
    { isWritten: false, hasMounts: true, signal },
    async (tree) => await look(parts, tree, path),
  );
}

async function look(parts: ArchiveParts, tree: RootedTree, path: string): Promise<PathStat> {
  const absolute = posix.resolve("/", path);
  const [directory, name] = [posix.dirname(absolute), posix.basename(absolute)];
  const target = await tree.resolve(absolute);
  await using parent = await tree.openDirectory(directory);
  const place = parent === null ? null : `${parent.handlePath}/${absolute === "/" ? "." : name}`;
  const own = place === null ? null : absolute === "/" ? "directory" : await parts.files.kindOf(place);
  const attributes = place === null ? null : await parts.files.attributesOf(place);
  return {
    kind: own === null ? "NONE" : KINDS[own],
    targetKind: target.kind === null ? "NONE" : KINDS[target.kind],
    targetPath: target.path,
    ...(attributes ?? { mode: 0, size: 0, changedAtMs: 0 }),
  };
}

/**
 * A file or directory as an archive. The directory that it is in is opened inside the container's root and handed to
 * tar, which goes on from there by open directories and follows no link.
 */
export async function getArchive(
  parts: ArchiveParts,
  { container, path, followLink, contentsOnly }: GetArchiveRequest,
  { signal }: CallContext,
  send: SendPiece,
): Promise<void> {
  await inTree(parts, container, { isWritten: false, hasMounts: true, signal }, async (tree, { key, name: called }) => {
    const absolute = posix.resolve("/", path);
    const meant = followLink || contentsOnly ? (await tree.resolve(absolute)).path : absolute;
    const isWhole = contentsOnly || meant === "/";
    await using parent = await tree.openDirectory(isWhole ? meant : posix.dirname(meant));
    const name = isWhole ? "." : posix.basename(meant);
    if (parent === null || (!isWhole && (await parts.files.kindOf(`${parent.handlePath}/${name}`)) === null))
      throw new SwarmError("notFound", `Could not find the file ${path} in container ${called}`);
    parts.onUse(key, "archive-path");
    await tar(parts, ["--directory", parent.handlePath, "--", name], signal, send);
  });
}

/** All files of a container, without what is mounted there, by names without a beginning. */
export async function exportAll(
  parts: ArchiveParts,
  container: string,
  { signal }: CallContext,
  send: SendPiece,
): Promise<void> {
  await inTree(parts, container, { isWritten: false, hasMounts: false, signal }, async (tree, { key }) => {
    await using root = await tree.openDirectory("/");
    if (root === null) throw new SwarmError("notFound", `No such container: ${container}`);
    const words = ["--one-file-system", "--transform", "s,^\\./\\(.\\),\\1,S", "--directory", root.handlePath];
    parts.onUse(key, "export");
    await tar(parts, [...words, "--", "."], signal, send);
  });
}

/** Unpacks an archive into a directory of a container. Nothing outside is touched, whatever it says. */
export async function putArchive(
  parts: ArchiveParts,
  messages: AsyncIterable<PutArchiveRequest>,
  { signal }: CallContext,
): Promise<PutArchiveResponse> {
  const incoming = messages[Symbol.asyncIterator]();
  const { done, value } = await incoming.next();
  const start = done === true ? null : (value.start ?? null);
  if (start === null) throw new SwarmError("invalidArgument", "an archive comes after the word where it goes");
  return await inTree(parts, start.container, { isWritten: true, hasMounts: true, signal }, (tree, container) =>
    unpackAll(parts, { tree, container }, start, piecesOf(incoming)),
  );
}

async function unpackAll(
  parts: ArchiveParts,
  { tree, container }: { readonly tree: RootedTree; readonly container: KnownContainer },
  start: PutArchiveStart,
  pieces: AsyncIterable<Buffer>,
): Promise<PutArchiveResponse> {
  if ((await tree.resolve(start.path)).kind !== "directory") {
    throw await noDirectory(tree, start.path, container.name);
  }
  const owner = await ownerOf(parts, { tree, container }, start);
  let entries = 0;
  for await (const entry of readTar(pieces)) {
    try {
      await unpack(parts, { tree, owner }, start, entry);
    } catch (error) {
      if (error instanceof SwarmError) throw error;
      const why = diskFaultOf(error);
      const what = `cannot unpack ${JSON.stringify(entry.path)}`;
      const sentence =
        why === null
          ? `${what}: ${messageOf(error)}`
          : `${what} into ${start.path} of container ${container.name}: the file system there cannot be written, ${why}`;
      throw new SwarmError("failedPrecondition", sentence, { cause: error });
    }
    entries++;
  }
  parts.onUse(container.key, "extract-to-dir");
  return { entries };
}

async function inTree<T>(
  { lookup, trees, withRoot }: ArchiveParts,
  ref: string,
  how: RootUse,
  work: (tree: RootedTree, container: KnownContainer) => Promise<T>,
): Promise<T> {
  const container = await lookup.find(ref);
  return await withRoot(container, how, async (root) => {
    await using tree = await trees.open(root);
    return await work(tree, container);
  });
}

async function* piecesOf(incoming: AsyncIterator<PutArchiveRequest>): AsyncGenerator<Buffer> {
  for (let next = await incoming.next(); next.done !== true; next = await incoming.next()) {
    if (next.value.data !== undefined) yield next.value.data;
  }
}

async function unpack(
  { writer, files }: ArchiveParts,
  { tree, owner }: { readonly tree: RootedTree; readonly owner: Owner | null },
  start: PutArchiveStart,
  entry: TarEntry,
): Promise<void> {
  const path = placeOf(start, entry.path);
  const [directory, name] = [posix.dirname(path), posix.basename(path)];
  // The destination itself, which is there.
  if (path === posix.resolve("/", start.path)) return;
  await using parent = await openOrMake(writer, tree, directory);
  const at = parent.handlePath;
  const attributes = { mode: entry.mode, mtimeSeconds: entry.mtimeSeconds, ...(owner ?? entry) };
  if (start.keepKinds) await refuseOtherKind(files, `${at}/${name}`, entry);
  switch (entry.kind) {
    case "directory":
      await writer.directory(at, name, attributes);
      return;
    case "file":
      await writer.file(at, name, attributes, entry.content);
      return;
    case "link":
      await writer.link(at, name, entry.target, attributes);
      return;
    case "hardLink": {
      const from = placeOf(start, entry.target);
      await using source = await tree.openDirectory(posix.dirname(from));
      if (source === null) throw new SwarmError("invalidArgument", `${entry.path} is a link to nothing in the archive`);
      await writer.hardLink(at, name, source.handlePath, posix.basename(from));
      return;
    }
    case "other":
      throw new SwarmError(
        "invalidArgument",
        `${JSON.stringify(entry.path)} in the archive is a device or a FIFO, which nobody can copy here: leave it out`,
      );
  }
}

type Owner = { readonly uid: number; readonly gid: number };

async function noDirectory(tree: RootedTree, path: string, name: string): Promise<SwarmError> {
  if ((await tree.resolve(path)).kind === null)
    return new SwarmError("notFound", `Could not find the file ${path} in container ${name}`);
  return new SwarmError("invalidArgument", `extraction point is not a directory: ${path} in container ${name}`);
}

/** Who gets what is unpacked; null = whom the archive says. */
async function ownerOf(
  { userOf }: ArchiveParts,
  { tree, container }: { readonly tree: RootedTree; readonly container: KnownContainer },
  { keepOwners, ownUser }: PutArchiveStart,
): Promise<Owner | null> {
  const user = ownUser ? await userOf(container, tree) : null;
  return user ?? (keepOwners ? null : { uid: 0, gid: 0 });
}

/** @throws SwarmError invalidArgument where one of two is a directory, and the other is none. */
async function refuseOtherKind(files: HostFiles, place: string, { kind, path }: TarEntry): Promise<void> {
  const there = await files.kindOf(place);
  if (there === null || (there === "directory") === (kind === "directory")) return;
  const [old, fresh] = there === "directory" ? ["directory", "non-directory"] : ["non-directory", "directory"];
  throw new SwarmError("invalidArgument", `cannot overwrite ${old} with ${fresh} ${JSON.stringify(path)}`);
}

/** Absolute in the container. @throws SwarmError invalidArgument for a name that leads up. */
function placeOf({ path, renameTop }: PutArchiveStart, name: string): string {
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..") || name.includes("\0")) {
    throw new SwarmError("invalidArgument", `${JSON.stringify(name)} in the archive leads out of the directory`);
  }
  const renamed = renameTop === "" ? parts : [...(renameTop === "." ? [] : [renameTop]), ...parts.slice(1)];
  return posix.join(posix.resolve("/", path), ...renamed);
}

async function tar(parts: ArchiveParts, words: readonly string[], signal: AbortSignal, send: SendPiece): Promise<void> {
  const argv = ["tar", "--create", "--format=gnu", "--numeric-owner", "--file=-", ...words] as [string, ...string[]];
  using program = parts.launcher.launch(argv, { stdin: false, stdout: true, stderr: true });
  const complaint: Buffer[] = [];
  const listening = (async () => {
    for await (const said of program.stderr) if (complaint.length < 4) complaint.push(said);
  })();
  const run = async (): Promise<void> => {
    for await (const data of program.stdout) await send({ data });
    const exitCode = await program.exit;
    await listening;
    if (exitCode === 0 || exitCode === TAR_CHANGED) return;
    const said = Buffer.concat(complaint).toString().trim().split("\n")[0] ?? "";
    throw new SwarmError("failedPrecondition", `tar failed on the host: ${said.slice(0, 500)}`);
  };
  await unlessAborted(run(), signal);
}
