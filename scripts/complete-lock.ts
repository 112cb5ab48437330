/**
 * Completes package-lock.json with the optional packages of other platforms. npm leaves out those that its registry
 * (often a mirror) does not have, and then `npm ci` refuses the lock file as incomplete, here and everywhere else.
 * Nothing is ever downloaded for these entries: they name their platform, and it is not this one. Run after every
 * change of dependencies; it changes nothing when nothing is missing.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface LockEntry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const OS_NAMES = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];

const path = join(import.meta.dirname, "../package-lock.json");
const lock = JSON.parse(readFileSync(path, "utf8")) as { packages: Record<string, LockEntry> };
const missing = Object.entries(lock.packages).flatMap(([owner, entry]) =>
  Object.entries(entry.optionalDependencies ?? {})
    .filter(([name]) => !(`${owner}/node_modules/${name}` in lock.packages || `node_modules/${name}` in lock.packages))
    .map(([name, version]) => [`node_modules/${name}`, entryOf(name, version, entry.dev === true)] as const),
);
const packages = [...Object.entries(lock.packages), ...missing].sort(([a], [b]) => a.localeCompare(b, "en"));
if (missing.length > 0)
  writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2)}\n`);
console.log(`package-lock.json: ${missing.length} optional packages of other platforms added`);

/** By convention such packages are named `...-OS-CPU[-ABI]`. */
function entryOf(name: string, version: string, isDev: boolean): LockEntry & Readonly<Record<string, unknown>> {
  const parts = (name.split("/").at(-1) ?? "").split("-");
  const at = parts.findIndex((part) => OS_NAMES.includes(part));
  const [os, cpu, abi] = parts.slice(at);
  if (at === -1 || os === undefined || cpu === undefined)
    throw new Error(`cannot tell the platform of ${name} by its name; add it to package-lock.json by hand`);
  return {
    version,
    cpu: [cpu],
    ...(isDev ? { dev: true } : {}),
    ...(abi?.startsWith("musl") === true ? { libc: ["musl"] } : {}),
    optional: true,
    os: [os],
  };
}
