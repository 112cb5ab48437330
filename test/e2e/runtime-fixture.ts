/**
 * A host for the container executor, with a network that is nothing but namespaces, and all of it removed at the end.
 */

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before } from "node:test";
import { type ContainerKey, createId, type TaskId } from "../../shared/ids.ts";
import { silentLogger } from "../../shared/log.ts";
import type { LoginSpec, Task, TaskSpec } from "../../shared/objects/types.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { systemRandom } from "../../shared/ports/system-random.ts";
import { LoginsAndFiles } from "../../shared/registry/find-credentials.ts";
import { systemCredentialPrograms } from "../../shared/registry/ports/credential-programs.ts";
import { SystemRegistryFiles } from "../../shared/registry/ports/registry-files.ts";
import { NodeRegistryHttp } from "../../shared/registry/ports/registry-http.ts";
import type { ContainerSpec, PortConfig } from "../../shared/rpc/gen/objects.ts";
import type { ContainerExecutor } from "../../worker/executor/container-executor.ts";
import { type ExecutorOptions, openExecutor } from "../../worker/executor/open-executor.ts";
import { TaskContainers } from "../../worker/executor/task-containers.ts";
import { type ImageParts, openImages } from "../../worker/images/open-images.ts";
import type { HostNetwork, NetworkedContainer, TaskNetwork } from "../../worker/ports/host-network.ts";
import { systemCgroupTree } from "../../worker/ports/system-cgroup-tree.ts";
import { SystemCommandRunner } from "../../worker/ports/system-command-runner.ts";
import { systemHostFiles } from "../../worker/ports/system-host-files.ts";
import { systemLogSockets } from "../../worker/ports/system-log-sockets.ts";
import { systemMonitorConnector } from "../../worker/ports/system-monitor-connector.ts";
import { systemMonitorLauncher } from "../../worker/ports/system-monitor-launcher.ts";
import { systemProcessTable } from "../../worker/ports/system-process-table.ts";
import { systemProjectQuotas } from "../../worker/ports/system-project-quotas.ts";
import { systemRootedTrees } from "../../worker/ports/system-rooted-tree.ts";
import { SystemSealedPrograms } from "../../worker/ports/system-sealed-programs.ts";
import { createContainerSpec, createService, createTask, createTaskSpec } from "../support/objects.ts";
import type { Mortality } from "./mortal-ports.ts";
import { type BuiltImage, buildImage } from "./runtime-image.ts";

export const IMAGE_NAME = "docker.io/library/swarm-test";
const CGROUPS = "/sys/fs/cgroup";
export const NEVER = new AbortController().signal;

export interface FixtureOptions extends Partial<ExecutorOptions> {
  /** Default: the host's. */
  readonly registriesConf?: string;
}

