import { SwarmError } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import { parseSignal } from "../../shared/linux/signals.ts";
import type { Content } from "../../shared/objects/file-reference.ts";
import { isContainerHostname } from "../../shared/objects/hostname.ts";
import { type LogLimits, logLimits } from "../../shared/objects/log-driver.ts";
import type { ContainerSpec, Platform, TaskSpec } from "../../shared/rpc/gen/objects.ts";
import { STOP_GRACE_MS } from "../../shared/service-spec/defaults.ts";
import { fillContents } from "../../shared/template/content-template.ts";
import { fillContainer, type TemplateNode } from "../../shared/template/task-template.ts";
import { imageLines } from "../images/image-lines.ts";
import type { LocalImage } from "../images/image-store.ts";
import { MONITOR_SLACK_BYTES } from "../logs/log-keeper.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { ContainerPlaces, TaskNetwork } from "../ports/host-network.ts";
import type { MountedFiles } from "../ports/monitor-launcher.ts";
import type { RootedTrees } from "../ports/rooted-tree.ts";
import type { CompiledFilters } from "../runtime/compiled-filters.ts";
import { type ContainerPaths, containerPaths, type SharedPaths } from "../runtime/container-paths.ts";
import type { DirectoryLimits } from "../runtime/directory-limits.ts";
import { findHostAccess, type HostFindings } from "../runtime/host-access.ts";
import { checkCpuLimit, type HostCapacity } from "../runtime/host-capacity.ts";
import { checkControls } from "../runtime/host-controls.ts";
import { sharedPlace } from "../runtime/launch-command.ts";
import { ociConfig, ociProcess } from "../runtime/oci-config.ts";
import type { OciMount } from "../runtime/oci-mount.ts";
import type { OciRuntime } from "../runtime/oci-runtime.ts";
import { type OciRuntimes, programOf } from "../runtime/oci-runtimes.ts";
import { makeOwnFiles } from "../runtime/own-files.ts";
import type { RlimitCeiling } from "../runtime/rlimits.ts";
import { resolveUser } from "../runtime/users.ts";
import { placeMounts } from "../volumes/place-mounts.ts";
import { type BindSource, flatFiles, type MountPlan, planMounts, type VolumeUse } from "../volumes/plan-mounts.ts";
import type { Volumes } from "../volumes/volumes.ts";
import { containerPlan, groupPath } from "./container-plan.ts";
import { type ContainerRecord, RECORD_FORMAT_VERSION } from "./container-record.ts";
import type { ContainerRecords } from "./container-records.ts";
import type { ContainerRemover } from "./container-remover.ts";
import { type ContentFile, contentFiles, fileMounts, memoryOptions, writeFiles } from "./content-files.ts";
import { healthPlan } from "./health.ts";
import type { KeyedLock } from "./keyed-lock.ts";
import { copyNameFiles, writeNameFiles } from "./name-files.ts";
import { sentLog } from "./sent-log.ts";
import { placeOf, type WantedContainer } from "./wanted-container.ts";

export interface ContainerMakerOptions {
  readonly shared: SharedPaths;
  readonly hostname: string;
  readonly cgroupParent: string;
  /** The host's OCI runtimes. */
  readonly runtimes: OciRuntimes;
  readonly architecture: string;
  /** For templates: as the node describes itself. */
  readonly platform: Platform;
  /** Applies to containers whose service does not say. */
  readonly noNewPrivileges: boolean;
  /** Of containers whose service does not say. */
  readonly logLimits: LogLimits;
  readonly rlimitCeiling: RlimitCeiling;
  readonly hostCapacity: HostCapacity;
  /** Static program that `init` makes process 1; "" = the first of INIT_PROGRAMS that is installed. */
  readonly initPath: string;
}

export interface ContainerMakerParts {
  readonly files: HostFiles;
  readonly trees: RootedTrees;
  readonly network: ContainerPlaces;
  readonly volumes: Volumes;
  /** Of containers' changed files. */
  readonly limits: DirectoryLimits;
  readonly runtime: OciRuntime;
  readonly filters: CompiledFilters;
  readonly records: ContainerRecords;
  readonly remover: ContainerRemover;
  /** By name: two containers must not mount, fill or unmount one volume at the same time. */
  readonly volumeLock: KeyedLock;
}

