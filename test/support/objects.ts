/** Objects of a cluster for tests: complete and plausible, with what matters to the test given by the caller. */

import assert from "node:assert/strict";
import type { ClusterId, Id, NetworkId, NodeId, ServiceId, TaskId } from "../../shared/ids.ts";
import type {
  Cluster,
  Config,
  ContentSpec,
  Login,
  Network,
  Node,
  NodeSpec,
  Secret,
  Service,
  ServiceSpec,
  Task,
  TaskSpec,
} from "../../shared/objects/types.ts";
import type {
  Annotations,
  ClusterSpec,
  ContainerSpec,
  HostListener,
  JobStatus,
  Meta,
  Mount,
  NetworkSubnet,
  PortConfig,
  Resources,
  SlotVolume,
  TaskState,
  TaskStatus,
} from "../../shared/rpc/gen/objects.ts";
import { emptyMount } from "../../shared/service-spec/paths.ts";

/** An id made from a short word: `testId("n1")` is "n1" and 23 times z; words ending in z may collide. */
export function testId<Id extends string>(word: string): Id {
  if (!/^[a-z0-9]{1,25}$/.test(word)) throw new Error(`not the start of an id: ${word}`);
  return word.padEnd(25, "z") as Id;
}

export const NO_META: Meta = { version: 0, createdAtMs: 0, updatedAtMs: 0 };

export function createAnnotations(name = "", labels: Readonly<Record<string, string>> = {}): Annotations {
  return { name, labels: { ...labels } };
}

export function createResources(part: Partial<Resources> = {}): Resources {
  return { nanoCpus: 0, memoryBytes: 0, pids: 0, generic: [], ...part };
}

export function createPort(part: Partial<PortConfig> = {}): PortConfig {
  return {
    protocol: "TCP",
    targetPort: 80,
    publishedPort: 0,
    publishMode: "INGRESS",
    hostIp: "",
    localFirst: false,
    ...part,
  };
}

export function createContainerSpec(part: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    image: "nginx:latest",
    labels: {},
    command: [],
    args: [],
    env: [],
    dir: "",
    user: "",
    hostname: "",
    mounts: [],
    stopSignal: "",
    readOnly: false,
    tty: false,
    init: false,
    healthcheck: null,
    capabilityAdd: [],
    capabilityDrop: [],
    ulimits: [],
    groups: [],
    hosts: [],
    dns: null,
    sysctls: {},
    oomScoreAdj: 0,
    privileged: false,
    devices: [],
    deviceRules: [],
    gpus: [],
    pidMode: "",
    pullPolicy: "",
    ipcMode: "",
    utsMode: "",
    cgroupMode: "",
    userMode: "",
    domainname: "",
    shmSizeBytes: 0,
    seccomp: null,
    apparmor: "",
    unconfinedPaths: false,
    openStdin: false,
    initSteps: [],
    postStart: [],
    preStop: [],
    writableCgroups: false,
    runtime: "",
    cgroupParent: "",
    storageOptions: {},
    annotations: {},
    secrets: [],
    configs: [],
    ...part,
  };
}

export function createTaskSpec(part: Partial<TaskSpec> = {}): TaskSpec {
  return {
    container: createContainerSpec(),
    logDriver: null,
    controls: null,
    loss: null,
    limits: null,
    reservations: null,
    restart: null,
    placement: null,
    forceUpdate: 0,
    networks: [],
    ...part,
  };
}

export interface ServiceSpecParts
  extends Partial<Omit<ServiceSpec, "annotations" | "mode" | "replicated" | "global" | "replicatedJob" | "globalJob">> {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Default: replicated with this many replicas; "global" for one task on each node. */
  readonly replicas?: number | "global";
  /** Rules by which the number of a replicated service changes. */
  readonly autoscale?: string;
  /** A job instead: so many completions, at most so many at once; "global" for one on each node. */
  readonly job?: { readonly total: number; readonly max: number } | "global";
  readonly ports?: readonly PortConfig[];
}

