import { readFileSync } from "node:fs";
import { SwarmError } from "../../shared/errors.ts";

/** @throws SwarmError invalidArgument when it cannot be read. */
export function readTextFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code === "ENOENT" ? "no such file" : (cause as Error).message;
    throw new SwarmError("invalidArgument", `cannot read ${path}: ${why}`, { cause });
  }
}