/** What is known about a container before its root file system is mounted. */
interface Making {
  readonly wanted: WantedContainer;
  readonly image: LocalImage;
  readonly mounts: MountPlan;
  readonly contentsAsFiles: readonly ContentFile[];
  readonly network: TaskNetwork;
  readonly initProgram: string | null;
  readonly findings: HostFindings;
  /** Program, by name or path. */
  readonly ociRuntime: string;
  readonly paths: ContainerPaths;
}

/** Statically linked, so that they run in any image; the first that is installed is taken. */
const INIT_PROGRAMS = [
  "/usr/bin/tini-static",
  "/usr/bin/catatonit",
  "/usr/libexec/podman/catatonit",
  "/usr/libexec/docker/docker-init",
];

type Config = ReturnType<typeof ociConfig>;

const isShared = ({ propagation }: BindSource): boolean => propagation === "shared";

/** Host paths of mounts that are shared, each once. */
function sharedSources({ bindSources }: MountPlan): readonly string[] {
  return [...new Set(bindSources.filter(isShared).map(({ path }) => path))];
}

/** Targets of shared mounts, with where the runtime finds what is mounted there. */
function sharedPlaces(plan: MountPlan, paths: ContainerPaths): readonly (readonly [target: string, place: string])[] {
  const sources = sharedSources(plan);
  return plan.bindSources
    .filter(isShared)
    .map(({ path, target }) => [target, sharedPlace(paths, sources.indexOf(path))] as const);
}

/** Mounts with other sources than planned, by their targets. */
function withSources(mounts: readonly OciMount[], sources: ReadonlyMap<string, string>): readonly OciMount[] {
  return mounts.map((mount) => ({ ...mount, source: sources.get(mount.destination) ?? mount.source }));
}

/** Makes a container that is not there yet: from its image, network, volumes and specification to "created". */
export class ContainerMaker {
  readonly #options: ContainerMakerOptions;
  readonly #parts: ContainerMakerParts;

