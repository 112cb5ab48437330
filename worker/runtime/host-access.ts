import { SwarmError } from "../../shared/errors.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { ContainerSpec, ResourceControls } from "../../shared/rpc/gen/objects.ts";
import { SHM_SIZE_BYTES } from "../../shared/service-spec/defaults.ts";
import type { HostFiles } from "../ports/host-files.ts";
import { appArmorProfile } from "./apparmor.ts";
import { type DescribedEdits, describedDevices, describedGpus, NO_EDITS } from "./described-devices.ts";
import type { DirectoryLimits } from "./directory-limits.ts";
import type { HostCapacity } from "./host-capacity.ts";
import { checkControls } from "./host-controls.ts";
import { allDevices, hostDevices, numberedRates } from "./host-devices.ts";
import { deviceRules, type GrantedDevice, type OciDevice, type OciDeviceRule } from "./oci-devices.ts";
import { type DiskControls, NO_DISKS } from "./oci-resources.ts";
import { checkStorage } from "./own-files.ts";
import { type SeccompProfile, seccompProfile } from "./seccomp.ts";
import { customProfile } from "./seccomp-custom.ts";

/** How close a container comes to its host, decided. */
export interface HostAccess {
  readonly isPrivileged: boolean;
  readonly devices: readonly OciDevice[];
  /** null = no filter of system calls. */
  readonly seccomp: SeccompProfile | null;
  /** "" = none. */
  readonly appArmorProfile: string;
  /** Nothing of /proc and /sys is hidden or read-only. */
  readonly hasOpenPaths: boolean;
  readonly areCgroupsWritable: boolean;
  /** Of a /dev/shm of its own; null = it has none, or another one is mounted there. */
  readonly shmBytes: number | null;
  /** Programs of the host that the runtime runs at points of its life; null = none. */
  readonly hooks: DescribedEdits["hooks"] | null;
}

/** What was found on the host for a container: before anything of it is made. */
export interface HostFindings {
  readonly devices: readonly GrantedDevice[];
  readonly deviceRules: readonly OciDeviceRule[];
  readonly disks: DiskControls;
  readonly appArmorProfile: string;
  readonly edits: DescribedEdits;
}

export interface FindingsParts {
  readonly files: Pick<HostFiles, "deviceAt" | "kindOf" | "list" | "readText">;
  readonly hostname: string;
  readonly host: HostCapacity;
  /** Of containers' changed files. */
  readonly limits: Pick<DirectoryLimits, "check">;
}

/**
 * Looks for all that a container wants of its host.
 * @throws SwarmError failedPrecondition with one sentence about the first thing that the host does not have.
 */
export async function findHostAccess({ spec }: Pick<Task, "spec">, parts: FindingsParts): Promise<HostFindings> {
  const { files, hostname, host, limits } = parts;
  const { privileged, devices, gpus, apparmor, writableCgroups, deviceRules: rules } = spec.container;
  checkControls(spec, host, hostname);
  checkStorage(spec.container, limits);
  if (writableCgroups && !host.isUnified && !privileged) {
    throw new SwarmError(
      "failedPrecondition",
      `node ${hostname} cannot give a container cgroups of its own to write: that needs cgroup v2 alone`,
    );
  }
  const [found, everything, described, forGpus, disks, profile] = await Promise.all([
    Promise.all(devices.filter(({ path }) => path.startsWith("/")).map((each) => hostDevices(each, files, hostname))),
    privileged ? allDevices(files) : [],
    describedDevices(
      devices.map(({ path }) => path).filter((path) => !path.startsWith("/")),
      files,
      hostname,
    ),
    describedGpus(gpus, files, hostname),
    disksOf(spec.controls, parts),
    appArmorProfile(apparmor, privileged, files, hostname),
  ]);
  const edits = [described, forGpus].filter((each) => each !== NO_EDITS).reduce(merged, NO_EDITS);
  // A device that is asked for takes the place of the host's own of that name.
  const own = [...found.flat(), ...edits.devices];
  const places = new Set(own.map(({ device }) => device.path));
  const granted = [...everything.filter(({ device }) => !places.has(device.path)), ...own];
  return {
    devices: granted,
    deviceRules: deviceRules(granted, rules, privileged),
    disks,
    appArmorProfile: profile,
    edits,
  };
}

function merged(one: DescribedEdits, other: DescribedEdits): DescribedEdits {
  const hooks = new Map(Object.entries(one.hooks));
  for (const [name, list] of Object.entries(other.hooks)) hooks.set(name, [...(hooks.get(name) ?? []), ...list]);
  return {
    devices: [...one.devices, ...other.devices],
    mounts: [...one.mounts, ...other.mounts],
    env: [...one.env, ...other.env],
    groups: [...one.groups, ...other.groups],
    hooks: Object.fromEntries(hooks),
  };
}

async function disksOf(controls: ResourceControls | null, { files, hostname }: FindingsParts): Promise<DiskControls> {
  if (controls === null) return NO_DISKS;
  const { blkioWeightDevices, readBps, writeBps, readIops, writeIops } = controls;
  const lists = [blkioWeightDevices, readBps, writeBps, readIops, writeIops];
  const [weights = [], ...rest] = await Promise.all(lists.map((list) => numberedRates(list, files, hostname)));
  const [readB = [], writeB = [], readI = [], writeI = []] = rest;
  return { weights, readBps: readB, writeBps: writeB, readIops: readI, writeIops: writeI };
}

/** The decision, once its capabilities are known. */
export function hostAccess(
  spec: ContainerSpec,
  findings: HostFindings,
  context: { readonly capabilities: readonly string[]; readonly architecture: string; readonly kernel: string },
): HostAccess {
  const { privileged, unconfinedPaths, writableCgroups, ipcMode, shmSizeBytes } = spec;
  const hasHooks = Object.keys(findings.edits.hooks).length > 0;
  return {
    isPrivileged: privileged,
    devices: findings.devices.map(({ device }) => device),
    seccomp: seccompOf(spec, context),
    appArmorProfile: findings.appArmorProfile,
    hasOpenPaths: privileged || unconfinedPaths,
    areCgroupsWritable: privileged || writableCgroups,
    shmBytes: ipcMode === "none" || ipcMode === "host" ? null : shmSizeBytes || SHM_SIZE_BYTES,
    hooks: hasHooks ? findings.edits.hooks : null,
  };
}

/** Privileged containers have no filter unless they ask for one. */
function seccompOf(
  { privileged, seccomp }: Pick<ContainerSpec, "privileged" | "seccomp">,
  context: { readonly capabilities: readonly string[]; readonly architecture: string; readonly kernel: string },
): SeccompProfile | null {
  switch (seccomp?.mode) {
    case "UNCONFINED":
      return null;
    case "CUSTOM":
      return customProfile(seccomp.profile, context);
    default:
      return privileged ? null : seccompProfile(context.capabilities, context.architecture);
  }
}
