import { dirname } from "node:path";
import { Bell } from "../../shared/bell.ts";
import { isEmpty } from "../../shared/docker-shape/common.ts";
import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import { labelOf, labelsOf } from "../../shared/objects/labels.ts";
import { HOST_LIMITS } from "../../shared/objects/limits.ts";
import { SLOT_VOLUME_LABEL } from "../../shared/objects/slot-volume.ts";
import { sizeBytes } from "../../shared/objects/storage-options.ts";
import type { SlotVolume } from "../../shared/rpc/gen/objects.ts";
import type { CommandRunner } from "../ports/command-runner.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { MountedFiles } from "../ports/monitor-launcher.ts";
import type { OpenDirectory, RootedTree, RootedTrees } from "../ports/rooted-tree.ts";
import type { DirectoryLimits } from "../runtime/directory-limits.ts";
import { ASIDE, sweepVolume } from "./interrupted.ts";
import { needsMount } from "./mount-command.ts";
import { MountedVolumes } from "./mounted-volumes.ts";
import { type BindSource, isVolumeName, type VolumeDescription, type VolumeUse } from "./plan-mounts.ts";

export interface VolumesPorts {
  readonly files: HostFiles;
  readonly trees: RootedTrees;
  readonly commands: CommandRunner;
  /** Of volumes with a size. */
  readonly limits: DirectoryLimits;
}

/** Time to copy a large directory of an image; the launch as a whole has no longer limit. */
const COPY_TIMEOUT_MS = 120_000;

/** A volume with very many files on a slow disk. */
const MEASURE_TIMEOUT_MS = 600_000;

const DESCRIPTION_FILE = "volume.json";

/** Of a volume, in Docker's words. */
export type VolumeAction = "create" | "destroy";

/** What is known of a volume. */
export interface VolumeFacts extends VolumeDescription {
  /** Unix milliseconds; 0 = not known. */
  readonly createdAtMs: number;
}

/**
 * Volumes of this host: DIRECTORY/NAME/_data, as Docker's local driver keeps them; beside it what was said of it when
 * it was made, if anything was.
 */
export class Volumes {
  readonly #directory: string;
  readonly #hostname: string;
  readonly #ports: VolumesPorts;
  readonly #mounted: MountedVolumes;
  readonly #onChange: (action: VolumeAction, name: string) => void;
  /** Of slots, by name: when each was made. */
  readonly #ofSlots = new Map<string, number>();
  /** Rung when volumes of slots came or went. */
  readonly slotBell = new Bell();

  /** @param onChange is told of each volume that was made, or is gone. */
  constructor(
    options: { readonly directory: string; readonly runDirectory: string; readonly hostname: string },
    ports: VolumesPorts,
    onChange: (action: VolumeAction, name: string) => void = () => {},
  ) {
    this.#onChange = onChange;
    this.#directory = options.directory;
    this.#hostname = options.hostname;
    this.#ports = ports;
    this.#mounted = new MountedVolumes(options, ports);
  }

