import { readFileSync } from "node:fs";

/**
 * How many files this process may have open; null = the system does not say. (Node has raised it to the hard limit.)
 */
export function openFilesMax(): number | null {
  try {
    const count = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return count === undefined ? null : Number(count);
  } catch {
    return null;
  }
}
