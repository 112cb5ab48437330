import { toDockerCluster } from "../../shared/docker-shape/cluster.ts";
import { type DockerJson, unlessEmpty } from "../../shared/docker-shape/common.ts";
import { toDockerResources } from "../../shared/docker-shape/elements.ts";
import { DEFAULT_REGISTRY } from "../../shared/image-reference.ts";
import { LOG_DRIVERS } from "../../shared/objects/log-driver.ts";
import type { ContainerState } from "../../shared/rpc/gen/containers.ts";
import type { ControlGroups, HostSystem, InfoResponse } from "../../shared/rpc/gen/local.ts";
import type { Cluster } from "../../shared/rpc/gen/objects.ts";
import { type Answer, json } from "../answer.ts";
import { eventListeners } from "../events/events.ts";
import type { Call } from "../route.ts";
import { inDockersWords } from "../swarm-route.ts";

const INDEX_SERVER = "https://index.docker.io/v1/";
const NETWORK_DRIVERS = ["bridge", "host", "null", "overlay"];
/** What runs and is kept on this host; null where its engine does not say. */
interface Kept {
  readonly states: readonly ContainerState[];
  readonly images: number;
}

/** What `docker info` shows. The parts that ask elsewhere are left out when they do not answer. */
export async function info({ backend, signal, clock }: Call): Promise<Answer> {
  const engine = backend.engine({ kind: "here" });
  const host = await backend.local.info({}, { signal });
  const [containers, images, cluster] = await Promise.all([
    orNull(engine.containers.list({ all: true }, { signal })),
    orNull(engine.images.list({}, { signal })),
    host.controlAvailable ? orNull(backend.control.getCluster({}, { signal })) : null,
  ]);
  const kept: Kept = {
    states: containers?.containers.map(({ state }) => state) ?? [],
    images: images?.images.length ?? 0,
  };
  const now = new Date(clock.wallNow()).toISOString();
  return json({
    ...systemOf(host, now, eventListeners(backend)),
    ...countsOf(kept),
    Swarm: swarmOf(host, cluster?.cluster ?? null),
  });
}

function countsOf({ states, images }: Kept): DockerJson {
  const count = (isMeant: (state: ContainerState) => boolean): number => states.filter(isMeant).length;
  const running = count((state) => state === "RUNNING" || state === "RESTARTING");
  const paused = count((state) => state === "PAUSED");
  return {
    Containers: states.length,
    ContainersRunning: running,
    ContainersPaused: paused,
    ContainersStopped: states.length - running - paused,
    Images: images,
  };
}

function systemOf(host: InfoResponse, now: string, listeners: number): DockerJson {
  const { description, system } = host;
  const runtimes = Object.entries(system?.ociRuntimes ?? {});
  const runtime = system?.ociRuntime ?? "";
  return {
    ID: host.nodeId || host.hostname,
    Name: host.hostname,
    ServerVersion: host.version,
    Driver: "overlay2",
    DriverStatus: storageOf(system),
    Plugins: { Volume: ["local"], Network: NETWORK_DRIVERS, Authorization: null, Log: [...LOG_DRIVERS] },
    ...limitsOf(system?.controlGroups ?? null),
    IPv4Forwarding: system?.forwardsIpv4 ?? false,
    Debug: false,
    NFd: system?.openFiles ?? 0,
    NGoroutines: 0,
    NEventsListener: listeners,
    SystemTime: now,
    LoggingDriver: "json-file",
    CgroupDriver: "cgroupfs",
    CgroupVersion: String(system?.controlGroups?.version || 2),
    KernelVersion: system?.kernelVersion ?? "",
    OperatingSystem: system?.operatingSystem ?? "",
    OSVersion: system?.osVersion ?? "",
    OSType: "linux",
    Architecture: description?.platform?.architecture ?? "",
    IndexServerAddress: INDEX_SERVER,
    RegistryConfig: {
      IndexConfigs: { [DEFAULT_REGISTRY]: { Mirrors: [], Name: DEFAULT_REGISTRY, Official: true, Secure: true } },
      InsecureRegistryCIDRs: [],
      Mirrors: [],
    },
    NCPU: (description?.resources?.nanoCpus ?? 0) / 1e9,
    MemTotal: description?.resources?.memoryBytes ?? 0,
    GenericResources: listed(description?.resources?.generic.flatMap(toDockerResources) ?? []),
    DockerRootDir: system?.dataDirectory ?? "",
    HttpProxy: "",
    HttpsProxy: "",
    NoProxy: "",
    Labels: Object.entries(description?.engineLabels ?? {}).map(([key, value]) => `${key}=${value}`),
    ExperimentalBuild: false,
    Runtimes: Object.fromEntries([[runtime, { path: runtime }], ...runtimes.map(([name, path]) => [name, { path }])]),
    DefaultRuntime: runtime,
    // Containers outlive the daemon.
    LiveRestoreEnabled: true,
    Isolation: "",
    InitBinary: "",
    ContainerdCommit: { ID: "" },
    RuncCommit: { ID: "" },
    InitCommit: { ID: "" },
    SecurityOptions: securityOf(system),
    CDISpecDirs: [],
    FirewallBackend: { Driver: "nftables" },
    Warnings: listed(host.warnings),
  };
}

