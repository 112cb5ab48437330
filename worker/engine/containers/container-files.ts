import { SwarmError } from "../../../shared/errors.ts";
import type { ContainerExecutor } from "../../executor/container-executor.ts";
import type { ContainerLookup, KnownContainer } from "../../executor/container-lookup.ts";
import { imageLines } from "../../images/image-lines.ts";
import type { LocalImage } from "../../images/image-store.ts";
import type { HostFiles } from "../../ports/host-files.ts";
import type { OpenRoot, RootMounts } from "../../ports/root-mounts.ts";
import type { RootedTree } from "../../ports/rooted-tree.ts";
import { readOnlyOverlay, writableOverlay } from "../../runtime/launch-command.ts";
import { makeOwnFiles } from "../../runtime/own-files.ts";
import { resolveUser } from "../../runtime/users.ts";
import type { OwnContainers } from "./own-containers.ts";
import { mountStopped, type StoppedMountsParts, stoppedMounts, withVolumes } from "./stopped-mounts.ts";

export interface ContainerFilesParts extends StoppedMountsParts {
  readonly lookup: ContainerLookup;
  readonly own: Pick<OwnContainers, "get">;
  readonly executor: Pick<ContainerExecutor, "image" | "limits" | "record">;
  readonly files: Pick<HostFiles, "makeDirectory" | "readText">;
  readonly mounts: RootMounts;
}

/** What is done with the root of a container's files. */
export interface RootUse {
  readonly isWritten: boolean;
  /** Whether what would be mounted there when it runs matters. */
  readonly hasMounts: boolean;
  readonly signal: AbortSignal;
}

/**
 * Calls `work` with the root of a container's files on this host: of one that runs, as its processes see it; of any
 * other, its image with what it has changed, and with its volumes where people's own have them. To write into one that
 * does not run, nobody may start or remove it meanwhile, so `work` is done in between, as it is where volumes are
 * mounted; reading the rest needs no such turn.
 * @throws SwarmError failedPrecondition to write into a task's container that has ended.
 */
export async function withContainerRoot<T>(
  parts: ContainerFilesParts,
  container: KnownContainer,
  use: RootUse,
  work: (root: string) => Promise<T>,
): Promise<T> {
  const root = await runningRoot(parts, container);
  if (root !== null) return await work(root);
  const life = parts.own.get(container.key);
  if (life === undefined && use.isWritten) {
    const sentence = `container ${container.name} has ended: nothing can be copied into what is left of a task`;
    throw new SwarmError("failedPrecondition", sentence);
  }
  const image = await imageOf(parts, container, use.signal);
  const plan = life === undefined || !use.hasMounts ? null : stoppedMounts(parts, life.stored, image);
  if (life === undefined || (plan === null && !use.isWritten)) {
    return await mounted(parts, container, { image, options: readOnlyOverlay }, (open) => work(open.rootfs));
  }
  const made = { image, options: writableOverlay };
  return await life.locked(async () => {
    // It may have been started before its turn came.
    const started = await runningRoot(parts, container);
    if (started !== null) return await work(started);
    if (plan === null) return await mounted(parts, container, made, (open) => work(open.rootfs));
    return await withVolumes(parts, plan, use.signal, (empty) =>
      mounted(parts, container, made, async (open) => {
        const scratch = `${container.paths.data}/parts`;
        await mountStopped(parts, plan, { root: open, empty, scratch }, use.signal);
        return await work(open.rootfs);
      }),
    );
  });
}

/** null = it does not run. */
async function runningRoot({ lookup }: ContainerFilesParts, { key }: KnownContainer): Promise<string | null> {
  const fact = await lookup.inspect(key);
  return fact.kind === "running" ? `/proc/${fact.pid}/root/.` : null;
}

async function mounted<T>(
  { files, mounts, own, executor }: ContainerFilesParts,
  { key, paths }: KnownContainer,
  { image, options }: { readonly image: LocalImage; readonly options: typeof writableOverlay },
  work: (root: OpenRoot) => Promise<T>,
): Promise<T> {
  // One that was never started has none of them.
  await files.makeDirectory(paths.data, 0o700);
  const storageOptions = own.get(key)?.config.task?.container?.storageOptions ?? {};
  await makeOwnFiles(paths, { storageOptions }, { files, limits: executor.limits });
  await files.makeDirectory(paths.rootfs, 0o755);
  const overlay = {
    directory: image.overlayDirectory,
    options: options(image.layerLinks, paths),
    target: paths.rootfs,
  };
  await using root = mounts.open(overlay);
  return await work(root);
}

/** It is found by its id; the name is for complaints alone, and a task's is its manager's business. */
const UNNAMED = "image";

/** Directories of the layers that a container was made of, topmost first. @throws SwarmError notFound */
export async function layersOf(
  parts: Pick<ContainerFilesParts, "own" | "executor">,
  container: KnownContainer,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { overlayDirectory, layerLinks } = await imageOf(parts, container, signal);
  return layerLinks.map((link) => `${overlayDirectory}/${link}`);
}

/**
 * Whom a container's processes run as, by the accounts in its files; null where neither people nor its image name a
 * user. @throws SwarmError
 */
export async function userOf(
  { own, files }: Pick<ContainerFilesParts, "own" | "files">,
  { key, paths }: KnownContainer,
  tree: RootedTree,
): Promise<{ readonly uid: number; readonly gid: number } | null> {
  const spec = own.get(key)?.config.task?.container?.user ?? "";
  const made = await files.readText(paths.process);
  if (made !== null) {
    const { user } = JSON.parse(made) as Process;
    return spec === "" && user.uid === 0 ? null : user;
  }
  if (spec === "") return null;
  return await resolveUser(spec, [], imageLines(tree, "/etc/passwd"), () => imageLines(tree, "/etc/group"));
}

interface Process {
  readonly user: { readonly uid: number; readonly gid: number };
}

async function imageOf(
  { own, executor }: Pick<ContainerFilesParts, "own" | "executor">,
  { key, name }: KnownContainer,
  signal: AbortSignal,
): Promise<LocalImage> {
  const stored = own.get(key)?.stored;
  const imageId = stored?.imageId ?? executor.record(key)?.imageId;
  if (imageId === undefined) throw new SwarmError("notFound", `No such container: ${name}`);
  const reference = stored?.config?.task?.container?.image ?? UNNAMED;
  const how = { policy: "PULL_NEVER", serviceId: "", imageId } as const;
  return await executor.image(reference, how, signal, () => {});
}