export function createServiceSpec(parts: ServiceSpecParts = {}): ServiceSpec {
  const { name = "web", labels = {}, replicas = 1, autoscale = "", job, ports, ...rest } = parts;
  const mode = job === undefined ? serviceMode(replicas, autoscale) : jobMode(job);
  return {
    annotations: createAnnotations(name, labels),
    task: createTaskSpec(),
    update: null,
    rollback: null,
    endpoint: ports === undefined ? null : { mode: "VIP", stickyMs: 0, ports },
    dependsOn: [],
    schedule: null,
    maxUnavailable: "",
    onlyTold: null,
    preDeploy: null,
    ...rest,
    ...mode,
  };
}

export function createJobStatus(part: Partial<JobStatus> = {}): JobStatus {
  return { iteration: 0, lastExecutionMs: 1, lastScheduledMs: 0, nextRunMs: 0, earlierRuns: [], ...part };
}

function serviceMode(replicas: number | "global", autoscale: string) {
  return replicas === "global"
    ? ({ mode: "global", global: {} } as const)
    : ({ mode: "replicated", replicated: { replicas, autoscale } } as const);
}

function jobMode(job: NonNullable<ServiceSpecParts["job"]>) {
  return job === "global"
    ? ({ mode: "globalJob", globalJob: {} } as const)
    : ({
        mode: "replicatedJob",
        replicatedJob: { maxConcurrent: job.max, totalCompletions: job.total },
      } as const);
}

/** A volume at /data, where nothing else is said. */
export function createMount(parts: Partial<Mount> = {}): Mount {
  return { ...emptyMount(), target: "/data", ...parts };
}

/** A replicated service's spec with another number of replicas. */
export function scaled(spec: ServiceSpec, replicas: number): ServiceSpec {
  assert.ok(spec.mode === "replicated");
  return { ...spec, replicated: { ...spec.replicated, replicas } };
}

export function createService(id: string, parts: ServiceSpecParts = {}, rest: Partial<Service> = {}): Service {
  return {
    id: testId<ServiceId>(id),
    meta: NO_META,
    spec: createServiceSpec({ name: id, ...parts }),
    generation: 1,
    previousSpec: null,
    endpoint: null,
    updateStatus: null,
    troubles: [],
    jobStatus: parts.job === undefined ? null : createJobStatus(),
    autoscaleStatus: null,
    specVersion: 0,
    origin: null,
    canary: null,
    preDeploy: null,
    preDeployOf: "",
    ...rest,
  };
}

export function createTaskStatus(state: TaskState, part: Partial<TaskStatus> = {}): TaskStatus {
  return { state, timestampMs: 0, message: "", err: "", container: null, hostPorts: [], appliedAtMs: 0, ...part };
}

/** A task of `service`; by default in slot 1, RUNNING and wanted so, on no node. */
export function createTask(
  id: string,
  service: Service,
  part: Partial<Task> & { readonly state?: TaskState } = {},
): Task {
  const { state = "RUNNING", ...rest } = part;
  const isGlobal = service.spec.mode === "global" || service.spec.mode === "globalJob";
  return {
    id: testId<TaskId>(id),
    meta: NO_META,
    spec: service.spec.task,
    generation: service.generation,
    serviceId: service.id,
    serviceAnnotations: service.spec.annotations,
    slot: isGlobal ? 0 : 1,
    nodeId: "",
    status: createTaskStatus(state),
    desiredState: service.jobStatus === null ? "RUNNING" : "COMPLETE",
    networks: [],
    endpoint: null,
    genericResources: [],
    awaitsDependencies: false,
    preemption: null,
    move: null,
    ...(service.jobStatus === null ? {} : { jobIteration: service.jobStatus.iteration }),
    ...rest,
  };
}

export interface NodeParts extends Partial<Omit<Node, "spec" | "status" | "id">> {
  readonly hostname?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly engineLabels?: Readonly<Record<string, string>>;
  readonly availability?: NodeSpec["availability"];
  readonly evacuation?: NodeSpec["evacuation"];
  readonly state?: Node["status"]["state"];
  readonly resources?: Resources;
  readonly listeners?: readonly HostListener[];
  readonly slotVolumes?: readonly SlotVolume[];
}