  constructor(options: ContainerMakerOptions, parts: ContainerMakerParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** Refuses limits that this host does not have, and says what it has. @throws SwarmError failedPrecondition. */
  checkLimits(spec: TaskSpec): HostCapacity {
    const { hostCapacity, hostname } = this.#options;
    checkCpuLimit(spec.limits, hostCapacity);
    checkControls(spec, hostCapacity, hostname);
    return hostCapacity;
  }

  /**
   * The caller makes sure that nothing of the container exists and that no one else is making it. After an error its
   * processes and its network are gone; files are left for `remove`.
   * @throws SwarmError
   */
  async make(
    given: WantedContainer,
    image: LocalImage,
    contents: ReadonlyMap<string, Content>,
    signal: AbortSignal,
  ): Promise<void> {
    const wanted = withTemplatesFilled(given, this.#options);
    const spec = wanted.spec.container;
    const paths = containerPaths(this.#options.shared, wanted.key);
    // Checks that can refuse without leaving anything behind come first.
    const planned = planMounts({
      key: wanted.key,
      mounts: spec.mounts,
      mayBorrow: wanted.borrowsVolumes,
      imageVolumes: image.config.volumes,
      volumePath: (name) => this.#parts.volumes.pathOf(name),
    });
    const contentsAsFiles = contentFiles(spec, contentsOf(wanted, this.#options, contents));
    const ociRuntime = programOf(spec.runtime, this.#options.runtimes, this.#options.hostname);
    const [initProgram, findings, fileSources] = await Promise.all([
      this.#initProgram(spec),
      findHostAccess(wanted, { ...this.#parts, ...this.#options, host: this.#options.hostCapacity }),
      this.#parts.volumes.checkBindSources(planned.bindSources),
    ]);
    const mounts = { ...planned, mounts: flatFiles(planned.mounts, fileSources) };
    try {
      const [network] = await Promise.all([this.#attach(wanted), this.#makeDirectories(paths, spec)]);
      const making = { wanted, image, mounts, contentsAsFiles, network, initProgram, findings, ociRuntime, paths };
      await Promise.all([this.#writeNames(wanted, paths, network), this.#parts.records.put(this.#record(making))]);
      await this.#launch(making, signal);
    } catch (error) {
      await this.#parts.remover.abandon(wanted.key);
      throw error;
    }
  }

  async #launch(making: Making, signal: AbortSignal): Promise<void> {
    const { wanted, image, mounts, contentsAsFiles, paths } = making;
    const log = this.#logLimits(wanted);
    const { runtime, filters } = this.#parts;
    let config: Config = {};
    const launch = async (): Promise<void> => {
      const empty = await this.#parts.volumes.ensure(wanted.key, mounts.volumes, signal);
      await runtime.create(
        {
          key: wanted.key,
          name: wanted.name,
          paths,
          shared: this.#options.shared,
          overlayDirectory: image.overlayDirectory,
          layerLinks: image.layerLinks,
          ociRuntime: making.ociRuntime,
          tty: wanted.spec.container.tty,
          stdin: wanted.stdin,
          memoryOptions: memoryOptions(contentsAsFiles),
          sharedSources: sharedSources(mounts),
          logBytesMax: log === null ? null : log.bytesMax + MONITOR_SLACK_BYTES,
        },
        signal,
        async (mounted, stopping) => {
          config = await this.#finish(making, empty, mounted, stopping);
        },
      );
    };
    // In the order of their names, so that two containers with the same two volumes cannot deadlock.
    const locked = [...new Set(mounts.volumes.map(({ name }) => name))]
      .sort()
      .reduce<() => Promise<void>>((inner, name) => () => this.#parts.volumeLock.run(name, inner), launch);
    await locked().catch((error: unknown) => {
      filters.forget();
      throw error;
    });
    await filters.learn(wanted.key, config, making.ociRuntime);
  }

  /**
   * What depends on the image's files: read from the mounted file system, so that it is what the container will see.
   * Resolves with its configuration.
   */
  async #finish(making: Making, empty: readonly string[], mounted: MountedFiles, signal: AbortSignal): Promise<Config> {
    const { wanted, image, mounts, contentsAsFiles, network, initProgram, findings, paths } = making;
    const { files, trees, volumes } = this.#parts;
    await using tree = await trees.open(mounted.rootfs);
    const spec = wanted.spec.container;
    const user = await resolveUser(spec.user || image.config.user, spec.groups, imageLines(tree, "/etc/passwd"), () =>
      imageLines(tree, "/etc/group"),
    );
    const sources = new Map(sharedPlaces(mounts, paths));
    const parts = new Set<string>();
    for (const [at, use] of mounts.volumes.filter(({ subpath }) => subpath !== "").entries()) {
      const place = `${paths.state}/parts/${at}`;
      if ((await volumes.mountPart(use, { mounted, place }, tree, signal)) === "file") parts.add(place);
      sources.set(use.target, place);
    }
    const all = [...flatFiles(withSources(mounts.mounts, sources), parts), ...fileMounts(contentsAsFiles, paths.files)];
    const own = new Set([...mounts.ownTargets, ...contentsAsFiles.map(({ target }) => target)]);
    const { sharesProcessesOf: other } = wanted;
    const plan = containerPlan({
      joined: other === null ? {} : { pid: await this.#namespaceOf(other, "pid", "processes") },
      ...{ wanted, image: image.config, network, user, mounts: all, paths, initProgram, findings },
      cgroupParent: this.#options.cgroupParent,
      architecture: this.#options.architecture,
      noNewPrivileges: this.#options.noNewPrivileges,
      rlimitCeiling: this.#options.rlimitCeiling,
      hostCapacity: this.#options.hostCapacity,
    });
    const placed = await placeMounts(plan.mounts, (target) => own.has(target), tree);
    for (const name of empty) {
      const isWhole = (use: VolumeUse): boolean => use.name === name && use.isFilled && use.subpath === "";
      const targets = mounts.volumes.filter(isWhole).map(({ target }) => target);
      await volumes.fill(name, targets, tree, signal);
    }
    const config = ociConfig({ ...plan, mounts: placed });
    await Promise.all([
      writeFiles(contentsAsFiles, mounted.memory, files),
      files.writeText(paths.config, JSON.stringify(this.#parts.filters.applied(config, making.ociRuntime))),
      files.writeText(paths.process, JSON.stringify({ ...ociProcess(plan), terminal: false })),
    ]);
    return config;
  }

  async #initProgram({ init }: ContainerSpec): Promise<string | null> {
    if (!init) return null;
    const { initPath } = this.#options;
    const candidates = initPath === "" ? INIT_PROGRAMS : [initPath];
    for (const path of candidates) if ((await this.#parts.files.kindOf(path)) !== null) return path;
    throw new SwarmError(
      "failedPrecondition",
      initPath === ""
        ? `node ${this.#options.hostname} has no init program for containers: install the package catatonit or tini`
        : `node ${this.#options.hostname} has no init program for containers: there is no ${initPath}`,
    );
  }

  async #makeDirectories(paths: ContainerPaths, spec: ContainerSpec): Promise<void> {
    const { files } = this.#parts;
    await Promise.all(
      // Other users of the host must not reach into containers through their files.
      [paths.state, paths.data].map((path) => files.makeDirectory(path, 0o700)),
    );
    await Promise.all([
      files.makeDirectory(paths.persist),
      files.makeDirectory(paths.files, 0o700),
      makeOwnFiles(paths, spec, this.#parts),
      files.makeDirectory(paths.rootfs, 0o755),
    ]);
  }

  async #attach(wanted: WantedContainer): Promise<TaskNetwork> {
    const { sharesNetworkOf: other } = wanted;
    if (other === null) return await this.#parts.network.attach(placeOf(wanted));
    const namespacePath = await this.#namespaceOf(other, "net", "network");
    return { address: "", namespacePath, hostPorts: [], resolver: null, nameservers: [], hostAddress: null };
  }

  /** @throws SwarmError failedPrecondition when the other container does not run. */
  async #namespaceOf(other: ContainerKey, kind: "net" | "pid", what: string): Promise<string> {
    const paths = containerPaths(this.#options.shared, other);
    const pid = Number((await this.#parts.files.readText(paths.pidFile)) ?? 0);
    if (!(pid > 0)) throw new SwarmError("failedPrecondition", `cannot join the ${what} of ${other}: it does not run`);
    return `/proc/${pid}/ns/${kind}`;
  }

  /** A container in another one's network has its names, too. */
  async #writeNames(wanted: WantedContainer, paths: ContainerPaths, network: TaskNetwork): Promise<void> {
    const { files } = this.#parts;
    if (wanted.sharesNetworkOf === null) {
      await writeNameFiles(files, paths, wanted, network);
      return;
    }
    await copyNameFiles(files, paths, containerPaths(this.#options.shared, wanted.sharesNetworkOf));
  }

  #logLimits({ spec }: WantedContainer): LogLimits | null {
    return logLimits(spec.logDriver, this.#options.logLimits);
  }

  #record({ wanted, image, network, mounts, findings, ociRuntime }: Making): ContainerRecord {
    const spec = wanted.spec.container;
    return {
      formatVersion: RECORD_FORMAT_VERSION,
      key: wanted.key,
      name: wanted.name,
      imageId: image.id,
      told: { address: network.address, resolver: network.resolver },
      exposedPorts: image.config.exposedPorts,
      hostPorts: network.hostPorts,
      memoryBytesMax: wanted.spec.limits?.memoryBytes ?? 0,
      stopSignal: parseSignal(spec.stopSignal || image.config.stopSignal),
      stopGraceMs: spec.stopGracePeriodMs ?? STOP_GRACE_MS,
      volumes: [...new Set(mounts.volumes.map(({ name }) => name))],
      log: this.#logLimits(wanted),
      sent: sentLog(wanted),
      health: healthPlan(spec.healthcheck, image.config),
      mustBeHealthy: wanted.mustBeHealthy,
      isUnhealthy: false,
      isHeldBriefly: false,
      isReleased: false,
      hasStartHooks: (findings.edits.hooks["poststart"] ?? []).length > 0,
      tty: spec.tty,
      stdin: wanted.stdin,
      steps: {
        init: spec.initSteps,
        postStart: spec.postStart,
        preStop: spec.preStop,
        isStarted: spec.postStart.length === 0,
      },
      ociRuntime,
      cgroupParent: groupPath(spec.cgroupParent),
    };
  }
}

/**
 * The container with its templates filled in for this host.
 * @throws SwarmError invalidArgument, also for an invalid host name.
 */
function withTemplatesFilled(wanted: WantedContainer, node: TemplateNode): WantedContainer {
  const { task } = wanted;
  const container = task === null ? wanted.spec.container : fillContainer(wanted.spec.container, task, node);
  const { hostname } = container;
  if (hostname !== "" && !isContainerHostname(hostname)) {
    throw new SwarmError("invalidArgument", `invalid host name ${JSON.stringify(hostname)} of the container`);
  }
  return { ...wanted, spec: { ...wanted.spec, container } };
}

/** What its secrets and configs hold, by their ids: only a task has any. */
function contentsOf(
  { task, spec }: WantedContainer,
  node: TemplateNode,
  contents: ReadonlyMap<string, Content>,
): ReadonlyMap<string, Uint8Array> {
  return task === null ? new Map() : fillContents({ ...task, spec }, node, contents);
}
