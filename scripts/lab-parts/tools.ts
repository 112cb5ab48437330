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
export const TOOL_NAMES = Object.keys(TOOLS) as readonly Tool[];

/**
 * The program's path; its package is downloaded and unpacked where it is missing. @throws LabError when it cannot be.
 */
export async function toolPath(tool: Tool): Promise<string> {
  const { package: name, path, installed, newest }: ToolSource = TOOLS[tool];
  if (installed && existsSync(join("/", path))) return join("/", path);
  const unpacked = join(CACHE, "tools", path);
  if (existsSync(unpacked)) return unpacked;
  await withCacheLock(async () => {
    if (existsSync(unpacked)) return;
    const files = newest === true ? [await fetchNewest(name)] : await fetchPackages([name], () => false);
    for (const file of files) await unpack(file, join(CACHE, "tools"));
  });
  if (!existsSync(unpacked)) throw new LabError(`Debian's package ${name} has no ${path}.`);
  return unpacked;
}
