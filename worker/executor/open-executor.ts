import { messageOf } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import type { Logger } from "../../shared/log.ts";
import { DEFAULT_LOG_LIMITS, type LogLimits } from "../../shared/objects/log-driver.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { ImageParts } from "../images/open-images.ts";
import { LogKeeper } from "../logs/log-keeper.ts";
import { LogSender } from "../logs/log-sender.ts";
import type { CgroupTree } from "../ports/cgroup-tree.ts";
import type { CommandRunner } from "../ports/command-runner.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { ContainerPlaces } from "../ports/host-network.ts";
import type { LogSockets } from "../ports/log-sockets.ts";
import type { MonitorConnector } from "../ports/monitor-connection.ts";
import type { MonitorLauncher } from "../ports/monitor-launcher.ts";
import type { ProcessTable } from "../ports/process-table.ts";
import type { ProjectQuotas } from "../ports/project-quotas.ts";
import type { RootedTrees } from "../ports/rooted-tree.ts";
import { type SealedPrograms, unsealedPrograms } from "../ports/sealed-programs.ts";
import { CompiledFilters } from "../runtime/compiled-filters.ts";
import { containerPaths, type SharedPaths, sharedPaths } from "../runtime/container-paths.ts";
import { DirectoryLimits } from "../runtime/directory-limits.ts";
import { readHostCapacity } from "../runtime/host-capacity.ts";
import { OciRuntime } from "../runtime/oci-runtime.ts";
import { platformOf } from "../runtime/platform.ts";
import { programPlaces } from "../runtime/program-places.ts";
import { ceilingOf } from "../runtime/rlimits.ts";
import { type VolumeAction, Volumes } from "../volumes/volumes.ts";
import { Attachments } from "./attachments.ts";
import { letAllGo } from "./brief-hold.ts";
import { CellMaker } from "./cell-maker.ts";
import { ContainerExecutor } from "./container-executor.ts";
import { ContainerFacts } from "./container-facts.ts";
import { ContainerGroups } from "./container-groups.ts";
import { ContainerMaker, type ContainerMakerOptions } from "./container-maker.ts";
import { ContainerRecords } from "./container-records.ts";
import { ContainerRemover } from "./container-remover.ts";
import { ContainerSteps } from "./container-steps.ts";
import { ExitWatch } from "./exit-watch.ts";
import { sendLog } from "./keep-log.ts";
import { KeyedLock } from "./keyed-lock.ts";

export interface ExecutorOptions {
  /** Images, volumes, logs, changed files of containers. Absolute. */
  readonly dataDirectory: string;
  /** What is gone after a reboot together with the containers. Absolute. */
  readonly runDirectory: string;
  /** OCI runtime, by name or path. */
  readonly ociRuntime: string;
  /** Further ones, by the names that services call them. Default: none. */
  readonly ociRuntimes?: ReadonlyMap<string, string>;
  /** By name or path. Default: conmon. */
  readonly conmon?: string;
  /** For error messages and templates. */
  readonly hostname: string;
  /** The host's, as Node.js names it: x64, arm64. */
  readonly architecture: string;
  /** Where containers' cgroups are, absolute. Default CGROUP_PARENT. */
  readonly cgroupParent?: string;
  /** Containers get no new privileges unless their service says otherwise. Default false, as Docker's. */
  readonly noNewPrivileges?: boolean;
  /** Static init program for containers; "" = the first known one that is installed. Default "". */
  readonly initPath?: string;
  /** How much of a container's log is kept if its service does not say. Default DEFAULT_LOG_LIMITS. */
  readonly logLimits?: LogLimits;
}

export interface ExecutorPorts {
  readonly images: ImageParts;
  readonly network: ContainerPlaces;
  readonly files: HostFiles;
  readonly trees: RootedTrees;
  readonly quotas: ProjectQuotas;
  readonly processes: ProcessTable;
  readonly cgroups: CgroupTree;
  readonly commands: CommandRunner;
  readonly launcher: MonitorLauncher;
  /** Default: each program as it lies on the disk. */
  readonly programs?: SealedPrograms;
  readonly monitors: MonitorConnector;
  readonly logSockets: LogSockets;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** A container's health check has come to another status: starting, healthy, unhealthy. */
  readonly onHealth?: (key: ContainerKey, status: string) => void;
  /** Called when a volume was made, or is gone. */
  readonly onVolume?: (action: VolumeAction, name: string) => void;
}

export const CGROUP_PARENT = "/swarm";

/**
 * Composes the executor of this host and reads what an earlier daemon left: running containers are waited for, those
 * that have ended since report how. Disposing it leaves the containers running.
 */
