import { join } from "node:path";
import { messageOf } from "../shared/errors.ts";
import type { NodeId } from "../shared/ids.ts";
import type { Logger } from "../shared/log.ts";
import { systemClock } from "../shared/ports/system-clock.ts";
import { systemRandom } from "../shared/ports/system-random.ts";
import { Scope } from "../shared/scope.ts";
import { type Names, openNames } from "../worker/dns/open-names.ts";
import { SystemDnsSockets } from "../worker/dns/ports/system-dns-sockets.ts";
import type { ContainerBook } from "../worker/engine/containers/container-book.ts";
import { layersOf, userOf, withContainerRoot } from "../worker/engine/containers/container-files.ts";
import type { EngineHandlers } from "../worker/engine/engine-handlers.ts";
import { EventLog } from "../worker/engine/events/event-log.ts";
import { HostContainers } from "../worker/engine/host-containers.ts";
import type { ImageServiceParts } from "../worker/engine/images/image-parts.ts";
import type { LocalNetworkBook } from "../worker/engine/networks/local-network-book.ts";
import { openEngine } from "../worker/engine/open-engine.ts";
import type { ContainerExecutor } from "../worker/executor/container-executor.ts";
import { CGROUP_PARENT, openExecutor } from "../worker/executor/open-executor.ts";
import { HostLogins } from "../worker/images/host-logins.ts";
import { HostNetworkSlot } from "../worker/network/host-network-slot.ts";
import { KernelNetwork } from "../worker/network/kernel-network.ts";
import type { CommandRunner } from "../worker/ports/command-runner.ts";
import { hostArchitecture } from "../worker/ports/host-description.ts";
import { ProgramStarter } from "../worker/ports/program-starter.ts";
import { systemCgroupTree } from "../worker/ports/system-cgroup-tree.ts";
import { systemConnectInside } from "../worker/ports/system-connect-inside.ts";
import { systemHostFiles } from "../worker/ports/system-host-files.ts";
import { systemListenersInside } from "../worker/ports/system-listeners-inside.ts";
import { systemLogSockets } from "../worker/ports/system-log-sockets.ts";
import { systemMonitorConnector } from "../worker/ports/system-monitor-connector.ts";
import { systemMonitorLauncher } from "../worker/ports/system-monitor-launcher.ts";
import { SystemNetworkFiles } from "../worker/ports/system-network-files.ts";
import { systemNetworkNamespaces } from "../worker/ports/system-network-kernel.ts";
import { systemProcessTable } from "../worker/ports/system-process-table.ts";
import { SystemProgramLauncher } from "../worker/ports/system-program-launcher.ts";
import { systemProjectQuotas } from "../worker/ports/system-project-quotas.ts";
import { systemRootMounts } from "../worker/ports/system-root-mounts.ts";
import { systemRootedTrees } from "../worker/ports/system-rooted-tree.ts";
import { SystemSealedPrograms } from "../worker/ports/system-sealed-programs.ts";
import { systemTreeWriter } from "../worker/ports/system-tree-writer.ts";
import { capacityOf, readGroupControls } from "../worker/runtime/host-capacity.ts";
import type { DaemonOptions } from "./daemon-options.ts";
import { openHostImages } from "./host-images.ts";

/** What a host runs containers with, from the daemon's start to its end, in a swarm or not. */
export interface HostEngine extends AsyncDisposable {
  readonly network: HostNetworkSlot;
  /** Who answers its containers' questions for names. */
  readonly names: Names;
  readonly executor: ContainerExecutor;
  readonly containers: HostContainers;
  readonly events: EventLog;
  /** What it may show to registries, besides what its own files say. */
  readonly logins: HostLogins;
  /** What it offers to people, here and through any manager. */
  readonly handlers: EngineHandlers;
}

