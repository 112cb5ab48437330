/** A line of a file, for messages. */
export interface Place {
  /** As it was named by who asked for it, or by the `include` or `extends` that led to it. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}
