/** The kernel's table of mounts, /proc/PID/mountinfo (proc(5)). */

export interface MountEntry {
  /** Absolute, as the process sees it. */
  readonly target: string;
  /** What is mounted in it is passed on to its peers. */
  readonly isShared: boolean;
  /** What is mounted in its master is passed on to it. */
  readonly isSlave: boolean;
}

/** In the order of the table: what lies over something else comes after it. */
export function parseMountTable(text: string): readonly MountEntry[] {
  return text.split("\n").flatMap((line) => {
    const [, , , , target, , ...optional] = line.split(" ");
    if (target === undefined) return [];
    const tags = optional.slice(0, optional.indexOf("-"));
    const has = (tag: string): boolean => tags.some((one) => one.startsWith(`${tag}:`));
    return [{ target: unescaped(target), isShared: has("shared"), isSlave: has("master") }];
  });
}

/** The topmost mount at a place; null = nothing is mounted right there. `place` must be free of links. */
export function mountedAt(entries: readonly MountEntry[], place: string): MountEntry | null {
  return entries.findLast(({ target }) => target === place) ?? null;
}

/** The mount that a path is on; null only where the table is empty. `path` must be free of links. */
export function mountOf(entries: readonly MountEntry[], path: string): MountEntry | null {
  let found: MountEntry | null = null;
  for (const entry of entries) {
    const isAbove = entry.target === "/" || path === entry.target || path.startsWith(`${entry.target}/`);
    if (isAbove && entry.target.length >= (found?.target.length ?? 0)) found = entry;
  }
  return found;
}

/** Blank, tab, line end and backslash are written as octal numbers. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
