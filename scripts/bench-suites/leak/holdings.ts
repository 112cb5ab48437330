/** What a host and its daemon hold: everything that a container which came and went could have left. */
import { execFileSync } from "node:child_process";
import { type Dirent, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { processesOf } from "../../lab-parts/cgroups.ts";
import { pathsOf, ROOT } from "../../lab-parts/names.ts";

const INSPECTOR = join(import.meta.dirname, "inspect-heap.ts");
const KIB = 1024;
const MIB = 1024 * KIB;
/** In which `stat` counts. */
const BLOCK_BYTES = 512;
/** By then SIGUSR1 has been answered. */
const INSPECTOR_MS = 1_000;
/** A database merges and renames these when it likes. */
const TABLES = /\.(ldb|log|sst)$|^MANIFEST|^LOG|^CURRENT/;

export const HEAP = "heap in use";
export const BUFFERS = "external";
/** What is counted in megabytes. */
export const MEMORY: readonly string[] = [HEAP, BUFFERS, "resident", "anonymous", "state directory"];

/** By what it is: megabytes, or how many. */
export type Holdings = Readonly<Record<string, number>>;

/** A daemon in the lab, and what is left of containers on its host. */
export class HeldByDaemon {
  readonly #host: string;
  readonly #pid: number;

  private constructor(host: string, pid: number) {
    this.#host = host;
    this.#pid = pid;
  }

  /** From now on the daemon lets itself be inspected, by its own host alone. */
  static async open(host: string, pid: number): Promise<HeldByDaemon> {
    process.kill(pid, "SIGUSR1");
    await sleep(INSPECTOR_MS);
    return new HeldByDaemon(host, pid);
  }

  /** Megabytes, after a collection of garbage. With a `snapshot`, the heap is written to that file as well. */
  memory(snapshot: string | null): Holdings {
    const args = [process.execPath, INSPECTOR, ...(snapshot === null ? [] : [snapshot])];
    const usage = JSON.parse(this.#inside(...args)) as NodeJS.MemoryUsage;
    const status = textOf(`/proc/${this.#pid}/status`);
    const resident = (field: string): number =>
      Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) / KIB;
    return {
      [HEAP]: usage.heapUsed / MIB,
      [BUFFERS]: usage.external / MIB,
      resident: resident("VmRSS"),
      anonymous: resident("RssAnon"),
      "state directory": bytesOf(filesBelow(pathsOf(this.#host).data)) / MIB,
    };
  }

  /** How many of each there are. */
  things(): Holdings {
    const { data, run, dir } = pathsOf(this.#host);
    const groups = textOf(join(dir, "cgroups")).split("\n").filter(Boolean);
    return {
      "open files": entriesOf(`/proc/${this.#pid}/fd`).filter(
        ({ name }) => !TABLES.test(linkOf(`/proc/${this.#pid}/fd/${name}`).replace(/.*\//, "")),
      ).length,
      threads: entriesOf(`/proc/${this.#pid}/task`).length,
      processes: processesOf(this.#host).length,
      mounts: linesOf(textOf(`/proc/${this.#pid}/mountinfo`)),
      links: linesOf(this.#inside("ip", "-o", "link")),
      "lines of rules": linesOf(this.#inside("nft", "list", "ruleset")),
      cgroups: groups.reduce((sum, group) => sum + directoriesBelow(group), 0),
      containers: entriesOf(join(data, "containers")).length,
      volumes: entriesOf(join(data, "volumes")).length,
      "files of the run directory": filesBelow(run).length,
      "files of the state directory": filesBelow(data).filter((path) => !TABLES.test(path.replace(/.*\//, ""))).length,
    };
  }

  #inside(...command: readonly string[]): string {
    return execFileSync(join(ROOT, "scripts/lab"), ["exec", this.#host, ...command], { encoding: "utf8" });
  }
}

const linesOf = (text: string): number => text.split("\n").filter(Boolean).length;

function filesBelow(directory: string): readonly string[] {
  return entriesOf(directory).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

function directoriesBelow(directory: string): number {
  return entriesOf(directory)
    .filter((entry) => entry.isDirectory())
    .reduce((sum, { name }) => sum + 1 + directoriesBelow(join(directory, name)), 0);
}

/** What goes away meanwhile counts as gone. */
function entriesOf(directory: string): readonly Dirent[] {
  return orElse([], () => readdirSync(directory, { withFileTypes: true }));
}

const textOf = (path: string): string => orElse("", () => readFileSync(path, "utf8"));
const linkOf = (path: string): string => orElse("", () => readlinkSync(path));

/** On the disk, each file once: an image of busybox has hundreds of names of one. */
function bytesOf(paths: readonly string[]): number {
  const sizes = new Map<number, number>();
  for (const path of paths) {
    const found = orElse(null, () => lstatSync(path));
    if (found !== null) sizes.set(found.ino, found.blocks * BLOCK_BYTES);
  }
  return [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
}

function orElse<T>(otherwise: T, read: () => T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
