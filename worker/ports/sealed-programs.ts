/** Programs as files that nobody can change any more. */
export interface SealedPrograms {
  /**
   * A path by which a program, given by name or path, is to be started: that of a copy where this host can have one,
   * as long as this daemon lives; else what was given.
   */
  pathOf(program: string): Promise<string>;
}

/** Each program as it lies on the disk. */
export const unsealedPrograms: SealedPrograms = { pathOf: async (program) => program };
