import { posix } from "node:path";
import { SwarmError } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import { unreachable } from "../../shared/invariant.ts";
import type { Mount } from "../../shared/rpc/gen/objects.ts";
import { emptyMount } from "../../shared/service-spec/paths.ts";
import type { OciMount } from "../runtime/oci-mount.ts";

/** A volume a container uses. */
export interface VolumeUse {
  readonly name: string;
  /** Where it is in the container; an empty one is filled with what the image has there. */
  readonly target: string;
  /** Made for this task, and removed with it. */
  readonly isAnonymous: boolean;
  /** What is mounted instead of the whole, relative to the volume; "" = the whole. */
  readonly subpath: string;
  /** Whether it is filled where it is empty. */
  readonly isFilled: boolean;
  /** How it is made where it is not there. */
  readonly wanted: VolumeDescription;
}

/** What is kept of a volume beside its content, in the words of Docker's local driver. */
export interface VolumeDescription {
  /**
   * `type`, `o` and `device` of what is mounted while somebody uses it; without them a directory of the host, which may
   * have a `size`.
   */
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

export interface MountPlan {
  /** Parents before children. */
  readonly mounts: readonly OciMount[];
  readonly volumes: readonly VolumeUse[];
  /** Targets of the service's own mounts, as in `mounts`; the rest are the image's. */
  readonly ownTargets: ReadonlySet<string>;
  /** Host paths that must exist. */
  readonly bindSources: readonly BindSource[];
}

export interface BindSource {
  readonly path: string;
  /** Where it is in the container. */
  readonly target: string;
  /** How what is mounted there later is passed on; needs a host that does. */
  readonly propagation: "private" | "slave" | "shared";
  /** A directory is made there when nothing is. */
  readonly isMade: boolean;
}

export interface MountRequest {
  readonly key: ContainerKey;
  /** Of the service. */
  readonly mounts: readonly Mount[];
  /** It may have volumes that were made for another container. Default false. */
  readonly mayBorrow?: boolean;
  /** Paths the image declares as volumes. */
  readonly imageVolumes: readonly string[];
  /** Directory of a volume's content, by its name. */
  readonly volumePath: (name: string) => string;
}

const VOLUME_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
/** See `anonymousVolumeName`: they are removed with their container, and their names can be derived from its id. */
const ANONYMOUS_NAME = /^([a-z0-9]{25}|[0-9a-f]{64})-\d+$/;
const TMPFS_MODE = 0o1777;

/**
 * What to mount into a container, and which volumes that needs. A path that the image declares as a volume gets an
 * anonymous one unless the service mounts something there.
 * @throws SwarmError invalidArgument for a mount that makes no sense.
 */
export function planMounts(request: MountRequest): MountPlan {
  const wanted = [...request.mounts, ...imageMounts(request)];
  const ownTargets = new Set(request.mounts.map(({ target }) => cleanTarget(target)));
  const volumes: VolumeUse[] = [];
  const bindSources: BindSource[] = [];
  const targets = new Set<string>();
  const mounts = wanted.map((mount, index) => {
    const destination = cleanTarget(mount.target);
    if (targets.has(destination)) throw new SwarmError("invalidArgument", `two mounts have the target ${destination}`);
    targets.add(destination);
    const access = mount.readOnly ? "ro" : "rw";
    switch (mount.type) {
      case "BIND":
        if (!mount.source.startsWith("/")) throw new SwarmError("invalidArgument", notAbsolute("source", mount.source));
        if (mount.source.includes("\0")) throw new SwarmError("invalidArgument", zeroByte("source", mount.source));
        bindSources.push({
          ...{ path: mount.source, target: destination, isMade: mount.bindCreate },
          propagation: PROPAGATIONS[mount.bindPropagation],
        });
        return { destination, type: "bind", source: mount.source, options: bindOptions(mount) };
      case "VOLUME": {
        if (mount.volumePerSlot) throw new SwarmError("invalidArgument", "volume-per-slot is for services only");
        const isAnonymous = mount.source === "";
        const name = isAnonymous ? anonymousVolumeName(request.key, index) : mount.source;
        if (!isAnonymous && request.mayBorrow !== true && ANONYMOUS_NAME.test(name))
          throw new SwarmError("invalidArgument", anonymousName(name));
        if (!VOLUME_NAME.test(name)) throw new SwarmError("invalidArgument", badVolumeName(name));
        volumes.push({
          ...{ name, target: destination, isAnonymous, subpath: mount.volumeSubpath },
          isFilled: !mount.volumeNoCopy,
          wanted: { options: mount.volumeOptions, labels: mount.volumeLabels },
        });
        return {
          destination,
          type: "bind",
          source: request.volumePath(name),
          options: ["rbind", "rprivate", mount.readOnly ? "rro" : "rw"],
        };
      }
      case "TMPFS":
        return { destination, type: "tmpfs", source: "tmpfs", options: tmpfsOptions(mount, access) };
      default:
        return unreachable(mount.type);
    }
  });
  // Mounting a parent later would hide its child.
  const depth = (path: string): number => path.split("/").length;
  mounts.sort((a, b) => depth(a.destination) - depth(b.destination));
  return { mounts, volumes, ownTargets, bindSources };
}

/**
 * The same mounts where these sources are files, or anything but a directory, as the socket of a daemon: nothing is
 * mounted below them, and crun cannot open them for what "read-only all the way down" takes.
 */
export function flatFiles(mounts: readonly OciMount[], files: ReadonlySet<string>): readonly OciMount[] {
  return mounts.map((mount) =>
    mount.type === "bind" && files.has(mount.source)
      ? { ...mount, options: mount.options.map((option) => (option === "rro" ? "ro" : option)) }
      : mount,
  );
}

/** Whether a volume was made for one container, and goes with it. */
export function isAnonymousName(name: string): boolean {
  return ANONYMOUS_NAME.test(name);
}

/** Whether a directory of this name may be a volume. */
export function isVolumeName(name: string): boolean {
  return VOLUME_NAME.test(name);
}

/** The same for every attempt to prepare a task, so that none is made twice. */
export function anonymousVolumeName(key: ContainerKey, index: number): string {
  return `${key}-${index}`;
}

function imageMounts({ mounts, imageVolumes }: MountRequest): readonly Mount[] {
  const taken = new Set(mounts.map(({ target }) => cleanTarget(target)));
  const targets = new Set(imageVolumes.map(imageTarget));
  return [...targets].filter((target) => !taken.has(target)).map((target) => ({ ...emptyMount(), target }));
}

/** As in Docker: relative to the root, and `..` goes no higher than that. */
function imageTarget(path: string): string {
  const target = posix.resolve("/", path);
  if (target !== "/" && !target.includes("\0")) return target;
  throw new SwarmError(
    "failedPrecondition",
    `the image declares a volume at ${JSON.stringify(path)}: it cannot be made`,
  );
}

function tmpfsOptions(mount: Mount, access: string): readonly string[] {
  const mode = (mount.tmpfsMode === 0 ? TMPFS_MODE : mount.tmpfsMode).toString(8);
  const size = mount.tmpfsSizeBytes > 0 ? [`size=${mount.tmpfsSizeBytes}`] : [];
  const exec = mount.tmpfsOptions.at(-1) === "exec" ? "exec" : "noexec";
  return ["nosuid", "nodev", exec, access, `mode=${mode}`, ...size];
}

/**
 * Without doubled slashes, `.` and a trailing slash.
 * @throws SwarmError invalidArgument unless absolute, or for `..`.
 */
function cleanTarget(target: string): string {
  if (!target.startsWith("/")) throw new SwarmError("invalidArgument", notAbsolute("target", target));
  const parts = target.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.length === 0) throw new SwarmError("invalidArgument", "a mount cannot have the target /");
  if (target.includes("\0")) throw new SwarmError("invalidArgument", zeroByte("target", target));
  if (parts.includes("..")) throw new SwarmError("invalidArgument", `mount target ${target} must not contain ".."`);
  return `/${parts.join("/")}`;
}