/** In the words of Docker's driver. Whether a size of a container's files can be kept is a line of our own. */
function storageOf(system: HostSystem | null): readonly (readonly [string, string])[] {
  if (system === null) return [];
  const { dataFileSystem: name, limitsFiles } = system;
  const dockers = name === "ext4" ? "extfs" : name.toLowerCase();
  return [
    ["Backing Filesystem", dockers || "unknown"],
    ["Supports d_type", "true"],
    ["Project Quotas", String(limitsFiles)],
  ];
}

/** Go's empty list. */
function listed<Item>(items: readonly Item[]): readonly Item[] | null {
  return items.length === 0 ? null : items;
}

/** What this host's kernel can limit; a host that is not looked at is taken for one that can. */
function limitsOf(groups: ControlGroups | null): DockerJson {
  return {
    MemoryLimit: groups?.limitsMemory ?? true,
    SwapLimit: groups?.limitsSwap ?? true,
    CpuCfsPeriod: groups?.limitsCpu ?? true,
    CpuCfsQuota: groups?.limitsCpu ?? true,
    CPUShares: groups?.limitsCpu ?? true,
    CPUSet: groups?.choosesCpus ?? true,
    PidsLimit: groups?.limitsProcesses ?? true,
    KernelMemoryTCP: groups?.limitsTcpMemory ?? false,
    OomKillDisable: groups?.canHoldAtLimit ?? false,
  };
}

/** What containers are kept in by; with version 1 of control groups they see the host's. */
function securityOf(system: HostSystem | null): readonly string[] {
  return [
    ...(system?.hasAppArmor === true ? ["name=apparmor"] : []),
    "name=seccomp,profile=builtin",
    ...(system?.controlGroups?.version === 1 ? [] : ["name=cgroupns"]),
  ];
}

function swarmOf(host: InfoResponse, cluster: Cluster | null): DockerJson {
  return {
    // Docker does not know it before the keys are open.
    NodeID: host.state === "LOCKED" ? "" : host.nodeId,
    NodeAddr: host.nodeAddress,
    LocalNodeState: host.state.toLowerCase(),
    ControlAvailable: host.controlAvailable,
    Error: inDockersWords(host.error),
    RemoteManagers:
      host.remoteManagers.length === 0
        ? null
        : host.remoteManagers.map(({ nodeId, address }) => ({ NodeID: nodeId, Addr: address })),
    ...unlessEmpty("Nodes", host.nodes),
    ...unlessEmpty("Managers", host.managers),
    ...unlessEmpty("Warnings", host.warnings),
    ...(cluster === null ? {} : { Cluster: withoutTokens(toDockerCluster(cluster)) }),
  };
}

/** What lets a host join is shown to those alone who ask for it. */
function withoutTokens({ JoinTokens: _, ...shown }: DockerJson): DockerJson {
  return shown;
}

async function orNull<Value>(asked: Promise<Value>): Promise<Value | null> {
  return await asked.catch(() => null);
}