/** A ready, active worker with 4 CPUs and 8 GiB. */
export function createNode(id: string, parts: NodeParts = {}): Node {
  const {
    hostname = id,
    labels,
    engineLabels = {},
    availability = "ACTIVE",
    evacuation = null,
    state = "READY",
    resources,
    listeners,
    slotVolumes,
    ...rest
  } = parts;
  const role = rest.role ?? "WORKER";
  return {
    id: testId<NodeId>(id),
    meta: NO_META,
    spec: { annotations: createAnnotations("", labels), desiredRole: role, availability, evacuation },
    description: {
      hostname,
      platform: { architecture: "x86_64", os: "linux" },
      resources: resources ?? createResources({ nanoCpus: 4e9, memoryBytes: 8 * 1024 ** 3 }),
      engineVersion: "0.1.0",
      engineLabels: { ...engineLabels },
      dataPathAddress: "10.77.0.9",
      listeners: listeners ?? [],
      carriesIpv6: false,
      slotVolumes: slotVolumes ?? [],
      overlay: null,
    },
    status: { state, message: "", address: "10.77.0.9", sinceMs: 0, silentSinceMs: 0, finding: "" },
    managerStatus: null,
    roleGeneration: 0,
    certificateRoot: "",
    role,
    attachments: [],
    ...rest,
  };
}

/** A network spec without anything special. */
export const PLAIN_NETWORK = {
  internal: false,
  mtu: 0,
  attachable: false,
  ipv6: false,
  driver: "",
  options: {},
  subnets: [],
} as const;

export function createNetwork(id: string, part: Partial<Network> = {}): Network {
  return {
    id: testId<NetworkId>(id),
    meta: NO_META,
    spec: { annotations: createAnnotations(id), ingress: id === "ingress", ...PLAIN_NETWORK },
    vni: 4096,
    subnets: [createSubnet()],
    ...part,
  };
}

export function createSubnet(cidr = "10.0.0.0/20", gateway = "10.0.0.1"): NetworkSubnet {
  return { cidr, gateway, ipRange: "", auxiliary: {} };
}

export function createSecret(id: string, data = "data", labels: Readonly<Record<string, string>> = {}): Secret {
  return { id: testId<Id<"secret">>(id), meta: NO_META, spec: createContentSpec(id, data, labels) };
}

export function createConfig(id: string, data = "data", labels: Readonly<Record<string, string>> = {}): Config {
  return { id: testId<Id<"config">>(id), meta: NO_META, spec: createContentSpec(id, data, labels) };
}

/** For a registry, or a part of it. */
export function createLogin(name: string, username = "somebody", password = "planted"): Login {
  const spec = { annotations: createAnnotations(name), username, password, identityToken: "" };
  return { id: testId<Id<"login">>(`login${name.replaceAll(/[^a-z0-9]/g, "")}`), meta: NO_META, spec };
}

function createContentSpec(name: string, data: string, labels: Readonly<Record<string, string>>): ContentSpec {
  return { annotations: createAnnotations(name, labels), data: Buffer.from(data), templateDriver: "" };
}

export function createClusterSpec(part: Partial<ClusterSpec> = {}): ClusterSpec {
  return {
    annotations: createAnnotations("default"),
    taskHistoryRetentionLimit: 5,
    snapshotInterval: 10_000,
    logEntriesForSlowFollowers: 500,
    heartbeatPeriodMs: 500,
    disconnectGraceMs: 30_000,
    nodeCertExpiryMs: 90 * 24 * 3_600_000,
    forceRotate: 0,
    placementStrategy: "",
    preemption: false,
    autoLockManagers: false,
    rebalance: null,
    ...part,
  };
}

export function createCluster(part: Partial<Cluster> = {}): Cluster {
  return {
    id: testId<ClusterId>("c1"),
    meta: NO_META,
    spec: createClusterSpec(),
    rootCa: {
      caKey: "-----BEGIN PRIVATE KEY-----",
      caCert: "-----BEGIN CERTIFICATE-----",
      rotation: null,
      joinTokens: { worker: "SWMTKN-1-digest-worker", manager: "SWMTKN-1-digest-manager" },
    },
    dataPathPort: 4789,
    revokedCertificates: {},
    gossipKeys: { keys: [1, 2, 3].map((fill) => Buffer.alloc(32, fill)), generation: 1, rotatedAtMs: 0 },
    longestCertExpiryMs: 0,
    defaultAddressPools: [],
    defaultSubnetPrefix: 0,
    unlockKey: "",
    rebalance: null,
    era: 0,
    ...part,
  };
}