function zeroByte(what: string, path: string): string {
  return `mount ${what} ${JSON.stringify(path)} contains a zero byte`;
}

function notAbsolute(what: string, path: string): string {
  return `mount ${what} ${JSON.stringify(path)} is not an absolute path`;
}

const PROPAGATIONS: Readonly<Record<Mount["bindPropagation"], BindSource["propagation"]>> = {
  ...{ PRIVATE: "private", RPRIVATE: "private", SLAVE: "slave", RSLAVE: "slave", SHARED: "shared", RSHARED: "shared" },
};

/** Read-only all the way down, unless people want it otherwise: "ro" alone leaves what is mounted below writable. */
function bindOptions({ readOnly, bindRecursive, bindPropagation }: Mount): readonly string[] {
  const propagation = bindPropagation.toLowerCase();
  switch (bindRecursive) {
    case "ENABLED":
    case "READONLY":
      return ["rbind", propagation, readOnly ? "rro" : "rw"];
    case "WRITABLE":
      return ["rbind", propagation, readOnly ? "ro" : "rw"];
    case "DISABLED":
      // "rprivate" would bring along what is mounted below: crun takes its "r" for that of "rbind".
      return ["bind", propagation.replace(/^r/, ""), readOnly ? "ro" : "rw"];
    default:
      return unreachable(bindRecursive);
  }
}

function anonymousName(name: string): string {
  return `volume name ${JSON.stringify(name)} has the form of another task's own volume; choose another name`;
}

function badVolumeName(name: string): string {
  return `volume name ${JSON.stringify(name)} must begin with a letter or digit and contain only letters, digits and _ . -`;
}
