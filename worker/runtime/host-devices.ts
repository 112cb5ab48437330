import { posix } from "node:path";
import { SwarmError } from "../../shared/errors.ts";
import type { Device, DeviceRate } from "../../shared/rpc/gen/objects.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { GrantedDevice, OciDevice } from "./oci-devices.ts";

/** A number for a block device, as the OCI configuration lists it. */
export interface NumberedRate {
  readonly major: number;
  readonly minor: number;
  readonly rate: number;
}

type Files = Pick<HostFiles, "deviceAt" | "kindOf" | "list">;

/** A directory of devices holds a few dozen; a whole /dev with disks and terminals a few hundred. */
const DEVICES_MAX = 4_096;
const ALL = "rwm";
/**
 * What in the host's /dev is not the host's alone: every container has these of its own, and files of programs are no
 * devices.
 */
const OWN_IN_DEV = new Set(["pts", "shm", "fd", "mqueue", "console", "ptmx", "tty"]);

/**
 * A device of the host by its path, links followed, or all in a directory.
 * @throws SwarmError failedPrecondition when there is none.
 */
export async function hostDevices(
  { path, target, permissions }: Device,
  files: Files,
  hostname: string,
): Promise<readonly GrantedDevice[]> {
  const place = target || path;
  const access = permissions || ALL;
  const device = await files.deviceAt(path);
  if (device !== null) return [{ device: { ...device, path: place }, access }];
  const found = await devicesBelow(path, files, new Set());
  if (found.length > 0) {
    return found.map((each) => ({ device: { ...each, path: place + each.path.slice(path.length) }, access }));
  }
  const why = (await files.kindOf(path)) === null ? "there is none" : "what is there is no device";
  throw new SwarmError(
    "failedPrecondition",
    `node ${hostname} has no device ${path}: ${why}; run it on a node that has it`,
  );
}

/** All that a privileged container gets. */
export async function allDevices(files: Files): Promise<readonly GrantedDevice[]> {
  return (await devicesBelow("/dev", files, OWN_IN_DEV)).map((device) => ({ device, access: ALL }));
}

/** Links are left out: what they lead to is there under its own name. */
async function devicesBelow(directory: string, files: Files, without: ReadonlySet<string>): Promise<OciDevice[]> {
  const found: OciDevice[] = [];
  for (const name of await files.list(directory).catch(() => [])) {
    if (without.has(name) || name.startsWith(".") || found.length >= DEVICES_MAX) continue;
    const path = posix.join(directory, name);
    const kind = await files.kindOf(path).catch(() => null);
    if (kind === "directory") found.push(...(await devicesBelow(path, files, new Set())));
    else if (kind === "other") {
      const device = await files.deviceAt(path);
      if (device !== null) found.push({ ...device, path });
    }
  }
  return found;
}

/** @throws SwarmError failedPrecondition when one is no disk of this host. */
export async function numberedRates(
  rates: readonly DeviceRate[],
  files: Pick<HostFiles, "deviceAt">,
  hostname: string,
): Promise<readonly NumberedRate[]> {
  return await Promise.all(
    rates.map(async ({ path, rate }) => {
      const device = await files.deviceAt(path);
      if (device?.type === "b") return { major: device.major, minor: device.minor, rate };
      throw new SwarmError("failedPrecondition", `node ${hostname} has no disk ${path}, to which a limit applies`);
    }),
  );
}
