/** Debian packages as files: downloaded into the cache, unpacked without being installed. */
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { CACHE, LabError } from "./names.ts";
import { run, say, succeeds } from "./run.ts";

const DOWNLOAD_MS_MAX = 300_000;
const PACKAGES = join(CACHE, "packages");

/**
 * Paths of the packages and of what they depend on, as far as `follows` says; those in the cache are not downloaded.
 */
export async function fetchPackages(
  names: readonly string[],
  follows: (dependency: string) => boolean,
): Promise<readonly string[]> {
  mkdirSync(PACKAGES, { recursive: true });
  const found = new Map<string, string>();
  let wanted = names;
  // One level of dependencies at a time: starting apt-get takes longer than most downloads.
  while (wanted.length > 0) {
    await download(wanted.filter((name) => cached(name) === null));
    const dependencies: string[] = [];
    for (const name of wanted) {
      const path = cached(name);
      if (path === null) throw new LabError(`apt-get downloaded no package ${name}.`);
      found.set(name, path);
      dependencies.push(...firstAlternatives(await run("dpkg-deb", ["--field", path, "Depends"])));
    }
    wanted = [...new Set(dependencies)].filter((name) => follows(name) && !found.has(name));
  }
  return [...found.values()];
}

export async function unpack(path: string, into: string): Promise<void> {
  mkdirSync(into, { recursive: true });
  // Not dpkg-deb --extract: it would replace a link such as lib -> usr/lib by a folder.
  await run("bash", [
    "-c",
    'set -o pipefail; dpkg-deb --fsys-tarfile "$0" | tar -x -C "$1" --keep-directory-symlink',
    path,
    into,
  ]);
}

/** "a (>= 1), b | c:any" to a and b. */
function firstAlternatives(depends: string): readonly string[] {
  return depends
    .split(",")
    .map((choice) => /^\s*([a-z0-9][a-z0-9+.-]*)/.exec(choice)?.[1] ?? "")
    .filter(Boolean);
}

function cached(name: string): string | null {
  const file = readdirSync(PACKAGES).find((entry) => entry.startsWith(`${name}_`) && entry.endsWith(".deb"));
  return file === undefined ? null : join(PACKAGES, file);
}

async function download(names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  // A fresh machine or container often has no package lists at all.
  if (!succeeds("apt-cache", ["show", "--no-all-versions", ...names])) {
    say("apt-get update");
    await run("apt-get", ["update", "-qq"], { timeoutMs: DOWNLOAD_MS_MAX });
  }
  say(`downloading ${names.join(", ")}`);
  await run("apt-get", ["download", "-qq", "-o", "APT::Sandbox::User=root", ...names], {
    cwd: PACKAGES,
    timeoutMs: DOWNLOAD_MS_MAX,
  });
}
