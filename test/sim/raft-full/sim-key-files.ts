import { SwarmError } from "../../../shared/errors.ts";
import type { KeyFiles } from "../../../shared/pki/ports/key-files.ts";
import type { Random } from "../../../shared/ports/random.ts";
import type { DatabaseWorld } from "./sim-database.ts";
import { never, type SimProcess } from "./sim-process.ts";

interface PendingFile {
  readonly name: string;
  readonly text: string;
}

/** A node's directory of certificates: small files that are the old ones or the new ones after a crash. */
export class SimKeyDirectory {
  readonly files = new Map<string, string>();
  readonly #underWay = new Set<PendingFile>();

  begin(pending: PendingFile): void {
    this.#underWay.add(pending);
  }

  finish(pending: PendingFile): void {
    if (this.#underWay.delete(pending)) this.files.set(pending.name, pending.text);
  }

  /** It failed, and the old file is still there. */
  abandon(pending: PendingFile): void {
    this.#underWay.delete(pending);
  }

  /** What was being written is there or not. */
  crash(random: Random): void {
    for (const pending of this.#underWay) if (random.below(2) === 0) this.files.set(pending.name, pending.text);
    this.#underWay.clear();
  }
}

export interface KeyRhythm {
  writeMsMean: number;
  /** The write that fails, counted from now; 0 = none does. */
  failsIn: number;
}

/** One process' access to it. */
export class SimKeyFiles implements KeyFiles {
  readonly #directory: SimKeyDirectory;
  readonly #process: SimProcess;
  readonly #world: DatabaseWorld;
  readonly #rhythm: KeyRhythm;
  readonly #random: Random;

  constructor(
    directory: SimKeyDirectory,
    process: SimProcess,
    world: DatabaseWorld,
    rhythm: KeyRhythm,
    random: Random,
  ) {
    this.#directory = directory;
    this.#process = process;
    this.#world = world;
    this.#rhythm = rhythm;
    this.#random = random;
  }

  read(name: string): Promise<string | null> {
    if (this.#process.dies(`read ${name}`)) return never();
    return Promise.resolve(this.#directory.files.get(name) ?? null);
  }

  write(name: string, text: string): Promise<void> {
    if (this.#process.dies(`write ${name}`)) return never();
    const pending = { name, text };
    this.#directory.begin(pending);
    if (this.#process.dies(`${name} under way`)) return never();
    const fails = this.#rhythm.failsIn > 0 && --this.#rhythm.failsIn === 0;
    return new Promise((resolve, reject) => {
      this.#world.schedule(this.#random.below(2 * this.#rhythm.writeMsMean + 1), () => {
        if (this.#process.isDead) return;
        if (fails) this.#world.note(`keyFileFailed ${this.#process.nodeId} ${name}`);
        // If it fails, the old file or the new one is there.
        if (!fails || this.#random.below(2) === 0) this.#directory.finish(pending);
        else this.#directory.abandon(pending);
        this.#process.run(() => {
          if (this.#process.dies(`${name} written`)) return;
          if (fails) reject(new SwarmError("failedPrecondition", `cannot write ${name}: simulated`));
          else resolve();
        });
      });
    });
  }

  remove(name: string): Promise<void> {
    if (this.#process.dies(`remove ${name}`)) return never();
    this.#directory.files.delete(name);
    return Promise.resolve();
  }
}
