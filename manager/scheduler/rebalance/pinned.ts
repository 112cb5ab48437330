import { unreachable } from "../../../shared/invariant.ts";
import type { Task } from "../../../shared/objects/types.ts";
import type { Mount } from "../../../shared/rpc/gen/objects.ts";

/** File systems of volumes that are the same wherever they are mounted. */
const SHARED_FILE_SYSTEMS: ReadonlySet<string> = new Set(["nfs", "nfs4", "cifs", "smb3", "ceph", "glusterfs"]);

/**
 * What ties a task to its host, in a few words; null = it can as well run elsewhere. A task that ends by itself may
 * lose these things, but nobody asked for a move: only what loses nothing by it is moved.
 */
export function pinOf({ spec, endpoint, networks }: Task): string | null {
  const { mounts, devices, gpus } = spec.container;
  for (const mount of mounts) {
    const pin = pinOfMount(mount);
    if (pin !== null) return pin;
  }
  // Clients know such a port by the host it is on: behind another one they would not find it.
  const hostPort = (endpoint?.ports ?? []).find(({ publishMode }) => publishMode === "HOST");
  if (hostPort !== undefined) return `port ${hostPort.targetPort} of its own host`;
  if (networks.some(({ driver }) => driver === "host")) return "its host's own network";
  if (devices.length + gpus.length > 0) return "a device of its host";
  return null;
}

/** A read-only directory of the host holds nothing of the task's, and a host that lacks it rejects the successor. */
function pinOfMount({ type, source, target, readOnly, volumeOptions }: Mount): string | null {
  switch (type) {
    case "VOLUME": {
      if (SHARED_FILE_SYSTEMS.has(new Map(Object.entries(volumeOptions)).get("type") ?? "")) return null;
      return source === "" ? `the volume at ${target}` : `volume ${source}`;
    }
    case "BIND":
      return readOnly ? null : `directory ${source} of its host`;
    case "TMPFS":
      return null;
    default:
      return unreachable(type);
  }
}
