import { mustHave } from "../invariant.ts";
import type { ContainerConfig, ContainerDetails, ContainerNetwork } from "../rpc/gen/containers.ts";
import type { PortConfig } from "../rpc/gen/objects.ts";
import { type DockerJson, toNanos, toRfc3339, unlessEmpty } from "./common.ts";

const POLICIES = { NO: "no", ON_FAILURE: "on-failure", ALWAYS: "always", UNLESS_STOPPED: "unless-stopped" } as const;

/** A container as `docker inspect CONTAINER` shows it, and GET /containers/{id}/json answers. */
export function toDockerContainer(details: ContainerDetails): DockerJson {
  const summary = mustHave(details.summary, "the summary of a container");
  const config = mustHave(details.config, "the configuration of a container");
  const [path = "", ...args] = summary.command;
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
    Driver: "overlay2",
    Platform: "linux",
    MountLabel: "",
    ProcessLabel: "",
    AppArmorProfile: "",
    ExecIDs: null,
    HostConfig: hostConfigOf(config, details),
    GraphDriver: {
      Name: "overlay2",
      Data: { UpperDir: details.upperDirectory, LowerDir: details.layerDirectories.join(":") },
    },
    Mounts: details.mounts.map((mount) => ({
      Type: mount.type,
      ...unlessEmpty("Name", mount.name),
      Source: mount.source,
      Destination: mount.target,
      ...unlessEmpty("Driver", mount.driver),
      Mode: mount.isWritable ? "" : "ro",
      RW: mount.isWritable,
      Propagation: mount.propagation,
    })),
    Config: configOf(config, details),
    NetworkSettings: networksOf(details),
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

function hostConfigOf(config: ContainerConfig, { runtime, logDriver }: ContainerDetails): DockerJson {
  const task = mustHave(config.task, "the task of a configuration");
  const container = mustHave(task.container, "the container of a task");
  const { limits, reservations } = task;
  const memory = limits?.memoryBytes ?? 0;
  const swap = task.swapBytes;
  const { policy = "NO", retries = 0 } = config.restart ?? {};
  return {
    Binds: container.mounts
      .filter(({ type }) => type === "BIND")
      .map(({ source, target, readOnly }) => `${source}:${target}${readOnly ? ":ro" : ""}`),
    LogConfig: { Type: logDriver, Config: task.logDriver?.options ?? {} },
    NetworkMode: config.network || "bridge",
    PortBindings: bindingsOf(config.ports),
    RestartPolicy: { Name: POLICIES[policy], MaximumRetryCount: retries },
    AutoRemove: config.autoRemove,
    PublishAllPorts: config.publishAll,
    CapAdd: container.capabilityAdd.length === 0 ? null : container.capabilityAdd,
    CapDrop: container.capabilityDrop.length === 0 ? null : container.capabilityDrop,
    Dns: container.dns?.nameservers ?? [],
    DnsOptions: container.dns?.options ?? [],
    DnsSearch: container.dns?.search ?? [],
    ExtraHosts: container.hosts.map((line) => line.split(" ").reverse().join(":")),
    GroupAdd: container.groups.length === 0 ? null : container.groups,
    OomScoreAdj: container.oomScoreAdj,
    ReadonlyRootfs: container.readOnly,
    SecurityOpt: container.noNewPrivileges === true ? ["no-new-privileges"] : null,
    Sysctls: container.sysctls,
    Ulimits: container.ulimits.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
    Init: container.init,
    Runtime: runtime,
    Memory: memory,
    MemoryReservation: reservations?.memoryBytes ?? 0,
    MemorySwap: swap === undefined || memory === 0 ? 0 : swap < 0 ? -1 : memory + swap,
    MemorySwappiness: task.memorySwappiness ?? null,
    NanoCpus: limits?.nanoCpus ?? 0,
    PidsLimit: limits?.pids ?? 0,
  };
}

function configOf(config: ContainerConfig, details: ContainerDetails): DockerJson {
  const summary = mustHave(details.summary, "the summary of a container");
  const container = mustHave(config.task?.container, "the container of a task");
  const check = container.healthcheck;
  const ports = [...summary.exposedPorts, ...summary.ports.map(portName)];
  return {
    Hostname: details.hostname,
    Domainname: "",
    User: details.user,
    AttachStdin: config.openStdin,
    AttachStdout: true,
    AttachStderr: true,
    ...(ports.length === 0 ? {} : { ExposedPorts: Object.fromEntries(ports.map((port) => [port, {}])) }),
    Tty: container.tty,
    OpenStdin: config.openStdin,
    StdinOnce: config.stdinOnce,
    Env: details.env,
    Cmd: container.args.length === 0 ? null : container.args,
    ...(check === null
      ? {}
      : {
          Healthcheck: {
            Test: check.test,
            Interval: toNanos(check.intervalMs),
            Timeout: toNanos(check.timeoutMs),
            StartPeriod: toNanos(check.startPeriodMs),
            StartInterval: toNanos(check.startIntervalMs),
            Retries: check.retries,
          },
        }),
    Image: summary.image,
    Volumes: null,
    WorkingDir: details.dir,
    Entrypoint: container.command.length === 0 ? null : container.command,
    Labels: summary.labels,
    ...unlessEmpty("StopSignal", container.stopSignal),
    ...(container.stopGracePeriodMs === undefined
      ? {}
      : { StopTimeout: Math.round(container.stopGracePeriodMs / 1_000) }),
  };
}

function networksOf({ networks, summary }: ContainerDetails): DockerJson {
  const own = networks.find(({ name }) => name === "bridge");
  const [address = "", prefix = "0"] = own?.address.split("/") ?? [];
  return {
    Ports: bindingsOf(summary?.ports ?? []),
    Gateway: own?.gateway ?? "",
    IPAddress: address,
    IPPrefixLen: Number(prefix),
    MacAddress: own?.macAddress ?? "",
    Networks: Object.fromEntries(networks.map((network) => [network.name, endpointOf(network)])),
  };
}

function endpointOf({ networkId, address, address6, gateway, macAddress, aliases }: ContainerNetwork): DockerJson {
  const [ip = "", prefix = "0"] = address.split("/");
  const [ip6 = "", prefix6 = "0"] = address6.split("/");
  return {
    NetworkID: networkId,
    Gateway: gateway,
    IPAddress: ip,
    IPPrefixLen: Number(prefix),
    GlobalIPv6Address: ip6,
    GlobalIPv6PrefixLen: Number(prefix6),
    MacAddress: macAddress,
    Aliases: aliases.length === 0 ? null : aliases,
  };
}

/** `80/tcp` with the host's ports that lead there. */
function bindingsOf(ports: readonly PortConfig[]): DockerJson {
  const bindings = new Map<string, DockerJson[]>();
  for (const port of ports) {
    const binding = {
      HostIp: port.hostIp || "0.0.0.0",
      HostPort: port.publishedPort === 0 ? "" : String(port.publishedPort),
    };
    bindings.set(portName(port), [...(bindings.get(portName(port)) ?? []), binding]);
  }
  return Object.fromEntries(bindings);
}

function portName({ targetPort, protocol }: PortConfig): string {
  return `${targetPort}/${protocol.toLowerCase()}`;
}
