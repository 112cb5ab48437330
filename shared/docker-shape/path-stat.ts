import { posix } from "node:path";
import type { PathStat } from "../rpc/gen/streams.ts";
import { type DockerJson, toRfc3339 } from "./common.ts";

/** Of st_mode of stat(2). */
const KIND_MASK = 0o170_000;
const PERMISSION_MASK = 0o777;
/** Go's bits for the kinds of files, beside the permissions. */
const GO_KINDS: ReadonlyMap<number, number> = new Map([
  [0o040_000, 2 ** 31],
  [0o120_000, 2 ** 27],
  [0o010_000, 2 ** 25],
  [0o140_000, 2 ** 24],
  [0o060_000, 2 ** 26],
  [0o020_000, 2 ** 26 + 2 ** 21],
]);
/** Setuid, setgid and sticky. */
const GO_SPECIAL: readonly (readonly [bit: number, go: number])[] = [
  [0o4000, 2 ** 23],
  [0o2000, 2 ** 22],
  [0o1000, 2 ** 20],
];

/** What is at a path of a container, as the header X-Docker-Container-Path-Stat says it, before Base64. */
export function toDockerPathStat(path: string, { kind, mode, size, changedAtMs, targetPath }: PathStat): DockerJson {
  const name = path.endsWith("/.") ? "." : posix.basename(path) || "/";
  return {
    name,
    size,
    mode: goMode(mode),
    mtime: toRfc3339(changedAtMs),
    linkTarget: kind === "LINK" ? targetPath : "",
  };
}

/** A mode of stat(2) as Go's FileMode. */
export function goMode(mode: number): number {
  const special = GO_SPECIAL.reduce((sum, [bit, go]) => sum + ((mode & bit) === 0 ? 0 : go), 0);
  return (mode & PERMISSION_MASK) + special + (GO_KINDS.get(mode & KIND_MASK) ?? 0);
}
