import { fchmodSync, type Stats, writeSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import type { CommandRunner } from "./command-runner.ts";
import { programPath } from "./program-path.ts";
import type { SealedPrograms } from "./sealed-programs.ts";
import { closeFile, openSealable, seal } from "./system-calls.ts";

/** Larger programs are not worth the memory. */
const PROGRAM_BYTES_MAX = 16 << 20;
const PROGRAM_MODE = 0o755;
/** What a program for this kernel begins with; a script would be looked for by its interpreter. */
const PROGRAM_START = "\x7fELF";
/** Where programs have labels by their path, a copy would run with another one. */
const LABELS = "/sys/fs/selinux/enforce";

interface Kept {
  /** Tells whether the program on the disk is still the one that was copied. */
  readonly mark: string;
  readonly path: Promise<string>;
}

/**
 * Copies in memory, sealed against every change. An OCI runtime must see to it that no container can write to its
 * program, so it makes itself such a copy or mount each time and starts once more by that. Started by a copy that
 * cannot be changed, it goes on at once.
 */
export class SystemSealedPrograms implements SealedPrograms {
  readonly #commands: CommandRunner;
  readonly #kept = new Map<string, Kept>();

  constructor(commands: CommandRunner) {
    this.#commands = commands;
  }

  async pathOf(program: string): Promise<string> {
    const path = await programPath(program);
    const stats = path === null ? null : await stat(path).catch(() => null);
    if (path === null || stats === null) return program;
    const mark = `${path} ${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`;
    const known = this.#kept.get(program);
    if (known?.mark === mark) return await known.path;
    // An earlier copy stays open: somebody may be about to start it.
    const kept = { mark, path: this.#copy(path, stats).catch(() => program) };
    this.#kept.set(program, kept);
    return await kept.path;
  }

  /** @throws where this kernel has no such files, or starts none of them. */
  async #copy(path: string, { size }: Stats): Promise<string> {
    if (size > PROGRAM_BYTES_MAX || (await stat(LABELS).catch(() => null)) !== null) return path;
    const bytes = await readFile(path);
    if (bytes.toString("latin1", 0, PROGRAM_START.length) !== PROGRAM_START) return path;
    const file = openSealable(path);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      fchmodSync(file, PROGRAM_MODE);
      seal(file);
      const copy = `/proc/${process.pid}/fd/${file}`;
      const { exitCode } = await this.#commands.run([copy, "--version"]);
      if (exitCode !== 0) throw new Error(`${copy} ends with ${exitCode}`);
      return copy;
    } catch (error) {
      closeFile(file);
      throw error;
    }
  }
}
