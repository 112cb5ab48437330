import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";

const DEFAULT_PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

/** Where programs of this daemon are looked for. */
export function searchPath(): string {
  return process.env["PATH"] ?? DEFAULT_PATH;
}

/** As execvp(3) would find it; null = there is none. */
export async function programPath(name: string): Promise<string | null> {
  const places = name.includes("/")
    ? [name]
    : searchPath()
        .split(":")
        .map((directory) => join(directory, name));
  for (const place of places) {
    const isThere = await access(place, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return place;
  }
  return null;
}
