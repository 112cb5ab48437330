import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { DeviceRequest } from "../../shared/rpc/gen/objects.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { GrantedDevice } from "./oci-devices.ts";
import type { OciMount } from "./oci-mount.ts";

/** What the descriptions of a container's devices (Container Device Interface, 0.x and 1.x) add to it. */
export interface DescribedEdits {
  readonly devices: readonly GrantedDevice[];
  readonly mounts: readonly OciMount[];
  /** KEY=VALUE. */
  readonly env: readonly string[];
  /** Numbers of further groups of its processes. */
  readonly groups: readonly number[];
  /** By the point at which the runtime runs them: createContainer, poststop, ... */
  readonly hooks: Readonly<Record<string, readonly OciHook[]>>;
}

export interface OciHook {
  readonly path: string;
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  readonly timeout?: number;
}

export const NO_EDITS: DescribedEdits = { devices: [], mounts: [], env: [], groups: [], hooks: {} };

type Files = Pick<HostFiles, "deviceAt" | "list" | "readText">;

/** Administrators' descriptions, and those that programs write at each start of the host, which win. */
const DIRECTORIES = ["/etc/cdi", "/var/run/cdi"];
const DESCRIPTION_BYTES_MAX = 1 << 20;
/** GPUs of these makers are found without their names. */
const GPU_KINDS: readonly (readonly [driver: string, kind: string])[] = [
  ["nvidia", "nvidia.com/gpu"],
  ["amd", "amd.com/gpu"],
];
const MAKE_THEM = "for NVIDIA, nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml makes them";

/** As a file has it; every part may be missing, since others wrote it. */
interface Edits {
  readonly env?: readonly string[];
  readonly deviceNodes?: readonly {
    readonly path?: string;
    readonly hostPath?: string;
    readonly permissions?: string;
    readonly fileMode?: number;
    readonly uid?: number;
    readonly gid?: number;
  }[];
  readonly mounts?: readonly {
    readonly hostPath?: string;
    readonly containerPath?: string;
    readonly type?: string;
    readonly options?: readonly string[];
  }[];
  readonly hooks?: readonly (OciHook & { readonly hookName?: string })[];
  readonly additionalGids?: readonly number[];
}
interface Description {
  readonly kind?: string;
  readonly devices?: readonly { readonly name?: string | number; readonly containerEdits?: Edits }[];
  readonly containerEdits?: Edits;
}

/**
 * What devices add that are named as vendor/class=name.
 * @throws SwarmError failedPrecondition for one that no description of this host names.
 */
export async function describedDevices(
  names: readonly string[],
  files: Files,
  hostname: string,
): Promise<DescribedEdits> {
  if (names.length === 0) return NO_EDITS;
  return await editsOf(names, await descriptionsOf(files, hostname), files, hostname);
}

/** The same for GPUs, by their number or by name. */
export async function describedGpus(
  requests: readonly DeviceRequest[],
  files: Files,
  hostname: string,
): Promise<DescribedEdits> {
  if (requests.length === 0) return NO_EDITS;
  const descriptions = await descriptionsOf(files, hostname);
  const names = requests.flatMap((request) => gpuNames(request, descriptions, hostname));
  return await editsOf([...new Set(names)], descriptions, files, hostname);
}

function gpuNames({ driver, count, ids }: DeviceRequest, known: readonly Description[], hostname: string): string[] {
  const kinds = GPU_KINDS.filter(([name]) => driver === "" || name === driver).map(([, kind]) => kind);
  const kind = kinds.find((each) => known.some((description) => description.kind === each));
  if (kind === undefined) {
    const what = kinds.join(" or ");
    const sentence = `node ${hostname} has no GPUs: no description of ${what} in ${DIRECTORIES.join(" or ")}`;
    throw new SwarmError("failedPrecondition", `${sentence}; ${MAKE_THEM}`);
  }
  if (ids.length > 0) return ids.map((id) => `${kind}=${id}`);
  const all = known.filter((each) => each.kind === kind).flatMap(({ devices }) => devices ?? []);
  // A GPU is described by its number and by its UUID, and all of them once more as one.
  const numbered = [...new Set(all.map(({ name }) => String(name)).filter((name) => /^\d+$/.test(name)))];
  if (count === -1 && all.some(({ name }) => name === "all")) return [`${kind}=all`];
  const wanted = count === -1 ? numbered.length : count;
  if (numbered.length >= wanted && wanted > 0) return numbered.slice(0, wanted).map((name) => `${kind}=${name}`);
  throw new SwarmError("failedPrecondition", `node ${hostname} has ${numbered.length} GPUs, and ${wanted} are wanted`);
}

