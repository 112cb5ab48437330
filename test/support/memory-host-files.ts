import type { FileKind, HostFiles } from "../../worker/ports/host-files.ts";

type Entry =
  | { readonly kind: "file"; bytes: Uint8Array; readonly inode: number }
  | { readonly kind: "directory" | "whiteout" | "other" }
  | { readonly kind: "link"; readonly target: string };

/** Files in memory, by absolute path; directories of what is written exist by themselves. */
export class MemoryHostFiles implements HostFiles {
  readonly #entries = new Map<string, Entry>();
  readonly #watchers = new Map<string, Set<(name: string) => void>>();
  readonly #listeners = new Map<string, (line: string) => void>();
  #inodes = 0;
  /** Of everything, Unix milliseconds. */
  changedAtMs = 1;

  constructor(texts: Readonly<Record<string, string>> = {}) {
    for (const [path, text] of Object.entries(texts)) this.put(path, text);
  }

  put(path: string, text: string | Uint8Array): void {
    this.#set(path, { kind: "file", bytes: toBytes(text), inode: ++this.#inodes });
  }

  append(path: string, text: string): void {
    const entry = this.#entries.get(path);
    if (entry?.kind !== "file") throw new Error(`no file ${path}`);
    entry.bytes = Buffer.concat([entry.bytes, toBytes(text)]);
    this.#tell(path);
  }

  link(path: string, target: string): void {
    this.#set(path, { kind: "link", target });
  }

  whiteout(path: string): void {
    this.#set(path, { kind: "whiteout" });
  }

  async readText(path: string): Promise<string | null> {
    const entry = this.#entries.get(path);
    return entry?.kind === "file" ? Buffer.from(entry.bytes).toString() : null;
  }

  async open(path: string): ReturnType<HostFiles["open"]> {
    const entry = this.#entries.get(path);
    if (entry?.kind !== "file") return null;
    return {
      inode: entry.inode,
      size: async () => entry.bytes.length,
      read: async (offset, length) => entry.bytes.slice(offset, offset + length),
      [Symbol.asyncDispose]: async () => {},
    };
  }

  async openToAppend(path: string): ReturnType<HostFiles["openToAppend"]> {
    if (!this.#entries.has(path)) this.put(path, "");
    const entry = this.#entries.get(path);
    if (entry?.kind !== "file") throw new Error(`no file ${path}`);
    return {
      write: async (bytes) => {
        entry.bytes = Buffer.concat([entry.bytes, bytes]);
      },
      [Symbol.asyncDispose]: async () => {},
    };
  }

  async rename(path: string, to: string): Promise<void> {
    this.move(path, to);
  }

  async changedAt(path: string): Promise<number> {
    return this.#entries.has(path) ? this.changedAtMs : 0;
  }

  async writeText(path: string, text: string): Promise<void> {
    this.put(path, text);
  }

  async overwriteText(path: string, text: string): Promise<void> {
    this.put(path, text);
  }

  async writeBytes(path: string, bytes: Uint8Array): Promise<void> {
    this.put(path, bytes);
  }

  async makeDirectory(path: string): Promise<void> {
    if (!this.#entries.has(path)) this.#set(path, { kind: "directory" });
  }

  async replaceEmptyDirectory(path: string, replacement: string): Promise<boolean> {
    if ((await this.list(path)).length > 0) return false;
    for (const [known, entry] of [...this.#entries]) {
      if (known !== replacement && !known.startsWith(`${replacement}/`)) continue;
      this.#entries.delete(known);
      this.#set(`${path}${known.slice(replacement.length)}`, entry);
    }
    return true;
  }

  async remove(path: string): Promise<void> {
    for (const known of [...this.#entries.keys()]) {
      if (known === path || known.startsWith(`${path}/`)) this.#entries.delete(known);
    }
    this.#tell(path);
  }

  async list(path: string): Promise<readonly string[]> {
    const below = [...this.#entries.keys()].filter((known) => known.startsWith(`${path}/`));
    return [...new Set(below.map((known) => known.slice(path.length + 1).split("/")[0] ?? ""))].sort();
  }

  async kindOf(path: string): Promise<FileKind | null> {
    return this.#entries.get(path)?.kind ?? null;
  }

  async deviceAt(): Promise<null> {
    return null;
  }

  async readLink(path: string): Promise<string> {
    const entry = this.#entries.get(path);
    if (entry?.kind !== "link") throw new Error(`no link ${path}`);
    return entry.target;
  }

  async sizeOf(path: string): Promise<number> {
    const entry = this.#entries.get(path);
    return entry?.kind === "file" ? entry.bytes.length : 0;
  }

  async lookAt(path: string): ReturnType<HostFiles["lookAt"]> {
    const entry = this.#entries.get(path);
    return entry?.kind === "file" ? { inode: entry.inode, size: entry.bytes.length } : null;
  }

  async attributesOf(path: string): ReturnType<HostFiles["attributesOf"]> {
    const kind = await this.kindOf(path);
    const entry = this.#entries.get(path);
    if (kind === null) return null;
    const mode = kind === "directory" ? 0o040_755 : kind === "link" ? 0o120_777 : 0o100_644;
    return { mode, size: entry?.kind === "file" ? entry.bytes.length : 0, changedAtMs: this.changedAtMs };
  }

  async createdAtMs(path: string): Promise<number | null> {
    return (await this.kindOf(path)) === null ? null : 1_000;
  }

  async addName(existing: string, path: string): Promise<void> {
    const entry = this.#entries.get(existing);
    if (entry === undefined) throw Object.assign(new Error(`no file ${existing}`), { code: "ENOENT" });
    if (this.#entries.has(path)) throw Object.assign(new Error(`${path} is there`), { code: "EEXIST" });
    this.#set(path, entry);
  }

  /** Somebody who listens at a named pipe. */
  listen(path: string, onLine: (line: string) => void): Disposable {
    this.#listeners.set(path, onLine);
    return { [Symbol.dispose]: () => void this.#listeners.delete(path) };
  }

  async tellPipe(path: string, line: string): Promise<boolean> {
    const onLine = this.#listeners.get(path);
    onLine?.(line);
    return onLine !== undefined;
  }

  async tellOnce(path: string): ReturnType<HostFiles["tellOnce"]> {
    if (await this.tellPipe(path, "")) return "told";
    return this.#entries.has(path) ? "deaf" : "absent";
  }

  /** What a rename does: the file keeps its other names. */
  move(path: string, to: string): void {
    const entry = this.#entries.get(path);
    if (entry === undefined) throw new Error(`no file ${path}`);
    this.#entries.delete(path);
    this.#set(to, entry);
  }

  watch(directory: string, onChange: (name: string) => void): Disposable {
    const watchers = this.#watchers.get(directory) ?? new Set();
    watchers.add(onChange);
    this.#watchers.set(directory, watchers);
    return { [Symbol.dispose]: () => void watchers.delete(onChange) };
  }

  #set(path: string, entry: Entry): void {
    for (let parent = parentOf(path); parent !== ""; parent = parentOf(parent)) {
      if (!this.#entries.has(parent)) this.#entries.set(parent, { kind: "directory" });
    }
    this.#entries.set(path, entry);
    this.#tell(path);
  }

  #tell(path: string): void {
    for (const watcher of this.#watchers.get(parentOf(path)) ?? []) watcher(path.slice(path.lastIndexOf("/") + 1));
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function toBytes(text: string | Uint8Array): Uint8Array {
  return typeof text === "string" ? Buffer.from(text) : text;
}
