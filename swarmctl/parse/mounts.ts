import type { Mount } from "../../shared/rpc/gen/objects.ts";
import { emptyMount } from "../../shared/service-spec/paths.ts";
import { parseCsvPairs } from "./csv.ts";
import { parseBytes, parseChoice } from "./numbers.ts";
import { usageError } from "./usage.ts";

const FLAG = "--mount";
const BIND_RECURSIVE = {
  enabled: "ENABLED",
  disabled: "DISABLED",
  writable: "WRITABLE",
  readonly: "READONLY",
} as const;
const TYPES = { bind: "BIND", volume: "VOLUME", tmpfs: "TMPFS" } as const;

/**
 * `type=bind|volume|tmpfs,source=...,target=...[,readonly][,bind-recursive=enabled|disabled|writable|readonly]
 * [,tmpfs-size=64m][,tmpfs-mode=1770]`; the default type is volume. `absolute` makes a relative bind source absolute,
 * starting from this command's working directory.
 * @throws SwarmError invalidArgument.
 */
export function parseMount(text: string, absolute: (path: string) => string): Mount {
  const mount: { -readonly [Key in keyof Mount]: Mount[Key] } = { ...emptyMount() };
  let tmpfsOption: string | null = null;
  let bindOption: string | null = null;
  for (const [key, value] of parseCsvPairs(text, FLAG)) {
    switch (key) {
      case "type":
        mount.type = parseChoice(value ?? "", `${FLAG} type`, TYPES);
        break;
      case "source":
      case "src":
        mount.source = required(key, value);
        break;
      case "target":
      case "dst":
      case "destination":
        mount.target = required(key, value);
        break;
      case "readonly":
      case "ro":
        mount.readOnly =
          value === null || parseChoice(value, `${FLAG} ${key}`, { true: true, false: false, 1: true, 0: false });
        break;
      case "tmpfs-size":
        mount.tmpfsSizeBytes = parseBytes(required(key, value), `${FLAG} ${key}`);
        tmpfsOption = key;
        break;
      case "tmpfs-mode":
        mount.tmpfsMode = parseMode(required(key, value));
        tmpfsOption = key;
        break;
      case "bind-recursive":
        mount.bindRecursive = parseChoice(required(key, value), `${FLAG} ${key}`, BIND_RECURSIVE);
        bindOption = key;
        break;
      default:
        throw usageError(
          `unexpected key '${key}' in mount "${text}": ` +
            "expected type, source, target, readonly, bind-recursive, tmpfs-size or tmpfs-mode",
        );
    }
  }
  if (mount.target === "") throw usageError(`invalid mount "${text}": target is missing`);
  if (!mount.target.startsWith("/") && !isTemplate(mount.target)) {
    throw usageError(`invalid mount "${text}": target must be an absolute path in the container`);
  }
  if (tmpfsOption !== null && mount.type !== "TMPFS") {
    throw usageError(`invalid mount "${text}": ${tmpfsOption} is only valid with type=tmpfs`);
  }
  if (bindOption !== null && mount.type !== "BIND") {
    throw usageError(`invalid mount "${text}": ${bindOption} is only valid with type=bind`);
  }
  return withSource(mount, text, absolute);
}

function withSource(mount: Mount, text: string, absolute: (path: string) => string): Mount {
  switch (mount.type) {
    case "BIND": {
      const source = mount.source.startsWith(".") ? absolute(mount.source) : mount.source;
      if (!source.startsWith("/") && !isTemplate(source)) {
        throw usageError(
          `invalid mount "${text}": a bind mount needs source=, an absolute path that exists on the nodes`,
        );
      }
      return { ...mount, source };
    }
    case "TMPFS":
      if (mount.source !== "") throw usageError(`invalid mount "${text}": a tmpfs mount has no source`);
      return mount;
    case "VOLUME":
      if (mount.source !== "" && !isTemplate(mount.source) && !/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(mount.source)) {
        throw usageError(
          `invalid mount "${text}": a volume's name has only letters, digits, "_", "." and "-"; for a path say type=bind`,
        );
      }
      return mount;
    default:
      return mount;
  }
}

/** Only managers know what a template gives, and they check it. */
const isTemplate = (text: string): boolean => text.includes("{{");

function required(key: string, value: string | null): string {
  if (value === null || value === "") throw usageError(`invalid field '${key}' for ${FLAG}: expected ${key}=VALUE`);
  return value;
}

function parseMode(text: string): number {
  if (!/^[0-7]{1,5}$/.test(text)) throw usageError(`invalid tmpfs-mode "${text}": expected octal digits such as 1770`);
  return Number.parseInt(text, 8);
}
