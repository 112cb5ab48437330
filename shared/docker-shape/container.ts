import { mustHave } from "../invariant.ts";
import type { ContainerConfig, ContainerDetails, ContainerMount } from "../rpc/gen/containers.ts";
import type { ContainerSpec, Mount } from "../rpc/gen/objects.ts";
import { parseLink } from "../run-text/link.ts";
import { type DockerJson, isEmpty, toRfc3339, unlessEmpty } from "./common.ts";
import { CONFIG_DEFAULTS, HOST_CONFIG_DEFAULTS, POLICIES } from "./container-defaults.ts";
import { toExtraHosts } from "./container-hosts.ts";
import { toMountForms } from "./container-mounts.ts";
import { toNetworkSettings } from "./container-networks.ts";
import { portName, toPortBindings } from "./container-ports.ts";
import type { Building } from "./fields.ts";
import { toSecurityOptions } from "./privileges.ts";
import { writeRunFields } from "./run-fields.ts";

const DRIVER = "overlay2";
const MS_PER_SECOND = 1_000;

/**
 * A container as `docker inspect CONTAINER` shows it, and GET /containers/{id}/json answers: every key that dockerd
 * has. What was posted to make it comes back as it was.
 */
export function toDockerContainer(details: ContainerDetails): DockerJson {
  const summary = mustHave(details.summary, "the summary of a container");
  const config = mustHave(details.config, "the configuration of a container");
  const [path = "", ...args] = summary.command;
  const shown = shapesOf(config, details);
  return {
    Id: summary.id,
    Created: toRfc3339(summary.createdAtMs),
    Path: path,
    Args: args,
    State: stateOf(details),
    Image: summary.imageId === "" ? "" : `sha256:${summary.imageId}`,
    ResolvConfPath: details.resolvConfPath,
    HostnamePath: details.hostnamePath,
    HostsPath: details.hostsPath,
    LogPath: details.logPath,
    Name: `/${summary.name}`,
    RestartCount: details.restarts,
    Driver: DRIVER,
    Platform: "linux",
    MountLabel: "",
    ProcessLabel: "",
    AppArmorProfile: details.apparmorProfile || (config.task?.container?.apparmor ?? ""),
    ExecIDs: null,
    HostConfig: shown.HostConfig,
    GraphDriver: {
      Data: {
        ID: summary.id,
        LowerDir: details.layerDirectories.join(":"),
        MergedDir: "",
        UpperDir: details.upperDirectory,
        WorkDir: "",
      },
      Name: DRIVER,
    },
    Mounts: details.mounts.filter(({ target }) => !shown.memory.has(target)).map(toMountPoint),
    Config: shown.Config,
    NetworkSettings: toNetworkSettings(details),
  };
}

/** One of the Mounts of a container, and of lists. */
export function toMountPoint(mount: ContainerMount): DockerJson {
  return {
    Type: mount.type,
    ...unlessEmpty("Name", mount.name),
    Source: mount.source,
    Destination: mount.target,
    ...unlessEmpty("Driver", mount.driver),
    Mode: mount.isWritable ? "" : "ro",
    RW: mount.isWritable,
    Propagation: mount.propagation,
  };
}

function stateOf(details: ContainerDetails): DockerJson {
  const { state, startedAtMs, finishedAtMs, exitCode } = mustHave(details.summary, "the summary of a container");
  const isRunning = state === "RUNNING" || state === "PAUSED" || state === "RESTARTING";
  const { health } = details;
  return {
    Status: state.toLowerCase(),
    Running: isRunning,
    Paused: state === "PAUSED",
    Restarting: state === "RESTARTING",
    OOMKilled: details.outOfMemory,
    Dead: false,
    Pid: details.pid,
    ExitCode: isRunning && state !== "RESTARTING" ? 0 : exitCode,
    Error: details.error,
    StartedAt: toRfc3339(startedAtMs),
    FinishedAt: toRfc3339(finishedAtMs),
    ...(health === null
      ? {}
      : {
          Health: {
            Status: health.status,
            FailingStreak: health.failingStreak,
            Log: health.log.map((result) => ({
              Start: toRfc3339(result.startedAtMs),
              End: toRfc3339(result.endedAtMs),
              ExitCode: result.exitCode,
              Output: result.output,
            })),
          },
        }),
  };
}

interface Shapes {
  readonly Config: DockerJson;
  readonly HostConfig: DockerJson;
}

/** Those mounts of a container that lists have. */
export function listedMounts(
  mounts: readonly Mount[],
  { asGiven }: Pick<ContainerConfig, "asGiven">,
): readonly Mount[] {
  if (asGiven === "" || !mounts.some(({ type }) => type === "TMPFS")) return mounts;
  const memory = memoryOf(JSON.parse(asGiven) as Shapes);
  return mounts.filter(({ target }) => !memory.has(target));
}

/** Targets of memory given as HostConfig.Tmpfs: dockerd does not count it among the mounts. */
function memoryOf({ HostConfig }: Shapes): ReadonlySet<string> {
  return new Set(Object.keys((HostConfig["Tmpfs"] ?? {}) as object));
}