/** `nodeId`: the node this host was when the last daemon ended; "" = none. */
export async function openHostEngine(
  nodeId: NodeId | "",
  books: { readonly containers: ContainerBook; readonly networks: LocalNetworkBook },
  { options, log }: { readonly options: DaemonOptions; readonly log: Logger },
): Promise<HostEngine> {
  const networkFiles = new SystemNetworkFiles(join(options.runDir, "network"));
  let node: NodeId | "" = nodeId;
  const network = new HostNetworkSlot(
    nodeId,
    (id) => {
      node = id;
      const parts = { namespaces: systemNetworkNamespaces(), files: networkFiles, clock: systemClock, log };
      return new KernelNetwork({ nodeId: id as NodeId }, parts);
    },
    { clock: systemClock, log },
  );
  const names = openNames({
    address: (signal) => network.resolverAddress(signal),
    taskAt: (address) => network.current.taskAt(address),
    readResolvConf: async () => (await networkFiles.readResolvConfs())[0] ?? "",
    sockets: new SystemDnsSockets(),
    ...{ clock: systemClock, random: systemRandom.fork("names"), log },
  });
  const { isUnified } = await readGroupControls((path) => systemHostFiles.readText(path));
  const events = new EventLog(systemClock);
  const commands = new ProgramStarter(log);
  const logins = new HostLogins();
  const images = await openHostImages(options, logins, log);
  const executor = await openExecutor(
    {
      dataDirectory: options.dataDir,
      runDirectory: options.runDir,
      ociRuntime: options.ociRuntime,
      ociRuntimes: options.ociRuntimes,
      initPath: options.initPath,
      hostname: options.hostname,
      architecture: hostArchitecture,
      noNewPrivileges: options.noNewPrivileges,
    },
    {
      images,
      network,
      files: systemHostFiles,
      processes: systemProcessTable,
      quotas: systemProjectQuotas,
      cgroups: systemCgroupTree,
      commands,
      launcher: systemMonitorLauncher(commands.startMonitor),
      programs: new SystemSealedPrograms(commands),
      monitors: systemMonitorConnector,
      logSockets: systemLogSockets,
      random: systemRandom.fork("executor"),
      trees: systemRootedTrees,
      clock: systemClock,
      log,
      onHealth: (key, status) => containers.note(key, `health_status: ${status}`),
      onVolume: (action, name) => events.note("volume", action, name, { driver: "local" }),
    },
  );
  const containers: HostContainers = new HostContainers({
    executor,
    commands,
    files: systemHostFiles,
    book: books.containers,
    networkBook: books.networks,
    networks: {
      takenBlocks: () => network.current.takenBlocks(),
      onTables: (tables) => network.setLocalTables(tables),
      onNames: (local) => names.setLocal(local),
    },
    events,
    clock: systemClock,
    listenersInside: systemListenersInside,
    random: systemRandom.fork("containers"),
    log,
    addressOf: (key) => network.current.placeOf(key),
    networkName: (id) => network.current.nameOf(id),
    host: () => ({ hostname: options.hostname, nodeId: node, runtime: options.ociRuntime, isUnified }),
    buildsDirectory: join(options.runDir, "builds"),
  });
  network.restore().catch((error: unknown) => {
    log.warn("this host's own network could not be restored yet", { error: messageOf(error) });
  });
  await containers.open();
  const imageParts = images.service({
    containers: () => containers.imageUsers(),
    services: () => containers.serviceIds(),
    events,
    committed: (ref) => containers.committed(ref),
    cells: containers.builds,
  });
  const scope = new Scope(log);
  scope.spawn("names", (signal) => names.run(signal));
  scope.spawn("builds", (signal) => containers.builds.run(signal));
  scope.spawn("images", (signal) => imageParts.keeper.run(options.imageCollection, signal));
  return {
    network,
    names,
    executor,
    containers,
    events,
    logins,
    handlers: await handlersOf(executor, { containers, images: imageParts, events, commands }, options),
    async [Symbol.asyncDispose]() {
      await scope.end();
      await containers[Symbol.asyncDispose]();
      await executor[Symbol.asyncDispose]();
      network.close();
      commands[Symbol.dispose]();
    },
  };
}

/** What this host offers to people, here and through any manager. */
async function handlersOf(
  executor: ContainerExecutor,
  {
    containers,
    images,
    events,
    commands,
  }: {
    readonly containers: HostContainers;
    readonly images: ImageServiceParts;
    readonly events: EventLog;
    readonly commands: CommandRunner;
  },
  { runDir, hostname }: DaemonOptions,
): Promise<EngineHandlers> {
  const consoles = join(runDir, "consoles");
  await systemHostFiles.makeDirectory(consoles, 0o700);
  const status = (await systemHostFiles.readText("/proc/self/status")) ?? "";
  const launcher = new SystemProgramLauncher(consoles);
  const { store, lock } = executor.volumes;
  const random = systemRandom.fork("engine");
  const filesParts = {
    ...{ executor, own: containers.own, lookup: containers.lookup },
    ...{ files: systemHostFiles, mounts: systemRootMounts, trees: systemRootedTrees, writer: systemTreeWriter },
    ...{ volumes: store, volumeLock: lock, random },
  };
  return openEngine({
    containers: containers.handlers,
    networks: containers.networkHandlers,
    images,
    volumes: {
      ...{ volumes: store, lock, files: systemHostFiles, launcher, hostname, random, events },
      usersOf: (name) => containers.usersOfVolume(name),
    },
    lookup: containers.lookup,
    onUse: (key, action, attributes) => containers.note(key, action, attributes),
    userOf: (container, tree) => userOf(filesParts, container, tree),
    layersOf: (container, signal) => layersOf(filesParts, container, signal),
    withRoot: (container, how, work) => withContainerRoot(filesParts, container, how, work),
    attachments: executor.attachments,
    attachTarget: (ref) => containers.attachTarget(ref),
    hasLog: (key) => executor.record(key)?.log !== null,
    logsOf: (key, query, signal, notices) => executor.logs(key, query, signal, notices),
    runtime: executor.runtime,
    files: systemHostFiles,
    trees: systemRootedTrees,
    processes: systemProcessTable,
    launcher,
    writer: systemTreeWriter,
    connectInside: systemConnectInside,
    cgroups: systemCgroupTree,
    groupOf: (key) => `${executor.record(key)?.cgroupParent || CGROUP_PARENT}/${key}`,
    commands,
    hostCapabilities: capacityOf(status).capabilities,
    clock: systemClock,
    random,
  });
}
