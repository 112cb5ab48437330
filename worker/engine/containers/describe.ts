import { listedMounts } from "../../../shared/docker-shape/container.ts";
import type { ContainerKey } from "../../../shared/ids.ts";
import { mustHave } from "../../../shared/invariant.ts";
import { addressOf, macOf } from "../../../shared/ipv4.ts";
import { containerIdOf } from "../../../shared/objects/container-id.ts";
import { containerHostname } from "../../../shared/objects/hostname.ts";
import { slotName } from "../../../shared/objects/task-name.ts";
import type { Task } from "../../../shared/objects/types.ts";
import type {
  ContainerConfig,
  ContainerDetails,
  ContainerHealth,
  ContainerMount,
  ContainerNetwork,
  ContainerSummary,
  OwnContainer,
} from "../../../shared/rpc/gen/containers.ts";
import type { Mount, TaskSpec } from "../../../shared/rpc/gen/objects.ts";
import type { ContainerExecutor } from "../../executor/container-executor.ts";
import type { HealthReport } from "../../executor/health-monitor.ts";
import { containerOfTask } from "../../executor/wanted-container.ts";
import type { HostFiles } from "../../ports/host-files.ts";
import { anonymousVolumeName } from "../../volumes/plan-mounts.ts";
import type { ContainerLife } from "./container-life.ts";
import { networkChoice } from "./wanted.ts";

export interface DescribeParts {
  readonly executor: ContainerExecutor;
  readonly files: Pick<HostFiles, "readText" | "createdAtMs">;
  /** Where the container's address on this host is; null = it has none. */
  readonly addressOf: (key: ContainerKey) => { readonly cidr: string; readonly gateway: string } | null;
  /** Names of the swarm's networks by their ids, as far as this host knows them. */
  readonly networkName: (id: string) => string;
  /** Its places on networks that people made. */
  readonly placesOf: (stored: OwnContainer) => readonly ContainerNetwork[];
  readonly host: () => DescribedHost;
}

export interface DescribedHost {
  readonly hostname: string;
  readonly nodeId: string;
  readonly runtime: string;
  /** All its control groups are of version 2: containers that do not say see their own alone. */
  readonly isUnified: boolean;
}

/** Of a size: all files would have to be looked at. */
const NOT_ASKED = -1;

/** What the bundle of a container that was made says of its process. */
interface Bundle {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly apparmorProfile?: string | undefined;
}

/** People's own container, as lists show it. */
export function summaryOfOwn(
  life: ContainerLife,
  parts: Pick<DescribeParts, "executor" | "addressOf" | "placesOf">,
): ContainerSummary {
  const { executor } = parts;
  const { stored, config, state } = life;
  const container = config.task?.container;
  const isRunning = state === "RUNNING" || state === "PAUSED";
  const health = isRunning ? executor.health(life.id) : null;
  const places = ownNetworks(life, parts);
  return {
    id: life.id,
    name: config.name,
    image: container?.image ?? "",
    imageId: stored.imageId,
    command: stored.command,
    createdAtMs: stored.createdAtMs,
    state,
    startedAtMs: stored.startedAtMs,
    finishedAtMs: stored.finishedAtMs,
    exitCode: stored.exitCode,
    ports: isRunning ? stored.boundPorts : [],
    labels: container?.labels ?? {},
    mounts: listedMounts(namedMounts(life.id, container?.mounts ?? []), config),
    networks: places.map(({ name }) => name),
    places,
    taskId: "",
    health: health?.status ?? "",
    exposedPorts: isRunning ? unpublished(stored, config) : [],
    ownBytes: NOT_ASKED,
  };
}

