import { SwarmError } from "../../../shared/errors.ts";
import type { DiffResponse, FileChange } from "../../../shared/rpc/gen/streams.ts";
import type { ContainerLookup } from "../../executor/container-lookup.ts";
import type { HostFiles } from "../../ports/host-files.ts";
import type { RootedTree, RootedTrees } from "../../ports/rooted-tree.ts";

export interface DiffParts {
  readonly lookup: ContainerLookup;
  readonly files: HostFiles;
  readonly trees: RootedTrees;
  /** What the layers' links in a mount's options are relative to. */
  readonly overlayDirectory: string;
}

/** Of a line of mountinfo (proc(5)). */
const MOUNT_TARGET_FIELD = 4;
/** A listing of more is no longer read by people. */
const CHANGES_MAX = 200_000;

/**
 * What a container has changed, from the directory to which the kernel writes its changes. Where its mounts have their
 * places was made for it and is left out only when nothing else is there, as in Docker.
 */
export async function diff(parts: DiffParts, ref: string): Promise<DiffResponse> {
  const { paths, pid, name } = await parts.lookup.findRunning(ref);
  const mounts = ((await parts.files.readText(`/proc/${pid}/mountinfo`)) ?? "")
    .split("\n")
    .map((line) => line.split(" "));
  const targets = new Set(mounts.map((fields) => fields[MOUNT_TARGET_FIELD]));
  const layers = await openLayers(parts, mounts, name);
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

/** The image's layers, topmost first, as the kernel has them mounted. */
async function openLayers(
  { trees, overlayDirectory }: DiffParts,
  mounts: readonly (readonly string[])[],
  name: string,
): Promise<readonly RootedTree[]> {
  const root = mounts.find((fields) => fields[MOUNT_TARGET_FIELD] === "/" && fields.includes("overlay"));
  const lower = /(?:^|,)lowerdir=([^,]+)/.exec(root?.at(-1) ?? "")?.[1];
  if (lower === undefined) throw new SwarmError("failedPrecondition", `the layers of container ${name} are not known`);
  const layers: RootedTree[] = [];
  for (const link of lower.split(":")) {
    const place = link.startsWith("/") ? link : `${overlayDirectory}/${link}`;
    // The link is our own, to a layer's directory beside it.
    layers.push(await trees.open(`${place}/.`));
  }
  return layers;
}
