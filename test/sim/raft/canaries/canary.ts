/** One place of the source, found by its text, and what stands there instead. */
export interface Edit {
  /** In the part of the source that is planted: `raft/core`, or `manager`. */
  readonly file: string;
  /** Must be there exactly once. */
  readonly find: string;
  readonly replace: string;
}

/**
 * A bug that someone could have written into `raft/core` or `manager`, planted in a copy of it. Tests that do not
 * notice it would not notice the real one either.
 */
export interface Canary {
  readonly name: string;
  /** What the copy does wrong, in a few words. */
  readonly what: string;
  readonly edits: readonly Edit[];
}

/** Most canaries are one edit. */
export function canary(name: string, what: string, file: string, find: string, replace: string): Canary {
  return { name, what, edits: [{ file, find, replace }] };
}
