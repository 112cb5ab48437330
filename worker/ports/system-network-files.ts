import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { NetworkFiles, SocketOwner } from "./network-files.ts";
import { findSocketOwners } from "./socket-owners.ts";

/** systemd-resolved keeps the real servers in the second one and only itself in the first. */
const RESOLV_CONFS = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];
const RECORD_SUFFIX = ".json";
const CLAIMS_FILE = "ports.json";

/**
 * Keeps records and namespaces in one directory, e.g. `/run/swarm/network`: on a file system that a restart of the
 * machine empties, because namespaces do not outlive it either. Each daemon needs its own.
 */
export class SystemNetworkFiles implements NetworkFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async readRecords(): Promise<ReadonlyMap<string, string>> {
    const files = (await this.#list("records")).filter((name) => name.endsWith(RECORD_SUFFIX));
    const records = new Map<string, string>();
    await Promise.all(
      files.map(async (file) => {
        const text = await readText(this.#path("records", file));
        if (text !== null) records.set(file.slice(0, -RECORD_SUFFIX.length), text);
      }),
    );
    return records;
  }

  async writeRecord(name: string, text: string): Promise<void> {
    await mkdir(this.#path("records"), { recursive: true, mode: 0o700 });
    const path = this.#path("records", `${name}${RECORD_SUFFIX}`);
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  }

  async removeRecord(name: string): Promise<void> {
    await rm(this.#path("records", `${name}${RECORD_SUFFIX}`), { force: true });
  }

  namespacePath(name: string): string {
    return this.#path("netns", name);
  }

  listNamespaces(): Promise<readonly string[]> {
    return this.#list("netns");
  }

  async readClaims(): Promise<string | null> {
    return await readText(this.#path(CLAIMS_FILE));
  }

  async writeClaims(text: string | null): Promise<void> {
    const path = this.#path(CLAIMS_FILE);
    if (text === null) return await rm(path, { force: true });
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  }

  async socketOwners(inodes: ReadonlySet<number>): Promise<ReadonlyMap<number, SocketOwner>> {
    return await findSocketOwners(inodes);
  }

  async readResolvConfs(): Promise<readonly string[]> {
    const texts = await Promise.all(RESOLV_CONFS.map(readText));
    return texts.filter((text) => text !== null);
  }

  #path(...parts: readonly string[]): string {
    return join(this.#directory, ...parts);
  }

  async #list(folder: string): Promise<readonly string[]> {
    try {
      return await readdir(this.#path(folder));
    } catch (error) {
      ignoreMissing(error);
      return [];
    }
  }
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    ignoreMissing(error);
    return null;
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
}
