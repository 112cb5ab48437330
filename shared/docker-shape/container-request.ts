import { SwarmError } from "../errors.ts";
import { mustHave } from "../invariant.ts";
import type { ContainerConfig, ContainerRestart, UpdateContainerRequest } from "../rpc/gen/containers.ts";
import type { ContainerSpec, TaskSpec } from "../rpc/gen/objects.ts";
import { parseSecurityOptions } from "../run-text/security.ts";
import { emptySpec } from "../service-spec/paths.ts";
import { blankRunSpec } from "../service-spec/run-spec.ts";
import { type DockerJson, isEmpty } from "./common.ts";
import { MASKED_PATHS, POLICIES, READONLY_PATHS } from "./container-defaults.ts";
import { checkCreateForm, checkUpdateForm, keptOf } from "./container-form.ts";
import { fromExtraHosts } from "./container-hosts.ts";
import { fromMountForms } from "./container-mounts.ts";
import { fromExposedPorts, fromPortBindings } from "./container-ports.ts";
import { blankEndpoint, fromMacAddress, fromNetworkingConfig, macAddressOfHostLink } from "./endpoint-settings.ts";
import { readRunFields } from "./run-fields.ts";

const MS_PER_SECOND = 1_000;
const NANOS_PER_MS = 1_000_000;

/**
 * The container that the body of Docker's POST /containers/create asks for. Values are checked by the host; here only
 * their types, and what this API can say and no container here can be.
 * @throws SwarmError invalidArgument.
 */
export function fromDockerCreate(body: unknown, name: string): ContainerConfig {
  const json = checkCreateForm(body);
  const host = part(json, "HostConfig");
  const image = text(json["Image"]);
  if (image === "" && isEmpty(json["Cmd"]) && isEmpty(json["Entrypoint"]))
    throw new SwarmError("invalidArgument", "config cannot be empty in order to create a container");
  checkHealth(part(json, "Healthcheck"));
  checkShared(host);
  const spec = readRunFields(json, blankRunSpec(image));
  const task = mustHave(spec.task, "the task of a spec");
  return {
    name,
    task: { ...task, ...swapIn(host), container: containerOf(json, host, task) },
    ports: fromPortBindings(part(host, "PortBindings")),
    publishAll: host["PublishAllPorts"] === true,
    exposedPorts: fromExposedPorts(part(json, "ExposedPorts")),
    restart: restartIn(host["RestartPolicy"]),
    autoRemove: host["AutoRemove"] === true,
    openStdin: json["OpenStdin"] === true,
    stdinOnce: json["StdinOnce"] === true,
    asGiven: keptOf(json),
    volumesFrom: words(host["VolumesFrom"]),
    links: ["", "bridge"].includes(networkIn(host)) ? words(host["Links"]) : [],
    ...networksIn(json, json["NetworkDisabled"] === true ? "none" : networkIn(host)),
  };
}

/**
 * A hardware address beside the networks is that of the main one, as clients before API 1.44 have it.
 * @throws SwarmError invalidArgument.
 */
function networksIn(json: DockerJson, network: string): Pick<ContainerConfig, "network" | "endpoints" | "macAddress"> {
  const endpoints = fromNetworkingConfig(json["NetworkingConfig"]);
  const macAddress = fromMacAddress(json["MacAddress"]) ?? macAddressOfHostLink(json["NetworkingConfig"]);
  if (macAddress === undefined) return { network, endpoints };
  if (network === "" || network === "bridge") return { network, endpoints, macAddress };
  if (/^(host|none|container:.*)$/.test(network))
    throw new SwarmError("invalidArgument", "conflicting options: mac-address and the network mode");
  const main = endpoints.find((endpoint) => endpoint.network === network) ?? blankEndpoint(network);
  const others = endpoints.filter((endpoint) => endpoint !== main);
  return { network, endpoints: [{ macAddress, ...main }, ...others] };
}

/** What POST /containers/{id}/update asks for. Zeros change nothing. @throws SwarmError invalidArgument. */
export function fromDockerUpdate(body: unknown, ref: string): UpdateContainerRequest {
  const json = checkUpdateForm(body);
  const [restart, pids] = [part(json, "RestartPolicy"), json["PidsLimit"]];
  const changed = Object.entries(json).filter(([, value]) => !isEmpty(value));
  const unknown = changed.find(([key]) => !UPDATED.has(key));
  if (unknown !== undefined) {
    const sentence = `${unknown[0]} cannot be changed: make the container again to give it another value`;
    throw new SwarmError("invalidArgument", sentence);
  }
  return {
    ref,
    restart: text(restart["Name"]) === "" ? null : restartIn(restart),
    ...amount("nanoCpus", json["NanoCpus"]),
    ...amount("memoryBytes", json["Memory"]),
    ...amount("memoryReservationBytes", json["MemoryReservation"]),
    ...swapIn(json),
    ...(pids === undefined ? {} : { pids: Math.max(0, Number(pids)) }),
    controls: controlsIn(json),
  };
}

function controlsIn(json: DockerJson): UpdateContainerRequest["controls"] {
  const { task } = readRunFields({ HostConfig: pick(json, CONTROLS) }, blankRunSpec(""));
  return task?.controls ?? null;
}

function pick(json: DockerJson, keys: readonly string[]): DockerJson {
  return Object.fromEntries(Object.entries(json).filter(([key]) => keys.includes(key)));
}

