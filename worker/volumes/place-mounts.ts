import { SwarmError } from "../../shared/errors.ts";
import type { RootedTree } from "../ports/rooted-tree.ts";
import type { OciMount } from "../runtime/oci-mount.ts";

/** Where the runtime itself mounts before it mounts what is planned: the image's files there are hidden. */
const BASE_TARGETS = ["/proc", "/dev", "/sys"] as const;
/** As in runc: files that lxcfs shows to containers in place of the kernel's own. */
const PROC_FILES: ReadonlySet<string> = new Set(
  ["cpuinfo", "diskstats", "loadavg", "meminfo", "net/dev", "slabinfo", "stat", "swaps", "uptime"].map(
    (name) => `/proc/${name}`,
  ),
);

/**
 * The same mounts at the places in the image that their targets lead to, parents first. What is mounted must not depend
 * on how the runtime resolves the image's links; a link to `/` or into `/proc` is a way to replace the kernel's files
 * by an image's own.
 *
 * If two lead to the same place, the service's own mount takes precedence over what the image or the host puts there.
 * @throws SwarmError failedPrecondition when a target leads to the root or into /proc, when two of the service's lead
 * to one place, or the image has a link where the runtime mounts.
 */
export async function placeMounts(
  mounts: readonly OciMount[],
  isOwn: (target: string) => boolean,
  image: RootedTree,
): Promise<readonly OciMount[]> {
  for (const target of BASE_TARGETS) {
    if ((await image.resolve(target)).path === target) continue;
    throw new SwarmError("failedPrecondition", `the image has a link at ${target}, where a directory must be`);
  }
  const places = new Map<string, string>(BASE_TARGETS.map((target) => [target, target]));
  const placed: { readonly mount: OciMount; readonly target: string }[] = [];
  // The service's own first, so that they are not dropped in favour of others; among them parents first, since children
  // are inside them.
  const inOrder = [...mounts].sort(
    (a, b) =>
      Number(isOwn(b.destination)) - Number(isOwn(a.destination)) || depth(a.destination) - depth(b.destination),
  );
  for (const mount of inOrder) {
    const target = mount.destination;
    const destination = await placeOf(target, places, image);
    check(target, destination);
    const rival = placed.find((other) => other.mount.destination === destination);
    if (rival === undefined) {
      places.set(target, destination);
      placed.push({ mount: { ...mount, destination }, target });
    } else if (isOwn(target)) {
      throw new SwarmError(
        "failedPrecondition",
        `mounts ${rival.target} and ${target} are the same place in the image`,
      );
    }
  }
  return placed.map(({ mount }) => mount).sort((a, b) => depth(a.destination) - depth(b.destination));
}

/** Inside another mount the image's files do not matter: the runtime looks up what is there. */
async function placeOf(target: string, places: ReadonlyMap<string, string>, image: RootedTree): Promise<string> {
  for (let parent = parentOf(target); parent !== ""; parent = parentOf(parent)) {
    const place = places.get(parent);
    if (place !== undefined) return `${place}${target.slice(parent.length)}`;
  }
  return (await image.resolve(target)).path;
}

function check(target: string, destination: string): void {
  const how = target === destination ? "" : `, by links of the image to ${destination}`;
  if (destination === "/") {
    throw new SwarmError("failedPrecondition", `mount target ${target} is the root of the image${how}`);
  }
  const isInProc = destination === "/proc" || destination.startsWith("/proc/");
  if (!isInProc || PROC_FILES.has(destination)) return;
  throw new SwarmError("failedPrecondition", `mount target ${target} is in /proc${how}: nothing can be mounted there`);
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function depth(path: string): number {
  return path.split("/").length;
}
