import { SwarmError } from "../../../shared/errors.ts";
import { lastSaid, toolFault } from "../../images/store-tools.ts";
import type { StreamedCommands } from "../../ports/streamed-commands.ts";
import type { ImageServiceParts } from "./image-parts.ts";

/** Names of a few million files; more than a layer should hold. */
const LIST_BYTES_MAX = 256 << 20;
const STDERR_BYTES_MAX = 64 << 10;
/** How stat prints the device number of a whiteout: overlayfs says "deleted below" by a character device 0:0. */
const WHITEOUT = "0:0 ";

/**
 * What a container has changed. Names are relative to its root and hold one character for each byte ("latin1"): file
 * names are bytes, and need not be UTF-8.
 */
export interface ChangedFiles {
  /** What its layer holds, directories before what is in them. */
  readonly kept: readonly string[];
  /** Names of the layer's notes about what is gone: `.wh.NAME`, and `.wh..wh..opq` in a directory that was replaced. */
  readonly whiteouts: readonly string[];
}

export interface Changed {
  /** The directory that the kernel writes changes to. */
  readonly upper: string;
  /** The layers of its image, topmost first. */
  readonly below: readonly string[];
  /** Where its mounts have their places, absolute. */
  readonly mountTargets: readonly string[];
}

type Parts = Pick<ImageServiceParts, "streamed" | "files" | "trees">;

/** @throws SwarmError resourceExhausted for more files than one list may hold. */
export async function listChanges(parts: Parts, changed: Changed, signal: AbortSignal): Promise<ChangedFiles> {
  const { upper } = changed;
  if ((await parts.files.kindOf(upper)) !== "directory") return { kept: [], whiteouts: [] };
  const [all, devices, opaque] = await Promise.all([
    said(parts.streamed, ["find", upper, "-mindepth", "1", "-printf", "%P\\0"], signal),
    said(parts.streamed, ["find", upper, "-type", "c", "-exec", "stat", "--printf", "%t:%T %n\\0", "{}", "+"], signal),
    said(
      parts.streamed,
      [
        ...(["getfattr", "--recursive", "--physical", "--no-dereference", "--absolute-names"] as const),
        ...["--match", "^trusted\\.overlay\\.opaque$", "--", upper],
      ],
      signal,
    ),
  ]);
  const prefix = Buffer.from(`${upper}/`).toString("latin1");
  const gone = devices
    .split("\0")
    .filter((line) => line.startsWith(WHITEOUT))
    .map((line) => line.slice(WHITEOUT.length + prefix.length));
  const opaqueOnes = opaqueDirectories(opaque)
    .filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length));
  const places = await placesOfMounts(parts, changed);
  const names = all.split("\0").filter((name) => name !== "");
  return changedFilesAmong(names, { gone, opaque: opaqueOnes, places });
}

/** Pure: what of all names is kept, and what is said of those that are gone. */
export function changedFilesAmong(
  all: readonly string[],
  about: {
    readonly gone: readonly string[];
    readonly opaque: readonly string[];
    /** Made for mounts alone, where the image has nothing. */
    readonly places: ReadonlySet<string>;
  },
): ChangedFiles {
  const gone = new Set(about.gone);
  // A place for a mount with something else in it is a directory like others.
  const needed = new Set(all.filter((name) => !about.places.has(name)).flatMap(directoriesOf));
  return {
    kept: all.filter((name) => !gone.has(name) && (!about.places.has(name) || needed.has(name))),
    whiteouts: [
      ...about.opaque.map((name) => `${name}/.wh..wh..opq`),
      ...about.gone.map((name) => {
        const at = name.lastIndexOf("/") + 1;
        return `${name.slice(0, at)}.wh.${name.slice(at)}`;
      }),
    ],
  };
}

/** `a/b/c`: `a` and `a/b`. */
function directoriesOf(name: string): readonly string[] {
  const parts = name.split("/");
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join("/"));
}

/** Paths in getfattr's listing, where odd bytes are written as octal numbers. */
export function opaqueDirectories(listing: string): readonly string[] {
  return [...listing.matchAll(/^# file: (.*)$/gm)].map(([, path = ""]) =>
    path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
  );
}

/** What was made in the container's root so that something could be mounted there, and all directories above it. */
async function placesOfMounts(
  { files, trees }: Parts,
  { upper, below, mountTargets }: Changed,
): Promise<ReadonlySet<string>> {
  const places = new Set<string>();
  const candidates = new Set(mountTargets.flatMap(withParents));
  if (candidates.size === 0) return places;
  await using stack = new AsyncDisposableStack();
  const layers = await Promise.all(below.map(async (directory) => stack.use(await trees.open(`${directory}/.`))));
  const isBelow = async (path: string): Promise<boolean> => {
    for (const layer of layers) {
      const { kind } = await layer.resolve(path);
      if (kind !== null) return kind !== "whiteout";
    }
    return false;
  };
  // The deepest first: what is there of the image as well is a place where only places are in it.
  for (const path of [...candidates].sort((one, other) => other.length - one.length)) {
    const kind = await files.kindOf(`${upper}${path}`);
    const isEmptyFile = kind === "file" && (await files.sizeOf(`${upper}${path}`)) === 0;
    const hasPlaces = [...places].some((place) => place.startsWith(`${bytesOf(path)}/`));
    const isPlace =
      (isEmptyFile && !(await isBelow(path))) || (kind === "directory" && (hasPlaces || !(await isBelow(path))));
    if (isPlace) places.add(bytesOf(path));
  }
  return places;
}

/** Relative to the root, a character for each byte. */
function bytesOf(path: string): string {
  return Buffer.from(path.slice(1)).toString("latin1");
}

/** `/a/b`: `/a` and `/a/b`. */
function withParents(path: string): readonly string[] {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return parts.map((_, at) => `/${parts.slice(0, at + 1).join("/")}`);
}

/** What a program says, a character for each byte. */
async function said(
  streamed: StreamedCommands,
  argv: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  let stderr = "";
  const exitCode = await streamed.stream({
    argv,
    signal,
    onStdout: async (piece) => {
      bytes += piece.length;
      if (bytes > LIST_BYTES_MAX) throw new SwarmError("resourceExhausted", "the container has changed too many files");
      pieces.push(Buffer.from(piece));
    },
    onStderr: async (piece) => {
      stderr = `${stderr}${piece}`.slice(-STDERR_BYTES_MAX);
    },
  });
  // Files may go while they are listed, unless the container is held: what is there in the end is in the layer.
  if (exitCode === 127) throw toolFault({ exitCode, stderr: lastSaid(stderr) }, argv[0]);
  return Buffer.concat(pieces).toString("latin1");
}