/** Of the finer controls those that may change while a container lives. */
const CONTROLS = ["CpuShares", "CpuPeriod", "CpuQuota", "CpusetCpus", "CpusetMems", "BlkioWeight"];

const UPDATED: ReadonlySet<string> = new Set([
  ...["RestartPolicy", "NanoCpus", "Memory", "MemoryReservation", "MemorySwap", "PidsLimit", ...CONTROLS],
]);

function amount<Key extends string>(key: Key, value: unknown): { readonly [Name in Key]?: number } {
  return isEmpty(value) ? {} : ({ [key]: Number(value) } as { readonly [Name in Key]: number });
}

/** The parts of a container that Docker's API has in another form than the table of service fields. */
function containerOf(json: DockerJson, host: DockerJson, task: TaskSpec): ContainerSpec {
  const container = mustHave(task.container, "the container of a task");
  const timeout = json["StopTimeout"];
  const security = parseSecurityOptions(words(host["SecurityOpt"]), (profile) => profile) ?? {};
  return {
    ...container,
    ...(security as Partial<ContainerSpec>),
    ...(arePathsOpen(host) ? { unconfinedPaths: true } : {}),
    capabilityAdd: words(host["CapAdd"]),
    capabilityDrop: words(host["CapDrop"]),
    hosts: fromExtraHosts(words(host["ExtraHosts"])),
    mounts: fromMountForms({ ...host, ...json } as Parameters<typeof fromMountForms>[0], text(host["VolumeDriver"])),
    healthcheck: healthOf(container.healthcheck, words(part(json, "Healthcheck")["Test"])),
    ...(timeout === undefined ? {} : { stopGracePeriodMs: Number(timeout) * MS_PER_SECOND }),
  };
}

function healthOf(read: ContainerSpec["healthcheck"], test: readonly string[]): ContainerSpec["healthcheck"] {
  if (test.length === 0) return read;
  const none = mustHave(emptySpec().task?.container?.healthcheck, "an empty health check");
  return { ...(read ?? none), test };
}

/** Less would be no time at all. @throws SwarmError invalidArgument. */
function checkHealth(health: DockerJson): void {
  for (const key of ["Interval", "Timeout", "StartPeriod", "StartInterval"]) {
    const nanos = Number(health[key] ?? 0);
    if (nanos !== 0 && nanos < NANOS_PER_MS)
      throw new SwarmError("invalidArgument", `${key} in Healthcheck cannot be less than 1ms`);
  }
}

/** What would look as if it were shared with another container, and is not. @throws SwarmError unimplemented. */
function checkShared(host: DockerJson): void {
  if (text(host["IpcMode"]).startsWith("container:")) {
    const sentence = "the shared memory of another container is not offered: use IpcMode host, or a volume";
    throw new SwarmError("unimplemented", sentence);
  }
}

/** Docker counts memory and swap together; 0 = not said. */
function swapIn(host: DockerJson): { readonly swapBytes?: number } {
  const both = Number(host["MemorySwap"] ?? 0);
  const memory = Number(host["Memory"] ?? 0);
  if (both === 0) return {};
  if (both < 0) return { swapBytes: -1 };
  if (memory === 0) {
    const sentence = "You should always set the Memory limit when using Memoryswap limit, see usage";
    throw new SwarmError("invalidArgument", sentence);
  }
  if (both < memory) {
    const sentence = "Minimum memoryswap limit should be larger than memory limit, see usage";
    throw new SwarmError("invalidArgument", sentence);
  }
  return { swapBytes: both - memory };
}

/** @throws SwarmError invalidArgument. */
function restartIn(value: unknown): ContainerRestart | null {
  const { Name: name = "", MaximumRetryCount: count = 0 } = (value ?? {}) as DockerJson;
  if (name === "") return null;
  const policy = Object.entries(POLICIES).find(([, word]) => word === name)?.[0];
  if (policy === undefined) {
    throw new SwarmError(
      "invalidArgument",
      `invalid restart policy: unknown policy '${String(name).slice(0, 100)}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
    );
  }
  return { policy: policy as ContainerRestart["policy"], retries: Number(count) };
}

function networkIn(host: DockerJson): string {
  const mode = text(host["NetworkMode"]);
  return mode === "default" ? "" : mode;
}

/** An empty list opens what would be hidden. @throws SwarmError invalidArgument for another list than the usual one. */
function arePathsOpen(host: DockerJson): boolean {
  const isOpen = (key: string, usual: readonly string[]): boolean | null => {
    const given = host[key];
    if (given === undefined) return null;
    if (words(given).length === 0) return true;
    if (words(given).join() === usual.join()) return false;
    throw new SwarmError(
      "invalidArgument",
      `HostConfig.${key} must be left out, or be empty: hosts hide what they hide`,
    );
  };
  const [masked, fixed] = [isOpen("MaskedPaths", MASKED_PATHS), isOpen("ReadonlyPaths", READONLY_PATHS)];
  if (masked === fixed) return masked === true;
  throw new SwarmError("invalidArgument", "HostConfig.MaskedPaths and ReadonlyPaths can only be empty both together");
}

function part(json: DockerJson, key: string): DockerJson {
  return (json[key] ?? {}) as DockerJson;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function words(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