/** The container of a task; null = it has none on this host. */
export async function summaryOfTask(task: Task, parts: DescribeParts): Promise<ContainerSummary | null> {
  const { executor, files } = parts;
  const record = executor.record(task.id);
  if (record === null) return null;
  const [fact, bundle, made, ended] = await Promise.all([
    executor.inspect(task.id),
    readBundle(task.id, parts),
    files.createdAtMs(executor.paths(task.id).pidFile),
    executor.endedAtMs(task.id),
  ]);
  const isRunning = fact.kind === "running";
  const wanted = containerOfTask(task);
  return {
    id: containerIdOf(task.id),
    name: record.name,
    image: task.spec.container.image,
    imageId: record.imageId,
    command: bundle?.args ?? [...task.spec.container.command, ...task.spec.container.args],
    createdAtMs: made ?? task.meta.createdAtMs,
    state: isRunning ? "RUNNING" : fact.kind === "created" ? "CREATED" : "EXITED",
    startedAtMs: fact.kind === "created" ? 0 : (made ?? 0),
    finishedAtMs: isRunning ? 0 : (ended ?? 0),
    exitCode: fact.kind === "exited" ? fact.exitCode : 0,
    ports: isRunning ? record.hostPorts : [],
    labels: wanted.labels,
    mounts: namedMounts(task.id, task.spec.container.mounts),
    networks: task.networks.map(({ networkId }) => parts.networkName(networkId)),
    places: taskNetworks(task, parts),
    taskId: task.id,
    health: (isRunning ? executor.health(task.id)?.status : undefined) ?? "",
    exposedPorts: [],
    ownBytes: NOT_ASKED,
  };
}

/** Everything about people's own container. */
export async function detailsOfOwn(life: ContainerLife, parts: DescribeParts): Promise<ContainerDetails> {
  const { stored, config } = life;
  const summary = summaryOfOwn(life, parts);
  const common = await detailsOf(life.id, { summary, config, placed: summary.places }, parts);
  const { error, outOfMemory, restarts } = stored;
  return { ...common, error, outOfMemory, restarts };
}

/** Everything about the container of a task; null = it has none on this host. */
export async function detailsOfTask(task: Task, parts: DescribeParts): Promise<ContainerDetails | null> {
  const summary = await summaryOfTask(task, parts);
  if (summary === null) return null;
  const config: ContainerConfig = {
    name: summary.name,
    task: task.spec as TaskSpec,
    ports: containerOfTask(task).hostPorts,
    publishAll: false,
    exposedPorts: [],
    restart: null,
    autoRemove: false,
    network: "",
    openStdin: false,
    stdinOnce: false,
    asGiven: "",
    volumesFrom: [],
    links: [],
    endpoints: [],
  };
  const details = await detailsOf(task.id, { summary, config, placed: summary.places }, parts);
  const outOfMemory = await parts.executor.ranOutOfMemory(task.id);
  return { ...details, error: task.status.err, outOfMemory };
}

/** Anonymous volumes have names, too: those that `volume ls` shows. */
function namedMounts(key: ContainerKey, mounts: readonly Mount[]): readonly Mount[] {
  return mounts.map((mount, at) =>
    mount.type === "VOLUME" && mount.source === "" ? { ...mount, source: anonymousVolumeName(key, at) } : mount,
  );
}

/** The words of the process that was made; null = none was. */
async function readBundle(key: ContainerKey, { executor, files }: DescribeParts): Promise<Bundle | null> {
  const text = await files.readText(executor.paths(key).process);
  if (text === null) return null;
  const { args, env, cwd, apparmorProfile } = JSON.parse(text) as Bundle;
  return { args, env, cwd, apparmorProfile };
}

