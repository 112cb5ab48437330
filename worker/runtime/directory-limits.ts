import { createHash } from "node:crypto";
import { SwarmError } from "../../shared/errors.ts";
import type { ProjectQuotas, ProjectUse } from "../ports/project-quotas.ts";

/** Numbers of our projects: far from those that people choose, and that others count from 1. */
const FIRST = 2 ** 30;
const COUNT = 2 ** 30;

/**
 * Limits of what directories below one place take on the disk, by project quotas. No list of projects is kept: a
 * directory carries its project's number, and the kernel keeps each one's limit, so both outlive the daemon. A number
 * is free when the kernel knows nothing of it, whoever else uses projects on that file system. A directory joins its
 * project before that is limited, so that a limit without a file is always one that is left over.
 */
export class DirectoryLimits {
  readonly #place: string;
  readonly #hostname: string;
  readonly #quotas: ProjectQuotas;

  /** @param place What is limited is below it, on its file system. */
  constructor(options: { readonly place: string; readonly hostname: string }, quotas: ProjectQuotas) {
    this.#place = options.place;
    this.#hostname = options.hostname;
    this.#quotas = quotas;
  }

  /** @throws SwarmError failedPrecondition where they cannot, with what could be done. */
  check(what: string, option: string): void {
    const lack = this.#quotas.lackAt(this.#place);
    if (lack === null) return;
    throw new SwarmError(
      "failedPrecondition",
      `node ${this.#hostname} cannot limit the size of ${what}: ${this.#place} ${lack}; mount XFS, or ext4 made with ` +
        `"-O quota,project", there with the option prjquota, or leave out ${option}`,
    );
  }

  /**
   * The directories may take so many bytes together. They are empty, or were limited before.
   * @throws SwarmError internal
   */
  limit(directories: readonly [string, ...string[]], bytes: number): void {
    const before = this.#ownProjectOf(directories[0]);
    const project = before === 0 ? this.#freeProject(directories[0]) : before;
    for (const directory of directories)
      if (this.#quotas.projectOf(directory) !== project) this.#quotas.join(directory, project);
    this.#quotas.limit(this.#place, project, bytes);
  }

  /** What a directory takes, and may take; null = it is not limited. */
  useOf(directory: string): ProjectUse | null {
    const project = this.#ownProjectOf(directory);
    return project === 0 ? null : this.#quotas.useOf(this.#place, project);
  }

  /** Removes a directory by `remove`, and its limit with it. */
  async removing(directory: string, remove: () => Promise<unknown>): Promise<void> {
    const project = this.#ownProjectOf(directory);
    await remove();
    if (project !== 0) this.#free(project);
  }

  /** Takes away limits whose directories are gone: a daemon was killed in between. Returns how many. */
  sweep(): number {
    const left = this.#quotas
      .projects(this.#place, FIRST, FIRST + COUNT - 1)
      .filter(({ limitBytes, files }) => limitBytes > 0 && files === 0);
    for (const { project } of left) this.#free(project);
    return left.length;
  }

  #free(project: number): void {
    try {
      this.#quotas.limit(this.#place, project, 0);
    } catch {
      // It limits nothing any more, and the next daemon finds it.
    }
  }

  #ownProjectOf(directory: string): number {
    const project = this.#quotas.projectOf(directory);
    return project >= FIRST && project < FIRST + COUNT ? project : 0;
  }

  /** Begins at a number that follows from the directory, so that daemons that share a file system do not meet. */
  #freeProject(directory: string): number {
    const start = createHash("sha256").update(directory).digest().readUInt32LE() % COUNT;
    for (let tried = 0; tried < COUNT; tried += 1) {
      const project = FIRST + ((start + tried) % COUNT);
      const { limitBytes, files } = this.#quotas.useOf(this.#place, project);
      if (limitBytes === 0 && files === 0) return project;
    }
    throw new SwarmError("resourceExhausted", `no project is left at ${this.#place}`);
  }
}
