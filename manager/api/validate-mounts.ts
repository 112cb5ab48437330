import { unreachable } from "../../shared/invariant.ts";
import { SPEC_LIMITS } from "../../shared/objects/limits.ts";
import type { Mount } from "../../shared/rpc/gen/objects.ts";
import { bytesOf, check, checkLimit, checkWhole, quoted } from "./refuse.ts";

const VOLUME_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,254}$/;
/** Permission bits with setuid, setgid and sticky. */
const MODE_MAX = 0o7777;

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
  if (type !== "TMPFS") {
    const plain = mount.tmpfsSizeBytes === 0 && mount.tmpfsMode === 0;
    check(plain, `mount ${quoted(target)} has tmpfs options but is of type ${type.toLowerCase()}`);
  }
  if (type !== "BIND") {
    const plain = mount.bindRecursive === "ENABLED";
    check(plain, `mount ${quoted(target)} has bind options but is of type ${type.toLowerCase()}`);
  }
  switch (type) {
    case "BIND":
      check(
        mount.readOnly || (mount.bindRecursive !== "WRITABLE" && mount.bindRecursive !== "READONLY"),
        `bind mount ${quoted(target)}: bind-recursive=${mount.bindRecursive.toLowerCase()} needs readonly`,
      );
      check(source !== "", `bind mount ${quoted(target)} needs a source`);
      checkPath("source", source);
      return;
    case "VOLUME":
      check(
        source === "" || VOLUME_NAME.test(source),
        `invalid volume name ${quoted(source)}: only letters, digits, ".", "-" and "_" are allowed, at least two characters, the first a letter or digit; to mount a host path use type=bind`,
      );
      return;
    case "TMPFS":
      check(source === "", `tmpfs mount ${quoted(target)} cannot have a source`);
      checkWhole("tmpfs size", mount.tmpfsSizeBytes, Number.MAX_SAFE_INTEGER);
      check(mount.tmpfsMode <= MODE_MAX, `invalid tmpfs mode ${mount.tmpfsMode.toString(8)}: at most 7777 (octal)`);
      return;
    default:
      unreachable(type);
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