async function descriptionsOf(files: Files, hostname: string): Promise<readonly Description[]> {
  const found: Description[] = [];
  for (const directory of DIRECTORIES) {
    const names = (await files.list(directory)).filter((name) => /\.(json|yaml|yml)$/.test(name));
    for (const name of names) {
      const path = `${directory}/${name}`;
      const text = (await files.readText(path, DESCRIPTION_BYTES_MAX)) ?? "{}";
      try {
        found.push(await parse(text, name));
      } catch (error) {
        const sentence = `node ${hostname} cannot read the device description ${path}: ${messageOf(error)}`;
        throw new SwarmError("failedPrecondition", sentence, { cause: error });
      }
    }
  }
  return found;
}

/** The parser of YAML is loaded where there is such a file, as few hosts have. */
async function parse(text: string, name: string): Promise<Description> {
  const value: unknown = name.endsWith(".json") ? JSON.parse(text) : (await import("yaml")).parse(text);
  if (typeof value !== "object" || value === null) throw new SwarmError("invalidArgument", "it holds no description");
  return value;
}

async function editsOf(
  names: readonly string[],
  descriptions: readonly Description[],
  files: Files,
  hostname: string,
): Promise<DescribedEdits> {
  const wholes = new Set<Description>();
  const edits: Edits[] = [];
  for (const name of names) {
    const [kind, device] = name.split("=");
    // The last one, so that what was written since the host's start wins.
    const description = descriptions.findLast(
      (each) => each.kind === kind && each.devices?.some((one) => String(one.name) === device),
    );
    const own = description?.devices?.find((one) => String(one.name) === device);
    if (description === undefined || own === undefined) {
      const where = DIRECTORIES.join(" and ");
      throw new SwarmError(
        "failedPrecondition",
        `node ${hostname} has no device ${name}: it is not described in ${where}`,
      );
    }
    edits.push(own.containerEdits ?? {});
    wholes.add(description);
  }
  const all = [...[...wholes].map(({ containerEdits }) => containerEdits ?? {}), ...edits];
  const devices = await Promise.all(
    all.flatMap(({ deviceNodes }) => deviceNodes ?? []).map((node) => toGranted(node, files, hostname)),
  );
  return {
    devices,
    mounts: all.flatMap(({ mounts }) => mounts ?? []).map(toMount),
    env: all.flatMap(({ env }) => env ?? []),
    groups: all.flatMap(({ additionalGids }) => additionalGids ?? []),
    hooks: hooksOf(all.flatMap(({ hooks }) => hooks ?? [])),
  };
}

async function toGranted(
  node: NonNullable<Edits["deviceNodes"]>[number],
  files: Files,
  hostname: string,
): Promise<GrantedDevice> {
  const path = node.path ?? "";
  const device = await files.deviceAt(node.hostPath || path);
  if (device === null) {
    throw new SwarmError("failedPrecondition", `node ${hostname} describes the device ${path}, but does not have it`);
  }
  const { fileMode = device.fileMode, uid = device.uid, gid = device.gid, permissions } = node;
  return { device: { ...device, path, fileMode, uid, gid }, access: permissions || "rwm" };
}

function toMount(mount: NonNullable<Edits["mounts"]>[number]): OciMount {
  const options = mount.options ?? ["ro", "nosuid", "nodev"];
  return {
    destination: mount.containerPath ?? "",
    type: mount.type || "bind",
    source: mount.hostPath ?? "",
    options: options.includes("bind") || options.includes("rbind") ? options : ["rbind", ...options],
  };
}

function hooksOf(hooks: NonNullable<Edits["hooks"]>): DescribedEdits["hooks"] {
  const byPoint = new Map<string, OciHook[]>();
  for (const { hookName = "", ...hook } of hooks) byPoint.set(hookName, [...(byPoint.get(hookName) ?? []), hook]);
  return Object.fromEntries(byPoint);
}
