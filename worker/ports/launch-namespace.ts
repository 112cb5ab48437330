import { close, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { SwarmError } from "../../shared/errors.ts";
import type { LaunchMounts } from "./monitor-launcher.ts";
import { MS_BIND, MS_PRIVATE, MS_RDONLY, MS_REC, MS_REMOUNT, MS_SLAVE, mountFlags } from "./mount-flags.ts";
import { inMounts, inNewMounts, openMounts } from "./mount-namespace.ts";
import { type MountEntry, mountedAt, mountOf, parseMountTable } from "./mount-table.ts";
import type { OpenRoot } from "./root-mounts.ts";
import { goTo, mountAt, openPlace } from "./system-calls.ts";

/**
 * A mount namespace for a container that is being made. Until something runs in it, nothing but open files of this
 * daemon keeps it: whatever happens, nothing stays mounted.
 */
export class LaunchNamespace implements OpenRoot {
  readonly #opened: number[] = [];
  readonly #namespace: number;
  readonly #root: string;
  readonly rootfs: string;
  readonly memory: string;

  /** One synchronous step. @throws SwarmError internal with what could not be mounted and why; resourceExhausted. */
  constructor({ overlay, memory, shared }: LaunchMounts) {
    try {
      const opened = inNewMounts(() => {
        if (shared.sources.length === 0) mountAt("/", { flags: MS_REC | MS_SLAVE });
        else share(shared.directory, shared.sources);
        goTo(overlay.directory);
        mountAt(overlay.target, { source: "overlay", type: "overlay", data: overlay.options });
        goTo("/");
        if (memory !== null) mountMemory(memory.options, memory.target);
        return {
          namespace: this.#keep(openMounts()),
          root: this.#open("/"),
          rootfs: this.#open(overlay.target),
          memory: memory === null ? "" : this.#open(memory.target),
        };
      });
      this.#namespace = opened.namespace;
      this.#root = opened.root;
      this.rootfs = opened.rootfs;
      this.memory = opened.memory;
    } catch (error) {
      void this[Symbol.asyncDispose]();
      throw error;
    }
  }

  pathOf(path: string): string {
    return `${this.#root}${path}`;
  }

  bind(handlePath: string, place: string): void {
    inMounts(this.#namespace, () => mountAt(place, { source: handlePath, flags: MS_BIND }));
  }

  cover(handlePath: string, place: string): void {
    inMounts(this.#namespace, () => mountAt(place, { source: handlePath, flags: MS_BIND | MS_REC }));
  }

  makeReadOnly(handlePath: string): void {
    inMounts(this.#namespace, () => mountAt(handlePath, { flags: MS_REMOUNT | MS_BIND | MS_RDONLY }));
  }

  /** The namespace as an open file of this process. */
  get file(): number {
    return this.#namespace;
  }

  /** On other threads: with the last of them what is mounted may go, which writes what the disk has not got yet. */
  async [Symbol.asyncDispose](): Promise<void> {
    const files = this.#opened.splice(0);
    await Promise.all(files.map((file) => new Promise<void>((resolve) => close(file, () => resolve()))));
  }

  #keep(file: number): number {
    this.#opened.push(file);
    return file;
  }

  /** Ends in "/.": without it, whoever does not follow links would have the link itself. */
  #open(path: string): string {
    return `/proc/self/fd/${this.#keep(openPlace(path))}/.`;
  }
}

/** Kernels before 6.3 do not know `noswap`. */
function mountMemory(options: readonly string[], target: string): void {
  const { flags, data } = mountFlags(options);
  const how = { source: "tmpfs", type: "tmpfs", flags };
  try {
    mountAt(target, { ...how, data: `${data},noswap` });
  } catch {
    mountAt(target, { ...how, data });
  }
}

/**
 * Where something is shared between host and container, the namespace cannot begin as a slave of the host's: what was a
 * slave once never passes anything back. So it begins as the host's peer; the directory for such sources is cut off,
 * the sources are bound there, which makes these mounts peers of the host's, and all else becomes slaves.
 * @throws SwarmError internal also where source and directory are of one mount, since the source then is cut off as
 * well.
 */
function share(given: string, sources: readonly string[]): void {
  mkdirSync(given, { recursive: true, mode: 0o700 });
  const directory = realpathSync(given);
  mountAt(mountOf(table(), directory)?.target ?? "/", { flags: MS_PRIVATE });
  for (const [at, source] of sources.entries()) {
    const place = `${directory}/${at}`;
    if (statSync(source).isDirectory()) mkdirSync(place, { recursive: true });
    else writeFileSync(place, "");
    mountAt(place, { source, flags: MS_BIND | MS_REC });
    if (mountedAt(table(), place)?.isShared === true) continue;
    throw new SwarmError("internal", `${source} cannot be shared: it must be on another mount than the run directory`);
  }
  for (const { target } of table()) {
    if (target.startsWith(`${directory}/`)) continue;
    try {
      mountAt(target, { flags: MS_SLAVE });
    } catch {
      // Another mount lies over it.
    }
  }
}

/** /proc/self would be of the main thread, which is not always the one that asks. */
function table(): readonly MountEntry[] {
  return parseMountTable(readFileSync("/proc/thread-self/mountinfo", "utf8"));
}
