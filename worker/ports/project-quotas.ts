/** What the files of one project take, and may take. */
export interface ProjectUse {
  /** Nothing may be written beyond it; 0 = no limit. */
  readonly limitBytes: number;
  readonly usedBytes: number;
  /** Files and directories that belong to it. */
  readonly files: number;
}

/**
 * Project quotas of a file system (XFS, ext4): each file belongs to a project, a number, and the kernel limits what the
 * files of a project take together. Every call is done when it returns. `at` is any directory of the file system.
 */
export interface ProjectQuotas {
  /** Why the file system does not limit projects, in words that go on a sentence about it; null = it does. */
  lackAt(at: string): string | null;
  /** Of a file or directory; 0 = of none, or there is nothing. */
  projectOf(path: string): number;
  /** From now on a directory belongs to the project, and with it what is made in it. @throws SwarmError internal */
  join(directory: string, project: number): void;
  /** @throws SwarmError internal */
  useOf(at: string, project: number): ProjectUse;
  /** @throws SwarmError internal */
  limit(at: string, project: number, bytes: number): void;
  /** Those with a limit or files whose numbers are in the range, both ends included, ascending. */
  projects(at: string, from: number, to: number): readonly (ProjectUse & { readonly project: number })[];
}
