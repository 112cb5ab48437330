import { SwarmError } from "../../../shared/errors.ts";
import type { DiffResponse, FileChange } from "../../../shared/rpc/gen/streams.ts";
import type { ContainerLookup, KnownContainer } from "../../executor/container-lookup.ts";
import type { HostFiles } from "../../ports/host-files.ts";
import type { RootedTree, RootedTrees } from "../../ports/rooted-tree.ts";

export interface DiffParts {
  readonly lookup: ContainerLookup;
  readonly files: HostFiles;
  readonly trees: RootedTrees;
  /** Directories of the layers that a container was made of, topmost first. */
  readonly layersOf: (container: KnownContainer, signal: AbortSignal) => Promise<readonly string[]>;
}

/** Of a line of mountinfo (proc(5)). */
const MOUNT_TARGET_FIELD = 4;
/** A listing of more is no longer read by people. */
const CHANGES_MAX = 200_000;

/**
 * What a container has changed, from the directory to which the kernel writes its changes. Where its mounts have their
 * places was made for it and is left out only when nothing else is there, as in Docker.
 */
export async function diff(parts: DiffParts, ref: string, signal: AbortSignal): Promise<DiffResponse> {
  const container = await parts.lookup.find(ref);
  const { paths, name } = container;
  const targets = await mountTargets(parts, container);
  // A link of our own, to a layer's directory beside it, which is opened by what it leads to.
  const layers = await openAll(
    parts,
    (await parts.layersOf(container, signal)).map((place) => `${place}/.`),
  );
  await using stack = new AsyncDisposableStack();
  for (const layer of layers) stack.use(layer);
  const changes: FileChange[] = [];
  const isBelow = async (path: string): Promise<boolean> => {
    for (const layer of layers) {
      const { kind } = await layer.resolve(path);
      if (kind !== null) return kind !== "whiteout";
    }
    return false;
  };
  /** Whether everything that was found there was made for mounts. */
  const walk = async (directory: string): Promise<boolean> => {
    const before = changes.length;
    let hasPlaces = false;
    for (const entry of await parts.files.list(`${paths.upper}${directory}`)) {
      if (changes.length >= CHANGES_MAX) {
        throw new SwarmError("resourceExhausted", `container ${name} has changed more than ${CHANGES_MAX} files`);
      }
      const path = `${directory}/${entry}`;
      const kind = await parts.files.kindOf(`${paths.upper}${path}`);
      if (kind === null) continue;
      if (kind === "whiteout") {
        changes.push({ kind: "DELETED", path });
        continue;
      }
      const isChanged = await isBelow(path);
      if (!isChanged && targets.has(path)) {
        hasPlaces = true;
        continue;
      }
      const at = changes.push({ kind: isChanged ? "CHANGED" : "ADDED", path }) - 1;
      if (kind === "directory" && (await walk(path))) {
        changes.splice(at, 1);
        hasPlaces = true;
      }
    }
    return hasPlaces && changes.length === before;
  };
  await walk("");
  return { changes: changes.sort((one, other) => (one.path < other.path ? -1 : 1)) };
}

/** Where something is mounted, or was while it ran. */
async function mountTargets(
  { lookup, files }: DiffParts,
  { key, paths }: KnownContainer,
): Promise<ReadonlySet<string>> {
  const fact = await lookup.inspect(key);
  if (fact.kind !== "running") {
    const bundle = await files.readText(paths.config);
    return new Set(bundle === null ? [] : (JSON.parse(bundle) as Bundle).mounts.map(({ destination }) => destination));
  }
  const lines = ((await files.readText(`/proc/${fact.pid}/mountinfo`)) ?? "").split("\n");
  return new Set(lines.map((line) => line.split(" ")[MOUNT_TARGET_FIELD] ?? ""));
}

interface Bundle {
  readonly mounts: readonly { readonly destination: string }[];
}

async function openAll({ trees }: DiffParts, places: readonly string[]): Promise<readonly RootedTree[]> {
  const opened: RootedTree[] = [];
  for (const place of places) opened.push(await trees.open(place));
  return opened;
}
