/**
 * Programs of Debian packages that the lab and the tests run without installing them: installing a server's package
 * would start it, and a package of busybox would replace another one.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { withCacheLock } from "./cache-lock.ts";
import { CACHE, LabError } from "./names.ts";
import { fetchNewest, fetchPackages, unpack } from "./packages.ts";

interface ToolSource {
  readonly package: string;
  /** Of the program, in the package. */
  readonly path: string;
  /** A program that is installed at that path is used instead. */
  readonly installed: boolean;
  /** Of Debian's newest suite, whatever this machine has. */
  readonly newest?: true;
}

const TOOLS = {
  "docker-registry": { package: "docker-registry", path: "usr/bin/docker-registry", installed: true },
  serf: { package: "serf", path: "usr/bin/serf", installed: true },
  runc: { package: "runc", path: "usr/sbin/runc", installed: true },
  // Process 1 of containers with --init.
  catatonit: { package: "catatonit", path: "usr/bin/catatonit", installed: true },
  // Only the static one runs in an image without libraries; an installed one may be either.
  busybox: { package: "busybox-static", path: "bin/busybox", installed: false },
  // What Docker's users have, to speak to our socket; programs of Go, which need little of the machine's libraries.
  docker: { package: "docker-cli", path: "usr/bin/docker", installed: false, newest: true },
  "docker-compose": {
    package: "docker-compose",
    path: "usr/libexec/docker/cli-plugins/docker-compose",
    installed: false,
    newest: true,
  },
} as const satisfies Readonly<Record<string, ToolSource>>;

export type Tool = keyof typeof TOOLS;

/** What is missing of all of them, in few downloads. @throws LabError when it cannot be had. */
export async function fetchTools(): Promise<void> {
  const missing = Object.values<ToolSource>(TOOLS).filter((source) => placeOf(source) === null);
  if (missing.length > 0) await withCacheLock(() => fetch(missing));
}

/**
 * The program's path; its package is downloaded and unpacked where it is missing. @throws LabError when it cannot be.
 */
export async function toolPath(tool: Tool): Promise<string> {
  const source: ToolSource = TOOLS[tool];
  if (placeOf(source) === null) await withCacheLock(() => fetch([source]));
  const place = placeOf(source);
  if (place === null) throw new LabError(`Debian's package ${source.package} has no ${source.path}.`);
  return place;
}

function placeOf({ path, installed }: ToolSource): string | null {
  const places = [...(installed ? [join("/", path)] : []), join(CACHE, "tools", path)];
  return places.find((place) => existsSync(place)) ?? null;
}

/** Under the lock: another one may have fetched some of them meanwhile. */
async function fetch(sources: readonly ToolSource[]): Promise<void> {
  const missing = sources.filter((source) => placeOf(source) === null);
  const names = (isNewest: boolean): readonly string[] =>
    missing.filter(({ newest }) => (newest === true) === isNewest).map((source) => source.package);
  const files = [...(await fetchPackages(names(false), () => false)), ...(await fetchNewest(names(true)))];
  for (const file of files) await unpack(file, join(CACHE, "tools"));
}