async function detailsOf(
  key: ContainerKey,
  about: {
    readonly summary: ContainerSummary;
    readonly config: ContainerConfig;
    readonly placed: readonly ContainerNetwork[];
  },
  parts: DescribeParts,
): Promise<ContainerDetails> {
  const { executor } = parts;
  const { summary, config, placed } = about;
  const [fact, bundle] = await Promise.all([executor.inspect(key), readBundle(key, parts)]);
  const task = mustHave(config.task, "the task of a configuration");
  const container = mustHave(task.container, "the container of a task");
  const paths = executor.paths(key);
  const { hostname, nodeId, runtime, isUnified } = parts.host();
  const report = fact.kind === "running" ? executor.health(key) : null;
  const cgroupMode = container.cgroupMode || (isUnified ? "private" : "host");
  return {
    summary,
    config: { ...config, task: { ...task, container: { ...container, cgroupMode } } },
    pid: fact.kind === "running" ? fact.pid : 0,
    error: "",
    outOfMemory: false,
    restarts: 0,
    health: report === null ? null : toHealth(report),
    networks: placed,
    mounts: container.mounts.map((mount, at) => toMount(mount, anonymousVolumeName(key, at), executor)),
    env: bundle?.env ?? container.env,
    dir: bundle?.cwd ?? container.dir,
    user: container.user,
    hostname: containerHostname(container.hostname, key),
    logPath: paths.log,
    resolvConfPath: paths.resolvConf,
    hostsPath: paths.hosts,
    hostnamePath: paths.hostnameFile,
    upperDirectory: paths.upper,
    layerDirectories: [],
    cgroupPath: "",
    hostnameOfHost: hostname,
    nodeId,
    runtime,
    logDriver: task.logDriver?.name || "json-file",
    canBeHeld: !isUnified,
    apparmorProfile: bundle?.apparmorProfile ?? "",
  };
}

function toHealth({ status, failures, log }: HealthReport): ContainerHealth {
  return { status, failingStreak: failures, log: [...log] };
}

/** `anonymous`: the name of the volume that is made where none is named. */
function toMount(mount: Mount, anonymous: string, executor: ContainerExecutor): ContainerMount {
  const { type, target, readOnly } = mount;
  const isVolume = type === "VOLUME";
  const source = isVolume && mount.source === "" ? anonymous : mount.source;
  return {
    type: type.toLowerCase(),
    name: isVolume ? source : "",
    source: isVolume ? executor.volumePath(source) : source,
    target,
    driver: isVolume ? "local" : "",
    isWritable: !readOnly,
    propagation: type === "BIND" ? mount.bindPropagation.toLowerCase() : "",
  };
}

function ownNetworks(
  life: ContainerLife,
  { addressOf: placeOf, placesOf }: Pick<DescribeParts, "addressOf" | "placesOf">,
): readonly ContainerNetwork[] {
  const choice = networkChoice(life.config);
  const places = placesOf(life.stored);
  if (choice.kind === "network") return places;
  const name = choice.kind === "container" ? `container:${choice.ref}` : choice.kind;
  const blank = { ...UNPLACED, name };
  const place = choice.kind === "bridge" ? placeOf(life.id) : null;
  if (place === null) return [blank, ...places];
  const { cidr: address, gateway } = place;
  const macAddress = life.config.macAddress ?? macOf(addressOf(address));
  return [{ ...blank, address, gateway, macAddress }, ...places];
}

function taskNetworks(task: Task, { networkName }: Pick<DescribeParts, "networkName">): readonly ContainerNetwork[] {
  return task.networks.map(({ networkId, address, address6 }) => ({
    ...UNPLACED,
    ...{ name: networkName(networkId), networkId, address, address6, aliases: [slotName(task)] },
    macAddress: address === "" ? "" : macOf(addressOf(address)),
  }));
}

const UNPLACED: Omit<ContainerNetwork, "name"> = {
  ...{ networkId: "", address: "", gateway: "", macAddress: "", address6: "", gateway6: "" },
  ...{ aliases: [], links: [], dnsNames: [], driverOptions: {}, wantedAddress: "", wantedAddress6: "" },
};

/** Of what the image exposes, what nobody can reach from outside. */
function unpublished({ imagePorts, boundPorts }: OwnContainer, { exposedPorts }: ContainerConfig): readonly string[] {
  const bound = new Set(boundPorts.map(({ targetPort, protocol }) => `${targetPort}/${protocol.toLowerCase()}`));
  return [...new Set([...imagePorts, ...exposedPorts])].filter((port) => !bound.has(port));
}