export class RuntimeFixture implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), "swarm-runtime-"));
  readonly name = basename(this.directory).toLowerCase();
  readonly dataDirectory = join(this.directory, "data");
  readonly runDirectory = join(this.directory, "run");
  readonly cgroupParent = `/${this.name}`;
  readonly image: BuiltImage = buildImage(this.directory, {
    Shell: ["/bin/env", "SHELL_OF_IMAGE=yes", "/bin/sh", "-c"],
  });
  readonly network = new NamespaceNetwork();
  readonly #open: ContainerExecutor[] = [];
  /** One for each daemon: connections that one has left open are not in the way of the next. */
  readonly #http: NodeRegistryHttp[] = [];
  /** Of the executor that was opened last. */
  images: ImageParts | null = null;
  /** The swarm's, by name. */
  readonly logins = new Map<string, LoginSpec>();

  /** Full reference of the image, by digest as managers pin it. */
  get imageReference(): string {
    return `swarm-test:latest@${this.image.digest}`;
  }

  /** Puts the image into the store, as if it had been pulled. @throws Error with what skopeo says. */
  storeImage(image = this.image): void {
    const store = `[overlay@${this.dataDirectory}/images+${this.runDirectory}/images]`;
    const name = `${IMAGE_NAME}@${image.digest}`;
    const copy = ["copy", "-q", image.source, `containers-storage:${store}${name}`];
    execFileSync("unshare", ["--mount", "skopeo", "--insecure-policy", ...copy], { stdio: "pipe" });
  }

  /** A daemon's executor of tasks; opening a second one is what a restart of the daemon is. */
  async executor(options: FixtureOptions = {}): Promise<DaemonTasks> {
    return new DaemonTasks(await this.containers(options));
  }

  /** The same, of containers without a task as well. */
  async containers({ registriesConf = "", ...options }: FixtureOptions = {}): Promise<ContainerExecutor> {
    this.images = await this.openImages(registriesConf);
    const executor = await openExecutor(
      {
        dataDirectory: this.dataDirectory,
        runDirectory: this.runDirectory,
        ociRuntime: "crun",
        hostname: hostname(),
        architecture: process.arch,
        cgroupParent: this.cgroupParent,
        ...options,
      },
      {
        images: this.images,
        network: this.network,
        files: systemHostFiles,
        processes: systemProcessTable,
        quotas: systemProjectQuotas,
        cgroups: systemCgroupTree,
        commands: new SystemCommandRunner(),
        launcher: systemMonitorLauncher(),
        programs: new SystemSealedPrograms(new SystemCommandRunner()),
        monitors: systemMonitorConnector,
        logSockets: systemLogSockets,
        random: systemRandom,
        trees: systemRootedTrees,
        clock: systemClock,
        log: silentLogger,
      },
    );
    this.#open.push(executor);
    return executor;
  }

  /** A daemon's images; every image is accepted. `life` stands between it and the host. */
  async openImages(
    registriesConf: string,
    skopeo = "skopeo",
    dataDirectory = this.dataDirectory,
    life: Pick<Mortality, "wrap"> = { wrap: (_, port) => port },
  ): Promise<ImageParts> {
    const registryFiles = new SystemRegistryFiles({ registriesConf: registriesConf || null });
    const { runDirectory } = this;
    const http = new NodeRegistryHttp();
    this.#http.push(http);
    return await openImages(
      { ...{ dataDirectory, runDirectory, registriesConf, skopeo }, imagePolicy: null, architecture: process.arch },
      {
        http,
        registryFiles,
        credentials: new LoginsAndFiles({
          files: registryFiles,
          programs: systemCredentialPrograms,
          loginOf: (name) => this.logins.get(name),
        }),
        files: life.wrap("files", systemHostFiles),
        commands: life.wrap("commands", new SystemCommandRunner()),
        clock: systemClock,
        random: systemRandom,
        log: silentLogger,
      },
    );
  }

  /** A task of service "web" that runs a shell script in the image. */
  task(script: string, container: Partial<ContainerSpec> = {}, spec: Partial<TaskSpec> = {}): Task {
    const image = this.imageReference;
    const words = script === "" ? {} : { command: ["/bin/sh", "-c", script] };
    const task = createTaskSpec({ container: createContainerSpec({ image, ...words, ...container }), ...spec });
    return createTask("t", createService("web", { task }), { id: createId<TaskId>(systemRandom) });
  }

  /** Makes a file in a running container, which its script waits for. */
  signalIn(task: Task, path: string, text = ""): void {
    writeFileSync(this.#pathIn(task, path), text);
  }

  readIn(task: Task, path: string): string {
    return readFileSync(this.#pathIn(task, path), "utf8");
  }

  #pathIn(task: Task, path: string): string {
    const pid = readFileSync(join(this.runDirectory, "containers", task.id, "pid"), "utf8").trim();
    return join("/proc", pid, "root", path);
  }

  /** Directories of the container's cgroup, by controller (or "unified"). */
  cgroup(task: Task, controller: string): string {
    const roots = [join(CGROUPS, controller), CGROUPS].map((root) => join(root, this.cgroupParent, task.id));
    return roots.find((path) => existsSync(path)) ?? "";
  }

  /** What of this fixture is still on the machine, in words. */
  leftovers(): readonly string[] {
    const mounts = readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .filter((line) => line.includes(this.directory))
      .map((line) => `mount ${line.split(" ")[4]}`);
    const processes = readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name) && commandLine(name).includes(this.directory))
      .map((pid) => `process ${pid}: ${commandLine(pid)}`);
    const cgroups = this.#cgroupParents()
      .flatMap((parent) => readdirSync(parent, { withFileTypes: true }).map((entry) => ({ parent, entry })))
      .filter(({ entry }) => entry.isDirectory())
      .map(({ parent, entry }) => `cgroup ${parent}/${entry.name}`);
    const files = ["data/containers", "data/volumes", "run/containers", "run/exits", "run/oci"]
      .map((path) => join(this.directory, path))
      .flatMap((path) => (existsSync(path) ? readdirSync(path).map((name) => `file ${path}/${name}`) : []));
    return [...mounts, ...processes, ...cgroups, ...files, ...this.network.namespaces.map((id) => `namespace ${id}`)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const last = await this.containers();
    for (const key of await last.list()) await last.remove(key);
    for (const executor of this.#open) await executor[Symbol.asyncDispose]();
    for (const http of this.#http) http[Symbol.dispose]();
    await this.network.teardown();
    for (const parent of this.#cgroupParents()) rmdirSync(parent);
    rmSync(this.directory, { recursive: true, force: true });
  }

  #cgroupParents(): readonly string[] {
    return [CGROUPS, ...readdirSync(CGROUPS).map((name) => join(CGROUPS, name))]
      .map((root) => join(root, this.cgroupParent))
      .filter((path) => existsSync(path));
  }
}

class DaemonTasks extends TaskContainers implements AsyncDisposable {
  readonly #executor: ContainerExecutor;

  constructor(executor: ContainerExecutor) {
    super(executor);
    this.#executor = executor;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#executor[Symbol.asyncDispose]();
  }
}

/** For a suite: a fixture with the image, and an executor; handed over before its first test, gone after the last. */
export function useRuntime(
  take: (made: { readonly fixture: RuntimeFixture; readonly executor: DaemonTasks }) => void,
): void {
  let fixture: RuntimeFixture | null = null;
  before(async () => {
    fixture = new RuntimeFixture();
    fixture.storeImage();
    take({ fixture, executor: await fixture.executor() });
  });
  // Also where the set-up failed half way.
  after(() => fixture?.[Symbol.asyncDispose]());
}

/** A namespace with a loopback for each task, but for those on the host's network. */
class NamespaceNetwork implements HostNetwork {
  readonly #attached = new Set<ContainerKey>();
  readonly onHost = new Set<ContainerKey>();
  readonly hostPorts: readonly PortConfig[] = [
    { protocol: "TCP", targetPort: 80, publishedPort: 32_768, publishMode: "HOST", hostIp: "", localFirst: false },
  ];

  get namespaces(): readonly ContainerKey[] {
    return [...this.#attached];
  }

  async attached(): Promise<readonly ContainerKey[]> {
    return this.namespaces;
  }

  async apply(): Promise<void> {}

  async attach(task: NetworkedContainer): Promise<TaskNetwork> {
    if (this.onHost.has(task.id))
      return {
        address: "127.0.0.1",
        namespacePath: null,
        hostPorts: [],
        resolver: null,
        nameservers: [],
        hostAddress: null,
      };
    const name = namespaceOf(task.id);
    if (!this.#attached.has(task.id)) {
      execFileSync("ip", ["netns", "add", name]);
      this.#attached.add(task.id);
    }
    const address = "192.0.2.10";
    return {
      address,
      namespacePath: `/run/netns/${name}`,
      hostPorts: this.hostPorts,
      resolver: null,
      nameservers: ["10.0.0.1"],
      hostAddress: null,
    };
  }

  async update(): Promise<null> {
    return null;
  }

  async detach(taskId: ContainerKey): Promise<void> {
    if (this.#attached.delete(taskId)) execFileSync("ip", ["netns", "delete", namespaceOf(taskId)]);
  }

  async repair(): Promise<readonly string[]> {
    return [];
  }

  async teardown(): Promise<void> {
    for (const taskId of this.namespaces) await this.detach(taskId);
  }
}

function namespaceOf(taskId: ContainerKey): string {
  return `swarm-test-${taskId.slice(0, 12)}`;
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

/** Everything until the end. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
