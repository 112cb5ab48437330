import { SwarmError } from "../../shared/errors.ts";
import { parseSignal } from "../../shared/linux/signals.ts";
import type { Content } from "../../shared/objects/file-reference.ts";
import { containerHostname, isContainerHostname } from "../../shared/objects/hostname.ts";
import { type LogLimits, logLimits } from "../../shared/objects/log-driver.ts";
import { taskName } from "../../shared/objects/task-name.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { Platform } from "../../shared/rpc/gen/objects.ts";
import { STOP_GRACE_MS } from "../../shared/service-spec/defaults.ts";
import { fillContents } from "../../shared/template/content-template.ts";
import { fillContainer, type TemplateNode } from "../../shared/template/task-template.ts";
import { imageLines } from "../images/image-lines.ts";
import type { LocalImage } from "../images/image-store.ts";
import { MONITOR_SLACK_BYTES } from "../logs/log-keeper.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { HostNetwork, TaskNetwork } from "../ports/host-network.ts";
import type { RootedTrees } from "../ports/rooted-tree.ts";
import { hostsFile, resolvConf, swarmResolvConf } from "../runtime/container-files.ts";
import { type ContainerPaths, containerPaths, type SharedPaths } from "../runtime/container-paths.ts";
import type { HostCapacity } from "../runtime/host-capacity.ts";
import { sharedPlace } from "../runtime/launch-command.ts";
import { type OciMount, ociConfig, ociProcess } from "../runtime/oci-config.ts";
import type { OciRuntime } from "../runtime/oci-runtime.ts";
import type { RlimitCeiling } from "../runtime/rlimits.ts";
import { resolveUser } from "../runtime/users.ts";
import { placeMounts } from "../volumes/place-mounts.ts";
import { type BindSource, type MountPlan, planMounts, type VolumeUse } from "../volumes/plan-mounts.ts";
import type { Volumes } from "../volumes/volumes.ts";
import { containerPlan } from "./container-plan.ts";
import { type ContainerRecord, RECORD_FORMAT_VERSION } from "./container-record.ts";
import type { ContainerRecords } from "./container-records.ts";
import type { ContainerRemover } from "./container-remover.ts";
import { type ContentFile, contentFiles, fileMounts, memoryOptions, writeFiles } from "./content-files.ts";
import { healthPlan } from "./health.ts";
import type { KeyedLock } from "./keyed-lock.ts";

export interface ContainerMakerOptions {
  readonly shared: SharedPaths;
  readonly hostname: string;
  readonly cgroupParent: string;
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
  readonly network: HostNetwork;
  readonly volumes: Volumes;
  readonly runtime: OciRuntime;
  readonly records: ContainerRecords;
  readonly remover: ContainerRemover;
  /** By name: two containers must not mount, fill or unmount one volume at the same time. */
  readonly volumeLock: KeyedLock;
}

/** Files in the container's /etc, whatever user its processes run as. */
const EVERYBODY_READS = 0o644;
/** What is known about a container before its root file system is mounted. */
interface Making {
  readonly task: Task;
  readonly image: LocalImage;
  readonly mounts: MountPlan;
  readonly contentsAsFiles: readonly ContentFile[];
  readonly network: TaskNetwork;
  readonly initProgram: string | null;
  readonly paths: ContainerPaths;
}

/** Statically linked, so that they run in any image; the first that is installed is taken. */
const INIT_PROGRAMS = [
  "/usr/bin/tini-static",
  "/usr/bin/catatonit",
  "/usr/libexec/podman/catatonit",
  "/usr/libexec/docker/docker-init",
];

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

/** Makes the container of a task that has none: from its image, network, volumes and specification to "created". */
export class ContainerMaker {
  readonly #options: ContainerMakerOptions;
  readonly #parts: ContainerMakerParts;

