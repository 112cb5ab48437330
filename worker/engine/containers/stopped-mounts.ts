import { posix } from "node:path";
import { SwarmError } from "../../../shared/errors.ts";
import type { ContainerKey } from "../../../shared/ids.ts";
import { createContainerId } from "../../../shared/objects/container-id.ts";
import type { Random } from "../../../shared/ports/random.ts";
import type { OwnContainer } from "../../../shared/rpc/gen/containers.ts";
import type { KeyedLock } from "../../executor/keyed-lock.ts";
import type { LocalImage } from "../../images/image-store.ts";
import type { OpenRoot } from "../../ports/root-mounts.ts";
import type { RootedTree, RootedTrees } from "../../ports/rooted-tree.ts";
import type { TreeWriter } from "../../ports/tree-writer.ts";
import type { OciMount } from "../../runtime/oci-mount.ts";
import { openOrMake } from "../../volumes/open-or-make.ts";
import { placeMounts } from "../../volumes/place-mounts.ts";
import { type MountPlan, planMounts, type VolumeUse } from "../../volumes/plan-mounts.ts";
import type { Volumes } from "../../volumes/volumes.ts";

export interface StoppedMountsParts {
  readonly volumes: Volumes;
  /** By a volume's name; the same as when containers are made. */
  readonly volumeLock: KeyedLock;
  readonly trees: RootedTrees;
  readonly writer: TreeWriter;
  readonly random: Random;
}

/** Of a file that something is mounted over. */
const EMPTY_FILE = { mode: 0o755, uid: 0, gid: 0, mtimeSeconds: 0 };

/** Volumes and paths of its host that a container has when it runs; null = none. Memory is empty until then. */
export function stoppedMounts(
  { volumes }: Pick<StoppedMountsParts, "volumes">,
  { id, config }: OwnContainer,
  image: LocalImage,
): MountPlan | null {
  const plan = planMounts({
    key: id as ContainerKey,
    mounts: config?.task?.container?.mounts ?? [],
    mayBorrow: (config?.volumesFrom ?? []).length > 0,
    imageVolumes: image.config.volumes,
    volumePath: (name) => volumes.pathOf(name),
  });
  const mounts = plan.mounts.filter(({ type }) => type === "bind");
  return mounts.length === 0 ? null : { ...plan, mounts };
}

/**
 * Calls `work` while the volumes of a container that does not run are there: made as at its first start, mounted where
 * they are file systems of their own.
 * @throws SwarmError as at its start.
 */
export async function withVolumes<T>(
  { volumes, volumeLock, random }: StoppedMountsParts,
  plan: MountPlan,
  signal: AbortSignal,
  work: (empty: readonly string[]) => Promise<T>,
): Promise<T> {
  await volumes.checkBindSources(plan.bindSources);
  // Not the container's own, which may be noted for a run that is over.
  const user: ContainerKey = createContainerId(random);
  const names = [...new Set(plan.volumes.map(({ name }) => name))].sort();
  const empty: string[] = [];
  try {
    for (const name of names) {
      const uses = plan.volumes.filter((use) => use.name === name);
      empty.push(...(await volumeLock.run(name, () => volumes.ensure(user, uses, signal))));
    }
    return await work(empty);
  } finally {
    for (const name of names) await volumeLock.run(name, () => volumes.release(name, user));
  }
}

/**
 * Mounts them into its root, where the links of its image lead, and fills what is empty as its first start would.
 * @param scratch a directory for parts of volumes.
 */
export async function mountStopped(
  { volumes, volumeLock, trees, writer }: StoppedMountsParts,
  { mounts, volumes: uses, ownTargets }: MountPlan,
  { root, empty, scratch }: { readonly root: OpenRoot; readonly empty: readonly string[]; readonly scratch: string },
  signal: AbortSignal,
): Promise<void> {
  await using tree = await trees.open(root.rootfs);
  await using host = await trees.open(root.pathOf("/"));
  const parts = new Map<string, string>();
  for (const [at, use] of uses.filter(({ subpath }) => subpath !== "").entries()) {
    const place = `${scratch}/${at}`;
    await volumes.mountPart(use, { mounted: root, place }, tree, signal);
    parts.set(use.target, place);
  }
  for (const name of empty) {
    const isWhole = (use: VolumeUse): boolean => use.name === name && use.isFilled && use.subpath === "";
    const targets = uses.filter(isWhole).map(({ target }) => target);
    await volumeLock.run(name, () => volumes.fill(name, targets, tree, signal));
  }
  const sources = mounts.map((mount) => ({ ...mount, source: parts.get(mount.destination) ?? mount.source }));
  const placed = await placeMounts(sources, (target) => ownTargets.has(target), tree);
  for (const mount of placed) await cover({ root, tree, host, writer }, mount);
}

interface Trees {
  readonly root: OpenRoot;
  readonly tree: RootedTree;
  /** The files of the host. */
  readonly host: RootedTree;
  readonly writer: TreeWriter;
}

async function cover({ root, tree, host, writer }: Trees, { source, destination, options }: OciMount): Promise<void> {
  await using from = await host.openPlace(source);
  // A socket, or a device: nothing can be copied there.
  if (from === null) return;
  await makePlace(writer, tree, destination, from.kind);
  await using place = await tree.openPlace(destination);
  if (place?.kind !== from.kind) {
    const sentence = `cannot mount ${source} at ${destination}: one is a directory, and the other is none`;
    throw new SwarmError("failedPrecondition", sentence);
  }
  root.cover(from.handlePath, place.handlePath);
  if (!options.some((option) => option === "ro" || option === "rro")) return;
  await using mounted = await tree.openPlace(destination);
  if (mounted !== null) root.makeReadOnly(mounted.handlePath);
}

async function makePlace(
  writer: TreeWriter,
  tree: RootedTree,
  path: string,
  kind: "file" | "directory",
): Promise<void> {
  if (kind === "directory") {
    await using _made = await openOrMake(writer, tree, path);
    return;
  }
  await using parent = await openOrMake(writer, tree, posix.dirname(path));
  if ((await tree.resolve(path)).kind !== null) return;
  await writer.file(parent.handlePath, posix.basename(path), EMPTY_FILE, nothing());
}

async function* nothing(): AsyncGenerator<Buffer> {}
