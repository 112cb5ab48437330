import type { VolumeUse } from "../../../shared/compose/service-parts.ts";
import { unreachable } from "../../../shared/invariant.ts";
import { labelsOf } from "../../../shared/objects/labels.ts";
import type { Mount } from "../../../shared/rpc/gen/objects.ts";
import { parseBytes } from "../../../shared/run-text/bytes.ts";
import { emptyMount } from "../../../shared/service-spec/paths.ts";
import { BIND_PROPAGATION, BIND_RECURSIVE } from "../../parse/mounts.ts";
import { STACK_LABEL } from "../names.ts";
import type { Reading } from "./field-row.ts";

/** Where programs look for Docker's API, and where this host has it. */
const API_SOCKET = { source: "/run/swarm/docker.sock", target: "/var/run/docker.sock" } as const;

/** What `volumes`, `tmpfs`, `volumes_from` and `use_api_socket` mount. */
export function mountsOf(reading: Reading): readonly Mount[] {
  const { service } = reading;
  const own = service.volumes.flatMap((use) => mountOf(use, reading));
  const memory = service.tmpfs.flatMap((text) => tmpfsOf(text, reading));
  const socket: readonly Mount[] =
    service.useApiSocket === true ? [{ ...emptyMount(), type: "BIND", ...API_SOCKET }] : [];
  const mounts = [...own, ...memory, ...socket];
  const borrowed = service.volumesFrom.flatMap((text) => borrowedOf(text, reading));
  const taken = new Set(mounts.map(({ target }) => target));
  return [...mounts, ...borrowed.filter(({ target }) => !taken.has(target))];
}

function mountOf(use: VolumeUse, reading: Reading): readonly Mount[] {
  const { notes, path } = reading;
  const at = [...path, "volumes", use.target];
  const mount = { ...emptyMount(), target: use.target, readOnly: use.isReadOnly };
  switch (use.type) {
    case "bind": {
      const { propagation, recursive } = use.bind ?? {};
      const bindPropagation = wordOf(BIND_PROPAGATION, propagation ?? "rprivate");
      if (bindPropagation === undefined) {
        notes.wrong(
          at,
          `invalid propagation "${propagation}": expected one of ${Object.keys(BIND_PROPAGATION).join(", ")}`,
        );
        return [];
      }
      const bindRecursive = BIND_RECURSIVE[recursive ?? "enabled"];
      return [{ ...mount, type: "BIND", source: use.source ?? "", bindPropagation, bindRecursive }];
    }
    case "volume":
      return [{ ...mount, ...volumeOf(use, reading) }];
    case "tmpfs": {
      const { sizeBytes, mode } = use.tmpfs ?? {};
      return [{ ...mount, type: "TMPFS", tmpfsSizeBytes: sizeBytes ?? 0, tmpfsMode: mode ?? 0 }];
    }
    case "image":
    case "npipe":
    case "cluster":
      notes.unsupported(at, `a mount of type ${use.type} is not supported: expected bind, volume or tmpfs`);
      return [];
    default:
      return unreachable(use.type);
  }
}

/** A named volume is made on each host when the first task comes to use it: the mount says all about it. */
function volumeOf(
  { source, target, volume }: VolumeUse,
  { project, notes, path, stack, service }: Reading,
): Partial<Mount> {
  const used = { volumeNoCopy: volume?.noCopy ?? false, volumeSubpath: volume?.subpath ?? "" };
  const labels = volume?.labels ?? new Map<string, string>();
  if (source === null) return { ...used, volumeLabels: labelsOf([...labels, [STACK_LABEL, stack]]) };
  const defined = project.volumes.get(source);
  if (defined === undefined) {
    notes.wrong(
      [...path, "volumes", target],
      `service ${service.name} uses volume ${source}, which the file does not define`,
    );
    return used;
  }
  if (defined.isExternal) return { ...used, source: defined.name, volumeLabels: labelsOf(labels) };
  return {
    ...used,
    source: defined.name,
    volumeDriver: defined.driver ?? "",
    volumeOptions: labelsOf(defined.driverOptions),
    volumeLabels: labelsOf([...defined.labels, ...labels, [STACK_LABEL, stack]]),
  };
}

/** `/run`, `/run:size=64m,mode=755,exec`. */
function tmpfsOf(text: string, { notes, path }: Reading): readonly Mount[] {
  const at = [...path, "tmpfs"];
  const [target = "", words = ""] = text.split(":", 2);
  let mount: Mount = { ...emptyMount(), type: "TMPFS", target };
  for (const word of words.split(",").filter((each) => each !== "")) {
    const [key = "", value = ""] = word.split("=", 2);
    const change = notes.attempt(at, () => tmpfsOption(key, value, mount));
    if (change === null) notes.unsupported(at, `option ${word} of tmpfs ${target} is not supported`);
    else mount = { ...mount, ...change };
  }
  return [mount];
}

/** null = there is no such thing. `nosuid` and `nodev` always hold. */
function tmpfsOption(key: string, value: string, { tmpfsOptions }: Mount): Partial<Mount> | null {
  switch (key) {
    case "size":
      return { tmpfsSizeBytes: parseBytes(value, "size") };
    case "mode":
      return /^[0-7]{1,5}$/.test(value) ? { tmpfsMode: Number.parseInt(value, 8) } : null;
    case "exec":
    case "noexec":
      return { tmpfsOptions: [...tmpfsOptions, key] };
    case "ro":
      return { readOnly: true };
    case "rw":
    case "nosuid":
    case "nodev":
      return {};
    default:
      return null;
  }
}

/** The mounts of another service of the file: `NAME`, `NAME:ro`. */
function borrowedOf(text: string, reading: Reading): readonly Mount[] {
  const { project, notes, path, service } = reading;
  const at = [...path, "volumes_from"];
  if (text.startsWith("container:")) {
    notes.unsupported(at, `volumes_from ${text} is not supported: tasks run on hosts that may not have the container`);
    return [];
  }
  const [name = "", access = "rw"] = text.split(":");
  const lender = project.services.get(name);
  if (lender === undefined || lender === service) {
    notes.wrong(at, `service ${service.name} takes its volumes from ${name}, which is no other service of the file`);
    return [];
  }
  // Only what it mounts itself: two services that lend to each other would have no end.
  const mounts = lender.volumes.flatMap((use) => mountOf(use, { ...reading, path: ["services", name] }));
  return access === "ro" ? mounts.map((mount) => ({ ...mount, readOnly: true })) : mounts;
}

function wordOf<Value>(words: Readonly<Record<string, Value>>, word: string): Value | undefined {
  return Object.hasOwn(words, word) ? words[word] : undefined;
}