export async function openExecutor(options: ExecutorOptions, ports: ExecutorPorts): Promise<ContainerExecutor> {
  const { files, processes, clock, log, network } = ports;
  const { dataDirectory, runDirectory, hostname } = options;
  const shared = sharedPaths(dataDirectory, runDirectory);
  const volumesDirectory = `${dataDirectory}/volumes`;
  const { states, exits: exitsDirectory, oci, containers } = shared;
  await makePrivate(files, [states, exitsDirectory, oci, containers, volumesDirectory]);
  const limitsAt = (place: string): DirectoryLimits => new DirectoryLimits({ place, hostname }, ports.quotas);
  const volumes = await openVolumes(options, volumesDirectory, limitsAt(volumesDirectory), ports);
  const fileLimits = limitsAt(containers);
  fileLimits.sweep();
  const records = await ContainerRecords.open(shared, files, log);
  for (const fault of await volumes.releaseOthers(new Set(await records.found())))
    log.warn("a volume that nobody uses stays mounted", { error: messageOf(fault) });
  const runtimes = { usual: options.ociRuntime, named: options.ociRuntimes ?? new Map<string, string>() };
  const hostCapacity = await readHostCapacity((path) => files.readText(path));
  const runtime = openRuntime(
    options,
    shared.oci,
    { records, programsAtOnce: programPlaces(hostCapacity.cpus) },
    ports,
  );
  await letAllGo({ records, runtime, log });
  const exits = new ExitWatch(shared.exits, { files, processes, clock });
  const facts = new ContainerFacts({ shared, files, processes, runtime, records, exits });
  const cgroupParent = options.cgroupParent ?? CGROUP_PARENT;
  const [limits, status] = await Promise.all(["limits", "status"].map((name) => files.readText(`/proc/self/${name}`)));
  const logs = new LogKeeper({ files, clock, log });
  const sender = new LogSender({ hostname, pid: process.pid }, { ...ports, sockets: ports.logSockets });
  const groups = new ContainerGroups({ parent: cgroupParent, containers }, ports);
  const volumeLock = new KeyedLock();
  const remover = new ContainerRemover({
    ...{ volumeLock, limits: fileLimits },
    ...{ shared, files, processes, clock, log, network, volumes, runtime, records, exits, facts, groups, logs, sender },
  });
  const steps = new ContainerSteps({ ...ports, shared, runtime, hostCapabilities: hostCapacity.capabilities });
  const makerOptions: ContainerMakerOptions = {
    ...{ shared, hostname, cgroupParent, runtimes, architecture: options.architecture },
    initPath: options.initPath ?? "",
    platform: platformOf(options.architecture),
    noNewPrivileges: options.noNewPrivileges ?? false,
    logLimits: options.logLimits ?? DEFAULT_LOG_LIMITS,
    rlimitCeiling: ceilingOf(limits ?? "", status ?? ""),
    hostCapacity,
  };
  const makerParts = {
    files,
    trees: ports.trees,
    network,
    volumes,
    limits: fileLimits,
    runtime,
    filters: new CompiledFilters(shared.oci, files),
    records,
    remover,
    volumeLock,
  };
  const maker = new ContainerMaker(makerOptions, makerParts);
  const cells = new CellMaker(makerOptions, { files, network, groups, limits: fileLimits });
  const executor = new ContainerExecutor({
    ...{ shared, files, network, processes, clock, log, images: ports.images.store, runtime, records, exits, facts },
    ...{ maker, cells, remover, groups, logs, sender, attachments: openAttachments(shared, ports) },
    ...{ volumes, volumeLock, limits: fileLimits, steps },
    ...(ports.onHealth === undefined ? {} : { onHealth: ports.onHealth }),
  });
  for (const { key } of records.all()) sendLog(key, { shared, records, facts, logs, sender });
  return executor;
}

async function openVolumes(
  { runDirectory, hostname }: ExecutorOptions,
  directory: string,
  limits: DirectoryLimits,
  { files, trees, commands, onVolume }: ExecutorPorts,
): Promise<Volumes> {
  const options = { directory, runDirectory: `${runDirectory}/volumes`, hostname };
  const volumes = new Volumes(options, { files, trees, commands, limits }, onVolume);
  await volumes.open();
  return volumes;
}

function openAttachments(shared: SharedPaths, { monitors, files, clock, log }: ExecutorPorts): Attachments {
  return new Attachments({ connector: monitors, files, clock, log, pathsOf: (key) => containerPaths(shared, key) });
}

/** Only root may look into containers, images and volumes from outside. */
async function makePrivate(files: HostFiles, directories: readonly string[]): Promise<void> {
  await Promise.all(directories.map((path) => files.makeDirectory(path, 0o700)));
}

function openRuntime(
  { ociRuntime, conmon = "conmon", hostname }: ExecutorOptions,
  root: string,
  { records, programsAtOnce }: { readonly records: ContainerRecords; readonly programsAtOnce: number },
  { commands, launcher, files, programs = unsealedPrograms }: ExecutorPorts,
): OciRuntime {
  const programOf = (key: ContainerKey): string => records.get(key)?.ociRuntime ?? "";
  const how = { program: ociRuntime, programOf, conmon, root, hostname, programsAtOnce };
  return new OciRuntime(how, { commands, launcher, files, programs });
}