  /** Ends what was interrupted, and learns which volumes of slots there are. Once, before anything else is done. */
  async open(): Promise<void> {
    const names = (await this.#ports.files.list(this.#directory)).filter(isVolumeName);
    await Promise.all(names.map((name) => sweepVolume(`${this.#directory}/${name}`, this.#ports.files)));
    this.#ports.limits.sweep();
    for (const name of await this.list()) await this.#noteSlot(name, await this.#descriptionOf(name));
  }

  /** Volumes that slots go back to, those made last first, and no more than managers take. */
  slotVolumes(): readonly SlotVolume[] {
    return [...this.#ofSlots]
      .map(([name, createdAtMs]) => ({ name, createdAtMs }))
      .sort((a, b) => b.createdAtMs - a.createdAtMs || (a.name < b.name ? -1 : 1))
      .slice(0, HOST_LIMITS.slotVolumes.max);
  }

  /** Where a volume's content is. */
  pathOf(name: string): string {
    return `${this.#directory}/${name}/_data`;
  }

  /**
   * Makes the volumes that are not there, and mounts those that are file systems of their own. One that is there stays
   * as it was made, whatever is wanted now. Resolves with the names of those that hold nothing. The caller holds the
   * volumes' locks.
   * @throws SwarmError failedPrecondition when something else than a directory is in a volume's place, or it cannot be
   * mounted.
   */
  async ensure(key: ContainerKey, volumes: readonly VolumeUse[], signal: AbortSignal): Promise<readonly string[]> {
    const firstUses = new Map(volumes.toReversed().map((use) => [use.name, use]));
    const empty = await Promise.all(
      [...firstUses.values()].map(async ({ name, wanted }) => {
        const path = this.pathOf(name);
        const description = await this.make(name, wanted);
        if (needsMount(description)) await this.#mounted.use({ name, path, description }, key, signal);
        return (await this.#isEmpty(name)) ? [name] : [];
      }),
    );
    return empty.flat();
  }

  /**
   * Makes a volume that is not there. Resolves with what holds of it: as it was made, or is made now. Locked.
   * @throws SwarmError failedPrecondition for a size that the file system cannot keep.
   */
  async make(name: string, wanted: VolumeDescription): Promise<VolumeDescription> {
    const { files, limits } = this.#ports;
    if ((await files.kindOf(this.pathOf(name))) !== null) return await this.#descriptionOf(name);
    const size = labelOf(wanted.options, "size");
    if (size !== undefined) limits.check(`volume ${name}`, "its size");
    if (!isEmpty(wanted.options) || !isEmpty(wanted.labels)) {
      await files.makeDirectory(`${this.#directory}/${name}`, 0o755);
      // What is put beside its content belongs to it, too: it could not change places with it otherwise.
      if (size !== undefined) limits.limit([`${this.#directory}/${name}`], sizeBytes(size, "volume size"));
      await files.writeText(this.#descriptionPath(name), JSON.stringify(wanted));
    }
    // Last: a volume is there once its directory is.
    await files.makeDirectory(this.pathOf(name), 0o755);
    await this.#noteSlot(name, wanted);
    this.#onChange("create", name);
    return wanted;
  }

  /** Names of all volumes of this host, sorted. */
  async list(): Promise<readonly string[]> {
    const names = await this.#ports.files.list(this.#directory);
    const found = await Promise.all(names.map(async (name) => ((await this.has(name)) ? [name] : [])));
    return found.flat();
  }

  async has(name: string): Promise<boolean> {
    return isVolumeName(name) && (await this.#ports.files.kindOf(this.pathOf(name))) === "directory";
  }

  /** null = there is no such volume. */
  async describe(name: string): Promise<VolumeFacts | null> {
    if (!(await this.has(name))) return null;
    const createdAtMs = (await this.#ports.files.createdAtMs(`${this.#directory}/${name}`)) ?? 0;
    return { ...(await this.#descriptionOf(name)), createdAtMs };
  }

  /** What its files take on the disk, each counted once; -1 = it cannot be said. Looks at every file. */
  async bytesOf(name: string): Promise<number> {
    const use = this.#ports.limits.useOf(`${this.#directory}/${name}`);
    if (use !== null) return use.usedBytes;
    const argv = ["du", "--summarize", "--block-size=1", "--one-file-system", "--", this.pathOf(name)] as const;
    const { stdout } = await this.#ports.commands.run(argv, { timeoutMs: MEASURE_TIMEOUT_MS });
    const bytes = /^\d+/.exec(stdout)?.[0];
    return bytes === undefined ? -1 : Number(bytes);
  }

  /**
   * Puts what was unpacked beside a volume's content in its place. The old content is there until the
   * new one is. The caller holds its lock, and knows that nobody uses it.
   */
  async replaceContent(name: string, replacement: string): Promise<void> {
    const { files } = this.#ports;
    const [path, old] = [this.pathOf(name), `${this.pathOf(name)}${ASIDE.replaced}`];
    await files.remove(old);
    await files.makeDirectory(old, 0o700);
    await files.replaceEmptyDirectory(old, path);
    await files.makeDirectory(path, 0o755);
    await files.replaceEmptyDirectory(path, replacement);
    await files.remove(old);
  }

  /** Whether there is nothing in a volume, which is mounted if it has to be. */
  isEmpty(name: string): Promise<boolean> {
    return this.#isEmpty(name);
  }

  /** With its content, but never what is mounted there. The caller holds its lock, and knows that nobody uses it. */
  async remove(name: string): Promise<void> {
    await this.#mounted.unmount(this.pathOf(name));
    // A volume is there as long as its directory is, and never without what it is made of.
    const directory = `${this.#directory}/${name}`;
    await this.#ports.limits.removing(directory, async () => {
      await this.#ports.files.remove(this.pathOf(name));
      await this.#ports.files.remove(directory);
    });
    if (this.#ofSlots.delete(name)) this.slotBell.ring();
    this.#onChange("destroy", name);
  }

  /**
   * Releases mounted volumes that are noted for none of the given: an export or import that was killed. Once, before
   * anything is mounted. Resolves with what stays mounted and why.
   */
  async releaseOthers(known: ReadonlySet<string>): Promise<readonly unknown[]> {
    const faults: unknown[] = [];
    for (const [name, key] of await this.#mounted.notes()) {
      if (!known.has(key)) await this.release(name, key).catch((error: unknown) => faults.push(error));
    }
    return faults;
  }

  /** Names of the volumes that are mounted for a task, among others. */
  mountedFor(key: ContainerKey): Promise<readonly string[]> {
    return this.#mounted.usedBy(key);
  }

  /** A task no longer uses a mounted volume. The caller holds its lock. @throws SwarmError when it stays mounted. */
  async release(name: string, key: ContainerKey): Promise<void> {
    await this.#mounted.release(name, this.pathOf(name), key);
  }

  /**
   * Fills an empty volume with what the image has at the first of the given targets that holds something there: a
   * volume is filled once, also when a container has it at several places. The copy is made beside its place, so that
   * one that was cut short counts as empty, and is a directory that was made here, whatever the image has; only into a
   * file system of its own it goes straight.
   * @throws SwarmError internal when it cannot be copied.
   */
  async fill(name: string, targets: readonly string[], image: RootedTree, signal: AbortSignal): Promise<void> {
    for (const target of targets) {
      await using source = await image.openDirectory(target);
      if (source === null || (await source.isEmpty())) continue;
      if (needsMount(await this.#descriptionOf(name))) await this.#copy(source, name, this.pathOf(name), signal);
      else await this.#copyAside(source, name, signal);
      return;
    }
  }

  /**
   * Mounts the part of a volume that a container gets at `place`, for that container alone. Links in the volume lead
   * nowhere out of it, also if somebody changes them meanwhile: what was walked to is mounted by its handle. An empty
   * directory is filled with what the image has. Resolves with what is at the place then.
   * @throws SwarmError failedPrecondition when it is not there.
   */
  async mountPart(
    use: VolumeUse,
    { mounted, place }: { readonly mounted: MountedFiles; readonly place: string },
    image: RootedTree,
    signal: AbortSignal,
  ): Promise<"file" | "directory"> {
    const { name, subpath } = use;
    const { trees, files } = this.#ports;
    // A handle leads to a mount, and that must be one of the namespace it is mounted in.
    await using tree = await trees.open(mounted.pathOf(this.pathOf(name)));
    if (use.isFilled) await this.#fillPart(use, tree, image, signal);
    await using part = await tree.openPlace(subpath);
    if (part === null) {
      const sentence = `volume ${name} has no file or directory ${JSON.stringify(subpath)} on node ${this.#hostname}`;
      throw new SwarmError("failedPrecondition", sentence);
    }
    await files.makeDirectory(part.kind === "directory" ? place : dirname(place));
    if (part.kind === "file") await files.writeText(place, "");
    try {
      mounted.bind(part.handlePath, place);
    } catch (error) {
      const sentence = `cannot mount ${subpath} of volume ${name} on node ${this.#hostname}: ${messageOf(error)}`;
      throw new SwarmError("internal", sentence, { cause: error });
    }
    return part.kind;
  }

  /**
   * Makes those that are to be made. Returns the paths of those that are no directories.
   * @throws SwarmError failedPrecondition that names the first path which is not on this host, or where the host does
   * not pass on what is mounted, though that is wanted.
   */
  async checkBindSources(sources: readonly BindSource[]): Promise<ReadonlySet<string>> {
    const isDirectory = await Promise.all(
      sources.map(async ({ path, propagation, isMade }) => {
        const { files } = this.#ports;
        if (isMade && (await files.kindOf(path)) === null) await files.makeDirectory(path);
        if ((await files.kindOf(path)) === null) {
          throw new SwarmError(
            "failedPrecondition",
            `bind mount source ${path} does not exist on node ${this.#hostname}`,
          );
        }
        if (propagation !== "private") await this.#checkPropagation(path, propagation);
        // Of a link, what it leads to.
        return (await files.kindOf(`${path}/.`).catch(() => null)) === "directory";
      }),
    );
    return new Set(sources.filter((_, at) => isDirectory[at] !== true).map(({ path }) => path));
  }

  /** Removes what was made for this container, but never what is mounted there, and nothing that another one has. */
  async removeAnonymous(key: ContainerKey, isBorrowed: (name: string) => boolean = () => false): Promise<void> {
    const { files, limits } = this.#ports;
    const names = (await files.list(this.#directory)).filter((name) => name.startsWith(`${key}-`) && !isBorrowed(name));
    await Promise.all(
      names.map(async (name) => {
        await this.#mounted.unmount(this.pathOf(name));
        const directory = `${this.#directory}/${name}`;
        await limits.removing(directory, () => files.remove(directory));
        this.#onChange("destroy", name);
      }),
    );
  }

  async #noteSlot(name: string, { labels }: VolumeDescription): Promise<void> {
    if (labelOf(labels, SLOT_VOLUME_LABEL) === undefined) return;
    this.#ofSlots.set(name, (await this.#ports.files.createdAtMs(`${this.#directory}/${name}`)) ?? 0);
    this.slotBell.ring();
  }

  async #descriptionOf(name: string): Promise<VolumeDescription> {
    const text = await this.#ports.files.readText(this.#descriptionPath(name));
    const { options, labels } = (text === null ? {} : JSON.parse(text)) as Partial<VolumeDescription>;
    return { options: labelsOf(Object.entries(options ?? {})), labels: labelsOf(Object.entries(labels ?? {})) };
  }

  #descriptionPath(name: string): string {
    return `${this.#directory}/${name}/${DESCRIPTION_FILE}`;
  }

  async #checkPropagation(path: string, wanted: BindSource["propagation"]): Promise<void> {
    const argv = ["findmnt", "--noheadings", "--output", "PROPAGATION,TARGET", "--target", path] as const;
    const { stdout } = await this.#ports.commands.run(argv);
    const [has = "", at = "/"] = (stdout.trim().split("\n").at(-1) ?? "").split(/\s+/);
    const words = has.split(",");
    if (words.includes("shared") || (wanted === "slave" && words.includes("slave"))) return;
    throw new SwarmError(
      "failedPrecondition",
      `bind-propagation of ${path}: node ${this.#hostname} passes on nothing that is mounted there; ` +
        `"mount --make-shared ${at}" changes that`,
    );
  }

  async #isEmpty(name: string): Promise<boolean> {
    await using tree = await this.#ports.trees.open(this.pathOf(name));
    await using root = await tree.openDirectory("/");
    return root !== null && (await root.isEmpty());
  }

  async #fillPart(use: VolumeUse, volume: RootedTree, image: RootedTree, signal: AbortSignal): Promise<void> {
    await using directory = await volume.openDirectory(use.subpath);
    if (directory === null || !(await directory.isEmpty())) return;
    await using source = await image.openDirectory(use.target);
    if (source !== null) await this.#copy(source, use.name, directory.handlePath, signal);
  }

  async #copyAside(source: OpenDirectory, name: string, signal: AbortSignal): Promise<void> {
    const { files } = this.#ports;
    const unfinished = `${this.pathOf(name)}${ASIDE.filled}`;
    await files.remove(unfinished);
    try {
      await files.makeDirectory(unfinished, 0o755);
      await this.#copy(source, name, unfinished, signal);
      // Not empty any more: another container has written into it meanwhile, and keeps what it has.
      await files.replaceEmptyDirectory(this.pathOf(name), unfinished);
    } finally {
      await files.remove(unfinished);
    }
  }

  async #copy(source: OpenDirectory, name: string, directory: string, signal: AbortSignal): Promise<void> {
    // "/." at both ends: a directory is copied into a directory, or nothing is.
    const argv = ["cp", "-a", "--", `${source.handlePath}/.`, `${directory}/.`] as const;
    const { exitCode, stderr } = await this.#ports.commands.run(argv, { signal, timeoutMs: COPY_TIMEOUT_MS });
    if (exitCode === 0) return;
    throw new SwarmError("internal", `cannot fill volume ${name} on node ${this.#hostname}: ${firstLine(stderr)}`);
  }
}

function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0] ?? "";
}
