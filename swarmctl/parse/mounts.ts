import { labelsOf } from "../../shared/objects/labels.ts";
import type { Mount } from "../../shared/rpc/gen/objects.ts";
import { parseBytes } from "../../shared/run-text/bytes.ts";
import { emptyMount } from "../../shared/service-spec/paths.ts";
import { parseCsvPairs } from "./csv.ts";
import { parseChoice } from "./numbers.ts";
import { usageError } from "./usage.ts";
import { parseLabels } from "./words.ts";

const FLAG = "--mount";
export const BIND_RECURSIVE = {
  enabled: "ENABLED",
  disabled: "DISABLED",
  writable: "WRITABLE",
  readonly: "READONLY",
} as const;
export const BIND_PROPAGATION = {
  private: "PRIVATE",
  rprivate: "RPRIVATE",
  shared: "SHARED",
  rshared: "RSHARED",
  slave: "SLAVE",
  rslave: "RSLAVE",
} as const;
const TMPFS_OPTIONS = { exec: "exec", noexec: "noexec" } as const;
const TYPES = { bind: "BIND", volume: "VOLUME", tmpfs: "TMPFS" } as const;

/** What a key of the flag says about a mount of which something is said already. */
type KeyReader = (value: string | null, key: string, mount: Mount) => Partial<Mount>;

const readSource: KeyReader = (value, key) => ({ source: required(key, value) });
const readTarget: KeyReader = (value, key) => ({ target: required(key, value) });
const readReadOnly: KeyReader = (value, key) => ({ readOnly: parseSwitch(key, value) });
const choose = <Value>(value: string | null, key: string, choices: Readonly<Record<string, Value>>): Value =>
  parseChoice(required(key, value), `${FLAG} ${key}`, choices);

/** Keys with a family before the dash are for mounts of that type only. */
const KEYS: ReadonlyMap<string, KeyReader> = new Map<string, KeyReader>([
  ["type", (value) => ({ type: parseChoice(value ?? "", `${FLAG} type`, TYPES) })],
  ["source", readSource],
  ["src", readSource],
  ["target", readTarget],
  ["dst", readTarget],
  ["destination", readTarget],
  ["readonly", readReadOnly],
  ["ro", readReadOnly],
  ["bind-propagation", (value, key) => ({ bindPropagation: choose(value, key, BIND_PROPAGATION) })],
  ["bind-create-src", (value, key) => ({ bindCreate: parseSwitch(key, value) })],
  ["bind-recursive", (value, key) => ({ bindRecursive: choose(value, key, BIND_RECURSIVE) })],
  ["volume-nocopy", (value, key) => ({ volumeNoCopy: parseSwitch(key, value) })],
  ["volume-driver", (value, key) => ({ volumeDriver: required(key, value) })],
  ["volume-opt", (value, key, { volumeOptions }) => ({ volumeOptions: withPair(volumeOptions, key, value) })],
  ["volume-label", (value, key, { volumeLabels }) => ({ volumeLabels: withPair(volumeLabels, key, value) })],
  ["volume-subpath", (value, key) => ({ volumeSubpath: required(key, value) })],
  ["volume-per-slot", (value, key) => ({ volumePerSlot: parseSwitch(key, value) })],
  ["tmpfs-size", (value, key) => ({ tmpfsSizeBytes: parseBytes(required(key, value), `${FLAG} ${key}`) })],
  ["tmpfs-mode", (value, key) => ({ tmpfsMode: parseMode(required(key, value)) })],
  [
    "tmpfs-options",
    (value, key, { tmpfsOptions }) => ({ tmpfsOptions: [...tmpfsOptions, choose(value, key, TMPFS_OPTIONS)] }),
  ],
]);

/**
 * `type=bind|volume|tmpfs,source=...,target=...[,readonly]` and what docs/service-options.md lists for each type; type
 * volume when none is given. `absolute` makes a relative bind source absolute, starting from this command's working
 * directory.
 * @throws SwarmError invalidArgument.
 */
export function parseMount(text: string, absolute: (path: string) => string): Mount {
  let mount = emptyMount();
  const given = parseCsvPairs(text, FLAG);
  for (const [key, value] of given) {
    const read = KEYS.get(key);
    if (read === undefined) {
      throw usageError(`unexpected key '${key}' in mount "${text}": expected one of ${[...KEYS.keys()].join(", ")}`);
    }
    mount = { ...mount, ...read(value, key, mount) };
  }
  if (mount.target === "") throw usageError(`invalid mount "${text}": target is missing`);
  if (!mount.target.startsWith("/") && !isTemplate(mount.target)) {
    throw usageError(`invalid mount "${text}": target must be an absolute path in the container`);
  }
  for (const [key] of given) {
    const family = /^(bind|volume|tmpfs)-/.exec(key)?.[1];
    if (family !== undefined && family !== mount.type.toLowerCase()) {
      throw usageError(`invalid mount "${text}": ${key} is only valid with type=${family}`);
    }
  }
  return withSource(mount, text, absolute);
}

function parseSwitch(key: string, value: string | null): boolean {
  return value === null || parseChoice(value, `${FLAG} ${key}`, { true: true, false: false, 1: true, 0: false });
}

/** KEY=VALUE, or KEY alone for an empty value. */
function withPair(pairs: Readonly<Record<string, string>>, key: string, value: string | null): Record<string, string> {
  return labelsOf([...Object.entries(pairs), ...Object.entries(parseLabels([required(key, value)], `${FLAG} ${key}`))]);
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
