/** A broken invariant of our own code: the process must stop, because it no longer knows what is true. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/**
 * States what must hold here, in production too.
 * @throws InvariantError when it does not; the daemon ends with exit code `exitCodes.bug`.
 */
export function invariant(condition: boolean, claim: string | (() => string)): asserts condition {
  if (!condition) throw new InvariantError(typeof claim === "string" ? claim : claim());
}

/** Ends an exhaustive switch: a new variant of a union becomes a compile error at every place that must handle it. */
export function unreachable(value: never): never {
  throw new InvariantError(`unhandled case: ${JSON.stringify(value)}`);
}

/** The value, where its absence would be a bug of ours. */
export function mustHave<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new InvariantError(`missing: ${what}`);
  return value;
}
