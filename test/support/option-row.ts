/** How the rows of tables of options are written: service-option-rows.ts, service-host-rows.ts. */

export interface OptionRow {
  /** Words of `service create`; a flag and its value are two. */
  readonly create?: readonly string[];
  /** Words of the `service update` after it. */
  readonly update?: readonly string[];
  /** A line of shell in the container, or where to look in `service inspect`. */
  readonly look: { readonly inside: string } | { readonly inspect: string };
  /** A RegExp for text, else the value itself, undefined where there is none; after the creation, after the update. */
  readonly created?: unknown;
  readonly updated?: unknown;
}

export type Words = readonly string[];

export const inside = (create: Words, update: Words, shell: string, created: RegExp, updated: RegExp): OptionRow => ({
  ...{ create, update, created, updated },
  look: { inside: shell },
});
export const inspect = (create: Words, update: Words, path: string, created: unknown, updated: unknown): OptionRow => ({
  ...{ create, update, created, updated },
  look: { inspect: path },
});
/** A flag that is typed the same way on create and update. */
export const plain = (
  flag: string,
  path: string,
  first: readonly [string, unknown],
  second: readonly [string, unknown],
) => inspect([flag, first[0]], [flag, second[0]], path, first[1], second[1]);
export const seconds = (count: number): number => count * 1e9;

/** The first file that is there, of the kernel's two kinds of control groups. */
export const cgroup = (...files: readonly string[]): string =>
  `for f in ${files.join(" ")}; do f=/sys/fs/cgroup/$f; if [ -e $f ]; then cat $f; break; fi; done`;

export const TASK = "TaskTemplate";
export const CONTAINER = `${TASK}.ContainerSpec`;
