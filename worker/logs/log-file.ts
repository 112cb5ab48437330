import type { HostFiles, OpenFile } from "../ports/host-files.ts";
import type { LogPlace } from "../ports/task-executor.ts";
import { listGenerations } from "./generations.ts";

interface Part {
  readonly file: OpenFile;
  /** Its generation; of a file that has no number yet, the one it will get. */
  readonly number: number;
  /** Where it begins in the whole log. */
  readonly base: number;
}

/**
 * A container's log as one file that only grows: the generations one after another, starting with the oldest that
 * existed when it was opened. Offsets count from its beginning. What has been opened stays readable even when it is
 * removed.
 */
export class LogFile implements AsyncDisposable {
  readonly #path: string;
  readonly #files: HostFiles;
  readonly #parts: Part[] = [];
  /** Of the generations opened so far. */
  #newestNumber = 0;
  /**
   * Generations opened before they had a number, which are recognised by inode. Held open, so that no other file gets
   * the same inode.
   */
  readonly #unnumbered = new Map<number, OpenFile>();

  /** Generations that were gone before they could be opened, since the first one. */
  missed = 0;

  private constructor(path: string, files: HostFiles) {
    this.#path = path;
    this.#files = files;
  }

  /** An empty one if there is no log yet. */
  static async open(path: string, files: HostFiles): Promise<LogFile> {
    const log = new LogFile(path, files);
    await log.goOn();
    return log;
  }

  /** Its bytes so far, without those of generations that `goOn` has not found yet. */
  async size(): Promise<number> {
    const last = this.#parts.at(-1);
    return last === undefined ? 0 : last.base + (await last.file.size());
  }

  /** In which generation an offset is, and where in it; at a border, the end of the earlier one. */
  placeOf(offset: number): LogPlace {
    const part = this.#parts.findLast(({ base }) => base < offset) ?? this.#parts[0];
    return part === undefined ? { generation: 1, offset } : { generation: part.number, offset: offset - part.base };
  }

  /** The inverse of `placeOf`; null = its generation is no longer there, or never was. */
  offsetOf({ generation, offset }: LogPlace): number | null {
    const part = this.#parts.find(({ number }) => number === generation);
    return part === undefined ? null : part.base + offset;
  }

  /** The generation that the log begins with, as far as it was there when it was opened; 0 = there is no log. */
  get firstGeneration(): number {
    return this.#parts[0]?.number ?? 0;
  }

  /** At most `length` bytes from `offset`; none at the end. Earlier bytes may not be read after this. */
  async readOn(offset: number, length: number): Promise<Uint8Array> {
    for (;;) {
      const [first, second] = this.#parts;
      if (first === undefined) return new Uint8Array();
      if (second === undefined || offset < second.base) return await first.file.read(offset - first.base, length);
      this.#parts.shift();
      if (!this.#unnumbered.has(first.file.inode)) await first.file[Symbol.asyncDispose]();
    }
  }

  /** At most `length` bytes from `offset`, wherever that is. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const index = this.#parts.findLastIndex(({ base }) => base <= offset);
    const part = this.#parts[index];
    if (part === undefined) return new Uint8Array();
    const end = this.#parts[index + 1]?.base ?? Number.POSITIVE_INFINITY;
    return await part.file.read(offset - part.base, Math.min(length, end - offset));
  }

  /**
   * Looks for generations that have begun since. Only then is the one before complete: read it to its end again.
   * Resolves with whether there are some.
   */
  async goOn(): Promise<boolean> {
    const last = this.#parts.at(-1);
    const seen = last === undefined ? null : await this.#files.lookAt(this.#path);
    if (last !== undefined && (seen === null || seen.inode === last.file.inode)) return false;
    // First, because a file without a number when the directory is read is newer than all that have one.
    const current = await this.#files.open(this.#path);
    const generations = await listGenerations(this.#path, this.#files);
    const before = this.#parts.length;
    for (const { number, path } of generations) {
      if (number <= this.#newestNumber) continue;
      const file = await this.#files.open(path);
      if (file === null) continue;
      const known = this.#unnumbered.get(file.inode);
      this.#noteNumber(number, this.#unnumbered.size - (known === undefined ? 0 : 1));
      if (known === undefined) {
        await this.#append(file, number);
        continue;
      }
      await file[Symbol.asyncDispose]();
      this.#unnumbered.delete(known.inode);
      if (!this.#parts.some((part) => part.file === known)) await known[Symbol.asyncDispose]();
    }
    if (current === null) return this.#parts.length > before;
    const isKnown = this.#unnumbered.has(current.inode) || this.#parts.some(({ file }) => file.inode === current.inode);
    if (isKnown) {
      await current[Symbol.asyncDispose]();
    } else {
      await this.#append(current, this.#newestNumber + this.#unnumbered.size + 1);
      this.#unnumbered.set(current.inode, current);
    }
    return this.#parts.length > before;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const open = new Set([...this.#parts.map(({ file }) => file), ...this.#unnumbered.values()]);
    this.#parts.length = 0;
    this.#unnumbered.clear();
    for (const file of open) await file[Symbol.asyncDispose]();
  }

  /** `othersRead`: generations read without a number, which may be those between. */
  #noteNumber(number: number, othersRead: number): void {
    const between = this.#newestNumber === 0 ? 0 : number - this.#newestNumber - 1;
    this.missed += Math.max(0, between - othersRead);
    this.#newestNumber = number;
  }

  async #append(file: OpenFile, number: number): Promise<void> {
    this.#parts.push({ file, number, base: await this.size() });
  }
}
