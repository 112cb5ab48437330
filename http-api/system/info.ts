import { toDockerCluster } from "../../shared/docker-shape/cluster.ts";
import { type DockerJson, unlessEmpty } from "../../shared/docker-shape/common.ts";
import { toDockerResources } from "../../shared/docker-shape/elements.ts";
import { DEFAULT_REGISTRY } from "../../shared/image-reference.ts";
import { FILE_DRIVERS } from "../../shared/objects/log-driver.ts";
import type { ContainerState } from "../../shared/rpc/gen/containers.ts";
import type { InfoResponse } from "../../shared/rpc/gen/local.ts";
import type { Cluster } from "../../shared/rpc/gen/objects.ts";
import { type Answer, json } from "../answer.ts";
import type { Call } from "../route.ts";

const INDEX_SERVER = "https://index.docker.io/v1/";
const NETWORK_DRIVERS = ["bridge", "host", "null", "overlay"];
/** What hosts must have to run swarmd at all (scripts/setup tries each). */
const KERNEL_HAS = {
  MemoryLimit: true,
  SwapLimit: true,
  CpuCfsPeriod: true,
  CpuCfsQuota: true,
  CPUShares: true,
  CPUSet: true,
  PidsLimit: true,
  OomKillDisable: false,
};

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
  return json({ ...systemOf(host, now), ...countsOf(kept), Swarm: swarmOf(host, cluster?.cluster ?? null) });
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

function systemOf(host: InfoResponse, now: string): DockerJson {
  const { description, system } = host;
  const runtimes = Object.entries(system?.ociRuntimes ?? {});
  const runtime = system?.ociRuntime ?? "";
  return {
    ID: host.nodeId || host.hostname,
    Name: host.hostname,
    ServerVersion: host.version,
    Driver: "overlay2",
    DriverStatus: [],
    Plugins: { Volume: ["local"], Network: NETWORK_DRIVERS, Authorization: null, Log: [...FILE_DRIVERS] },
    ...KERNEL_HAS,
    IPv4Forwarding: system?.forwardsIpv4 ?? false,
    Debug: false,
    NFd: system?.openFiles ?? 0,
    NGoroutines: 0,
    NEventsListener: 0,
    SystemTime: now,
    LoggingDriver: "json-file",
    CgroupDriver: "cgroupfs",
    CgroupVersion: "2",
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
    GenericResources: description?.resources?.generic.flatMap(toDockerResources) ?? [],
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
    SecurityOptions: ["name=seccomp,profile=builtin", "name=cgroupns"],
    Warnings: host.warnings,
  };
}

function swarmOf(host: InfoResponse, cluster: Cluster | null): DockerJson {
  return {
    NodeID: host.nodeId,
    NodeAddr: host.nodeAddress,
    LocalNodeState: host.state.toLowerCase(),
    ControlAvailable: host.controlAvailable,
    Error: host.error,
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
