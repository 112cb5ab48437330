import { posix } from "node:path";
import { isEmpty } from "../docker-shape/common.ts";
import { unreachable } from "../invariant.ts";
import { labelOf } from "../objects/labels.ts";
import { SPEC_LIMITS } from "../objects/limits.ts";
import { sizeBytes } from "../objects/storage-options.ts";
import type { Mount } from "../rpc/gen/objects.ts";
import { bytesOf, check, checkLimit, checkWhole, quoted } from "./refuse.ts";
import { validateLabels } from "./validate-annotations.ts";

const VOLUME_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,254}$/;
/** Permission bits with setuid, setgid and sticky. */
const MODE_MAX = 0o7777;
const TMPFS_OPTIONS = ["exec", "noexec"];
const VOLUME_OPTIONS = ["type", "o", "device", "size"];

/** @throws SwarmError invalidArgument. */
export function validateMounts(mounts: readonly Mount[]): void {
  checkLimit(SPEC_LIMITS.mounts, mounts.length);
  const targets = new Set<string>();
  for (const mount of mounts) {
    validateMount(mount);
    const target = normalized(mount.target);
    check(!targets.has(target), `duplicate mount target ${quoted(mount.target)}`);
    targets.add(target);
  }
}

function validateMount(mount: Mount): void {
  const { type, source, target } = mount;
  check(target !== "", "a mount needs a target");
  checkPath("target", target);
  check(normalized(target) !== "/", `invalid mount target ${quoted(target)}: the root itself cannot be mounted over`);
  for (const [family, isPlain] of Object.entries(PLAIN)) {
    const fits = family === type || isPlain(mount);
    check(fits, `mount ${quoted(target)} has ${family.toLowerCase()} options but is of type ${type.toLowerCase()}`);
  }
  switch (type) {
    case "BIND":
      validateBind(mount);
      return;
    case "VOLUME":
      validateVolume(mount);
      return;
    case "TMPFS":
      check(source === "", `tmpfs mount ${quoted(target)} cannot have a source`);
      checkWhole("tmpfs size", mount.tmpfsSizeBytes, Number.MAX_SAFE_INTEGER);
      check(mount.tmpfsMode <= MODE_MAX, `invalid tmpfs mode ${mount.tmpfsMode.toString(8)}: at most 7777 (octal)`);
      checkLimit(SPEC_LIMITS.mountOptions, mount.tmpfsOptions.length);
      for (const option of mount.tmpfsOptions) {
        check(TMPFS_OPTIONS.includes(option), `invalid tmpfs option ${quoted(option)}: expected exec or noexec`);
      }
      return;
    default:
      unreachable(type);
  }
}

/** Whether a mount has none of what is only for one type. */
const PLAIN: Readonly<Record<Mount["type"], (mount: Mount) => boolean>> = {
  TMPFS: ({ tmpfsSizeBytes, tmpfsMode, tmpfsOptions }) =>
    tmpfsSizeBytes === 0 && tmpfsMode === 0 && tmpfsOptions.length === 0,
  BIND: ({ bindRecursive, bindPropagation, bindCreate }) =>
    bindRecursive === "ENABLED" && bindPropagation === "RPRIVATE" && !bindCreate,
  VOLUME: ({ volumeNoCopy, volumeDriver, volumeOptions, volumeLabels, volumeSubpath, volumePerSlot }) =>
    !volumeNoCopy &&
    volumeDriver === "" &&
    volumeSubpath === "" &&
    !volumePerSlot &&
    isEmpty(volumeOptions) &&
    isEmpty(volumeLabels),
};

function validateBind(mount: Mount): void {
  const { source, readOnly, bindRecursive, bindPropagation } = mount;
  const what = `bind mount ${quoted(mount.target)}`;
  const recursive = `bind-recursive=${bindRecursive.toLowerCase()}`;
  const isReadOnlyOnly = bindRecursive === "WRITABLE" || bindRecursive === "READONLY";
  check(readOnly || !isReadOnlyOnly, `${what}: ${recursive} needs readonly`);
  const isHeld = bindRecursive !== "READONLY" || bindPropagation === "RPRIVATE";
  check(isHeld, `${what}: ${recursive} needs bind-propagation=rprivate`);
  check(source !== "", `${what} needs a source`);
  checkPath("source", source);
}

function validateVolume(mount: Mount): void {
  const { source, target, volumeDriver, volumeSubpath, volumeOptions } = mount;
  if (source !== "") checkVolumeName(source, "; to mount a host path use type=bind");
  checkVolumeDriver(volumeDriver);
  validateLabels("volume", { labels: mount.volumeLabels });
  validateVolumeOptions(volumeOptions, `volume mount ${quoted(target)}: volume-opt=`);
  check(source !== "" || !mount.volumePerSlot, `volume mount ${quoted(target)}: volume-per-slot needs a source`);
  if (volumeSubpath === "") return;
  checkLimit(SPEC_LIMITS.path, bytesOf(volumeSubpath));
  check(source !== "", `volume mount ${quoted(target)}: volume-subpath needs a source, for a new volume is empty`);
  const isInside = !volumeSubpath.includes("\0") && !/^(\/|\.\.(\/|$))/.test(posix.normalize(volumeSubpath));
  check(isInside, `invalid volume subpath ${quoted(volumeSubpath)}: it must be a relative path inside of the volume`);
}

/** @throws SwarmError invalidArgument. */
export function checkVolumeName(name: string, hint = ""): void {
  check(
    VOLUME_NAME.test(name),
    `invalid volume name ${quoted(name)}: only letters, digits, ".", "-" and "_" are allowed, at least two characters, the first a letter or digit${hint}`,
  );
}

/** @throws SwarmError invalidArgument. */
export function checkVolumeDriver(driver: string): void {
  check(
    driver === "" || driver === "local",
    `there is no volume driver ${quoted(driver)}: only "local" is there, which mounts NFS, CIFS and others by its options`,
  );
}

/**
 * As Docker's local driver takes them: what is mounted needs a type and a device, and its size is its own business.
 * `flag`: how one is given.
 * @throws SwarmError invalidArgument.
 */
export function validateVolumeOptions(options: Mount["volumeOptions"], flag: string): void {
  for (const [key, value] of Object.entries(options)) {
    const isKnown = VOLUME_OPTIONS.includes(key);
    check(isKnown, `invalid volume option ${quoted(key)}: the driver "local" has type, o, device and size`);
    checkLimit(SPEC_LIMITS.path, bytesOf(value));
    check(!value.includes("\0"), `invalid volume option ${quoted(`${key}=${value}`)}: it contains a zero byte`);
  }
  const size = labelOf(options, "size");
  if (size !== undefined) {
    sizeBytes(size, "volume size");
    const isAlone = Object.keys(options).length === 1;
    check(isAlone, `${flag}size=${size} is for volumes of the host's own; what is mounted has a size by its o=...`);
    return;
  }
  if (isEmpty(options)) return;
  for (const key of ["type", "device"]) {
    check((labelOf(options, key) ?? "") !== "", `${flag}${key}=... is missing`);
  }
}

function checkPath(what: string, path: string): void {
  checkLimit(SPEC_LIMITS.path, bytesOf(path));
  check(path.startsWith("/"), `invalid mount ${what} ${quoted(path)}: it must be an absolute path`);
  const sane = !path.includes("\0") && !path.split("/").includes("..");
  check(sane, `invalid mount ${what} ${quoted(path)}: it must not contain ".."`);
}

/** Without "." parts, doubled and trailing slashes, so that equal paths have equal text. */
function normalized(path: string): string {
  return `/${path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/")}`;
}