  constructor(options: ContainerMakerOptions, parts: ContainerMakerParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /**
   * The caller makes sure that nothing of the container exists and that no one else is making it. After an error its
   * processes and its network are gone; files are left for `remove`.
   * @throws SwarmError
   */
  async make(
    given: Task,
    image: LocalImage,
    contents: ReadonlyMap<string, Content>,
    signal: AbortSignal,
  ): Promise<void> {
    const task = withTemplatesFilled(given, this.#options);
    const paths = containerPaths(this.#options.shared, task.id);
    // Checks that can refuse without leaving anything behind come first.
    const mounts = planMounts({
      taskId: task.id,
      mounts: task.spec.container.mounts,
      imageVolumes: image.config.volumes,
      volumePath: (name) => this.#parts.volumes.pathOf(name),
    });
    const contentsAsFiles = contentFiles(task, fillContents(task, this.#options, contents));
    const [initProgram] = await Promise.all([
      this.#initProgram(task),
      this.#parts.volumes.checkBindSources(mounts.bindSources),
    ]);
    try {
      const [network] = await Promise.all([this.#parts.network.attach(task), this.#makeDirectories(paths)]);
      await Promise.all([
        this.#writeFiles(task, paths, network),
        this.#parts.records.put(this.#record(task, image, network)),
      ]);
      await this.#launch({ task, image, mounts, contentsAsFiles, network, initProgram, paths }, signal);
    } catch (error) {
      await this.#parts.remover.abandon(task.id);
      throw error;
    }
  }

  async #launch(making: Making, signal: AbortSignal): Promise<void> {
    const { task, image, mounts, contentsAsFiles, paths } = making;
    const log = this.#logLimits(task);
    const launch = async (): Promise<void> => {
      const empty = await this.#parts.volumes.ensure(task.id, mounts.volumes, signal);
      await this.#parts.runtime.create(
        {
          taskId: task.id,
          name: taskName(task),
          paths,
          shared: this.#options.shared,
          overlayDirectory: image.overlayDirectory,
          layerLinks: image.layerLinks,
          tty: task.spec.container.tty,
          memoryOptions: memoryOptions(contentsAsFiles),
          sharedSources: sharedSources(mounts),
          logBytesMax: log === null ? null : log.bytesMax + MONITOR_SLACK_BYTES,
        },
        signal,
        (launchPid, stopping) => this.#finish(making, empty, launchPid, stopping),
      );
    };
    // In the order of their names, so that two tasks with the same two volumes cannot deadlock.
    const locked = [...new Set(mounts.volumes.map(({ name }) => name))]
      .sort()
      .reduce<() => Promise<void>>((inner, name) => () => this.#parts.volumeLock.run(name, inner), launch);
    await locked();
  }

  /**
   * What depends on the image's files: read from the mounted file system, so that it is what the container will see.
   */
  async #finish(making: Making, empty: readonly string[], launchPid: number, signal: AbortSignal): Promise<void> {
    const { task, image, mounts, contentsAsFiles, network, initProgram, paths } = making;
    const { files, trees, volumes } = this.#parts;
    const root = `/proc/${launchPid}/root`;
    await using tree = await trees.open(`${root}${paths.rootfs}`);
    const userSpec = task.spec.container.user || image.config.user;
    const user = await resolveUser(userSpec, task.spec.container.groups, imageLines(tree, "/etc/passwd"), () =>
      imageLines(tree, "/etc/group"),
    );
    const sources = new Map(sharedPlaces(mounts, paths));
    for (const [at, use] of mounts.volumes.filter(({ subpath }) => subpath !== "").entries()) {
      const place = `${paths.state}/parts/${at}`;
      await volumes.mountPart(use, { launchPid, place }, tree, signal);
      sources.set(use.target, place);
    }
    const all = [...withSources(mounts.mounts, sources), ...fileMounts(contentsAsFiles, paths.files)];
    const own = new Set([...mounts.ownTargets, ...contentsAsFiles.map(({ target }) => target)]);
    const plan = containerPlan({
      ...{ task, image: image.config, network, user, mounts: all, paths, initProgram },
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
    await Promise.all([
      writeFiles(contentsAsFiles, `${root}${paths.files}`, files),
      files.writeText(paths.config, JSON.stringify(ociConfig({ ...plan, mounts: placed }))),
      files.writeText(paths.process, JSON.stringify({ ...ociProcess(plan), terminal: false })),
    ]);
  }

  async #initProgram(task: Task): Promise<string | null> {
    if (!task.spec.container.init) return null;
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

  async #makeDirectories(paths: ContainerPaths): Promise<void> {
    const { files } = this.#parts;
    await Promise.all(
      // Other users of the host must not reach into containers through their files.
      [paths.state, paths.data].map((path) => files.makeDirectory(path, 0o700)),
    );
    await Promise.all([
      files.makeDirectory(paths.persist),
      files.makeDirectory(paths.files, 0o700),
      files.makeDirectory(paths.upper, 0o755),
      files.makeDirectory(paths.work),
      files.makeDirectory(paths.rootfs, 0o755),
    ]);
  }

  async #writeFiles(task: Task, paths: ContainerPaths, network: TaskNetwork): Promise<void> {
    const { files } = this.#parts;
    const hostname = containerHostname(task.spec.container.hostname, task.id);
    const { hosts, dns } = task.spec.container;
    await Promise.all([
      files.writeText(paths.hosts, hostsFile(hostname, network.address, hosts), EVERYBODY_READS),
      files.writeText(paths.hostnameFile, `${hostname}\n`, EVERYBODY_READS),
      files
        .readText("/etc/resolv.conf")
        .then((own) =>
          network.resolver === null
            ? resolvConf(network.nameservers, own ?? "", dns)
            : swarmResolvConf(network.resolver, own ?? "", dns),
        )
        .then((text) => files.writeText(paths.resolvConf, text, EVERYBODY_READS)),
    ]);
  }

  #logLimits({ spec }: Task): LogLimits | null {
    return logLimits(spec.logDriver, this.#options.logLimits);
  }

  #record(task: Task, image: LocalImage, network: TaskNetwork): ContainerRecord {
    const spec = task.spec.container;
    return {
      formatVersion: RECORD_FORMAT_VERSION,
      taskId: task.id,
      name: taskName(task),
      imageId: image.id,
      hostPorts: network.hostPorts,
      memoryBytesMax: task.spec.limits?.memoryBytes ?? 0,
      stopSignal: parseSignal(spec.stopSignal || image.config.stopSignal),
      stopGraceMs: spec.stopGracePeriodMs ?? STOP_GRACE_MS,
      log: this.#logLimits(task),
      health: healthPlan(spec.healthcheck, image.config),
      isUnhealthy: false,
      isReleased: false,
    };
  }
}

/**
 * The task with its templates filled in for this host.
 * @throws SwarmError invalidArgument, also for an invalid host name.
 */
function withTemplatesFilled(task: Task, node: TemplateNode): Task {
  const container = fillContainer(task.spec.container, task, node);
  const { hostname } = container;
  if (hostname !== "" && !isContainerHostname(hostname)) {
    throw new SwarmError("invalidArgument", `invalid host name ${JSON.stringify(hostname)} of the container`);
  }
  return { ...task, spec: { ...task.spec, container } };
}