/** Defaults, over them what is set, over that what was posted in a form of its own. */
function shapesOf(
  config: ContainerConfig,
  details: ContainerDetails,
): Shapes & { readonly memory: ReadonlySet<string> } {
  const task = mustHave(config.task, "the task of a configuration");
  const container = mustHave(task.container, "the container of a task");
  const { HostConfig: _, ...base } = { ...structuredClone(CONFIG_DEFAULTS), HostConfig: null };
  const building: Building = { ...base, HostConfig: structuredClone(HOST_CONFIG_DEFAULTS) };
  writeRunFields({ task }, building);
  const { HostConfig: host, ...own } = building;
  const given = config.asGiven === "" ? formsOf(container) : (JSON.parse(config.asGiven) as Shapes);
  const open = container.privileged || container.unconfinedPaths;
  return {
    memory: memoryOf(given),
    Config: { ...own, ...ownParts(config, container, details), ...given.Config, ...volumesOf(container, given) },
    HostConfig: {
      ...(host as DockerJson),
      ...hostParts(config, container, details),
      ...given.HostConfig,
      ...(open
        ? { MaskedPaths: container.privileged ? null : [], ReadonlyPaths: container.privileged ? null : [] }
        : {}),
      ...(details.canBeHeld ? {} : { OomKillDisable: null }),
    },
  };
}

/** Targets of anonymous volumes, the image's too, but for those that are among HostConfig's Mounts. */
function volumesOf({ mounts }: ContainerSpec, { HostConfig }: Shapes): DockerJson {
  const long = new Set(((HostConfig["Mounts"] ?? []) as readonly DockerJson[]).map(({ Target: target }) => target));
  const targets = mounts
    .filter(({ type, source, target }) => type === "VOLUME" && source === "" && !long.has(target))
    .map(({ target }) => target);
  return targets.length === 0 ? {} : { Volumes: Object.fromEntries(targets.map((target) => [target, {}])) };
}

/** Of a container that was not made through Docker's API. */
function formsOf(container: ContainerSpec): Shapes {
  const { Binds, Mounts } = toMountForms(container.mounts);
  return {
    Config: {},
    HostConfig: {
      ...unlessEmpty("Binds", Binds),
      ...unlessEmpty("Mounts", Mounts),
      ...unlessEmpty("SecurityOpt", toSecurityOptions(container)),
    },
  };
}

function ownParts(config: ContainerConfig, container: ContainerSpec, details: ContainerDetails): DockerJson {
  const summary = mustHave(details.summary, "the summary of a container");
  const ports = [...new Set([...config.exposedPorts, ...summary.exposedPorts, ...config.ports.map(portName)])];
  const { healthcheck, stopGracePeriodMs } = container;
  // A task's says nothing of what its image says.
  const env = summary.taskId === "" ? container.env : details.env;
  return {
    Hostname: details.hostname,
    Image: summary.image,
    User: details.user,
    ...(ports.length === 0 ? {} : { ExposedPorts: Object.fromEntries(ports.toSorted().map((port) => [port, {}])) }),
    OpenStdin: config.openStdin,
    StdinOnce: config.stdinOnce,
    Env: env.length === 0 ? null : env,
    ...(healthcheck === null ? {} : { Healthcheck: healthOf(healthcheck) }),
    WorkingDir: container.dir === "" && details.dir === "/" ? "" : details.dir,
    Labels: summary.labels,
    ...(stopGracePeriodMs === undefined ? {} : { StopTimeout: Math.round(stopGracePeriodMs / MS_PER_SECOND) }),
  };
}

function healthOf(check: NonNullable<ContainerSpec["healthcheck"]>): DockerJson {
  const nanos = (ms: number): number => ms * 1_000_000;
  return {
    ...unlessEmpty("Test", check.test),
    ...unlessEmpty("Interval", nanos(check.intervalMs)),
    ...unlessEmpty("Timeout", nanos(check.timeoutMs)),
    ...unlessEmpty("StartPeriod", nanos(check.startPeriodMs)),
    ...unlessEmpty("StartInterval", nanos(check.startIntervalMs)),
    ...unlessEmpty("Retries", check.retries),
  };
}

function hostParts(config: ContainerConfig, container: ContainerSpec, details: ContainerDetails): DockerJson {
  const { policy = "NO", retries = 0 } = config.restart ?? {};
  const orNull = (words: readonly string[]): readonly string[] | null => (words.length === 0 ? null : words);
  const { logDriver } = mustHave(config.task, "the task of a configuration");
  return {
    LogConfig: { Type: details.logDriver, Config: logDriver?.options ?? {} },
    NetworkMode: config.network || "bridge",
    PortBindings: toPortBindings(config.ports, ""),
    RestartPolicy: { Name: POLICIES[policy], MaximumRetryCount: retries },
    AutoRemove: config.autoRemove,
    CapAdd: orNull(container.capabilityAdd),
    CapDrop: orNull(container.capabilityDrop),
    ExtraHosts: orNull(toExtraHosts(container.hosts)),
    Links: orNull(config.links.map((link) => linkText(config.name, link))),
    PublishAllPorts: config.publishAll,
    Runtime: container.runtime || details.runtime,
    MemorySwap: swapOf(config),
  };
}

/** As Docker shows a link of the predefined bridge: /OTHER:/CONTAINER/ALIAS. */
function linkText(name: string, link: string): string {
  const { container, alias } = parseLink(link);
  return `/${container}:/${name}/${alias}`;
}

/** Docker counts memory and swap together; unless given, as much swap as memory. */
function swapOf({ task }: ContainerConfig): number {
  const memory = task?.limits?.memoryBytes ?? 0;
  const swap = task?.swapBytes;
  if (memory === 0 || (swap !== undefined && swap < 0)) return isEmpty(swap) ? 0 : -1;
  return memory + (swap ?? memory);
}
