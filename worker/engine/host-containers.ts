import type { ContainerId, ContainerKey, TaskId } from "../../shared/ids.ts";
import type { Logger } from "../../shared/log.ts";
import { containerIdOf } from "../../shared/objects/container-id.ts";
import { taskName } from "../../shared/objects/task-name.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { OwnContainer } from "../../shared/rpc/gen/containers.ts";
import type { RpcHandlers } from "../../shared/rpc/handler.ts";
import type { services } from "../../shared/rpc/schema.ts";
import type { ContainerExecutor } from "../executor/container-executor.ts";
import type { ContainerLookup } from "../executor/container-lookup.ts";
import { TaskContainers } from "../executor/task-containers.ts";
import type { ImageUser } from "../images/image-keeper.ts";
import type { CommandRunner } from "../ports/command-runner.ts";
import type { GuestKeeper } from "../ports/guest-keeper.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { ListenersInside } from "../ports/listeners-inside.ts";
import { BuildCells } from "./builds/build-cells.ts";
import { type AttachTarget, attachTarget } from "./containers/attach-target.ts";
import { committedOf } from "./containers/committed.ts";
import type { ContainerBook } from "./containers/container-book.ts";
import type { DescribeParts } from "./containers/describe.ts";
import { containerHandlers, knownContainers, lifeOf } from "./containers/handlers.ts";
import { HostLookup } from "./containers/host-lookup.ts";
import { OwnContainers } from "./containers/own-containers.ts";
import { findContainer } from "./containers/reference.ts";
import { imageUsersAmong, volumeUsersAmong, withUnrecorded } from "./containers/uses.ts";
import type { EventLog } from "./events/event-log.ts";
import type { CommittedContainer } from "./images/commit-config.ts";
import { ContainerPlaces, type ContainerPlacesParts } from "./networks/container-places.ts";
import { endpointNames } from "./networks/endpoint-names.ts";
import type { LocalNetworkBook } from "./networks/local-network-book.ts";
import { LocalNetworks, type LocalNetworksParts } from "./networks/local-networks.ts";
import { networkHandlers } from "./networks/network-handlers.ts";
import { SwarmPlaces } from "./networks/swarm-places.ts";
import type { VolumeUser } from "./volumes/volume-book.ts";

export interface HostContainersParts extends Pick<DescribeParts, "addressOf" | "networkName" | "host"> {
  readonly networkBook: LocalNetworkBook;
  readonly networks: Pick<LocalNetworksParts, "takenBlocks" | "onTables"> & Pick<ContainerPlacesParts, "onNames">;
  readonly executor: ContainerExecutor;
  readonly files: HostFiles;
  readonly commands: CommandRunner;
  readonly book: ContainerBook;
  readonly events: EventLog;
  readonly clock: Clock;
  readonly listenersInside: ListenersInside;
  readonly random: Random;
  readonly log: Logger;
  /** Holds what belongs to builds while they are under way. */
  readonly buildsDirectory: string;
}

/** All containers of a host: those of its tasks, if it is in a swarm, and people's own, in any case. */
export class HostContainers implements AsyncDisposable {
  readonly own: OwnContainers;
  /** For the agent of a swarm: only what belongs to tasks. */
  readonly tasks: TaskContainers;
  readonly handlers: RpcHandlers<typeof services.containers>;
  /** Finds what people mean, those too that have never been started. */
  readonly lookup: ContainerLookup;
  readonly networkHandlers: RpcHandlers<typeof services.networks>;
  /** What builds run their steps in. */
  readonly builds: BuildCells;
  /** Tells leaders which own containers are on networks of the swarm. */
  readonly guests: GuestKeeper;
  readonly #networks: LocalNetworks;
  readonly #events: EventLog;
  readonly #executor: ContainerExecutor;
  readonly #files: HostFiles;
  readonly #places: ContainerPlaces;
  #tasksNow: () => readonly Task[] = () => [];

  constructor(parts: HostContainersParts) {
    const { executor, events } = parts;
    this.#events = events;
    this.#executor = executor;
    this.#files = parts.files;
    const tasks = (): readonly Task[] => this.#tasksNow();
    this.#networks = new LocalNetworks({
      ...{ ...parts, ...parts.networks, book: parts.networkBook },
      usersOf: (networkId) => places.usersOf(networkId),
    });
    const isInSwarm = (): boolean => parts.host().nodeId !== "";
    const swarm = new SwarmPlaces({ ...parts, isInSwarm, namesOf: (...place) => this.#namesOf(...place) });
    this.guests = swarm;
    const places = new ContainerPlaces({
      ...{ networks: this.#networks, swarm, isInSwarm },
      containers: () => [...this.#storedOnes(), ...this.builds.stored()],
      onNames: parts.networks.onNames,
      events,
    });
    this.#places = places;
    this.builds = new BuildCells({ ...parts, places, cells: executor.cells, directory: parts.buildsDirectory });
    this.own = new OwnContainers({
      ...{ ...parts, places },
      isNameTaken: (name) => tasks().some((task) => taskName(task) === name),
      keyOf: (ref) => findContainer(this.#known(), ref).key,
    });
    const listening = { clock: parts.clock, inside: parts.listenersInside };
    this.tasks = new TaskContainers(executor, (...event) => this.#noteOfTask(...event), listening);
    this.lookup = new HostLookup(executor.lookup, this.own, (key) => executor.paths(key));
    const handlersParts = {
      ...{ ...parts, own: this.own, tasks },
      placesOf: (stored: OwnContainer) => places.describe(stored),
    };
    this.handlers = containerHandlers(handlersParts);
    this.networkHandlers = networkHandlers({
      ...{ networks: this.#networks, places },
      lifeOf: (ref) => lifeOf(handlersParts, ref),
    });
  }

  /** At the daemon's start. Resolves when each is known; those that should run are looked after in the background. */
  async open(): Promise<void> {
    await this.#networks.open();
    await this.own.open();
  }

  /** A container as an image can be made of it. @throws SwarmError notFound, or invalidArgument for several. */
  committed(ref: string): Promise<CommittedContainer> {
    const tasks = (): readonly Task[] => this.#tasksNow();
    const parts = { own: this.own, executor: this.#executor, files: this.#files, tasks };
    return committedOf(findContainer(this.#known(), ref), parts);
  }

  /** The host has become a node with these tasks, or is none any more. */
  setTasks(tasks: () => readonly Task[]): void {
    this.#tasksNow = tasks;
  }

  /** The host is about to leave its swarm: own containers run on, without its networks. */
  async leaveSwarm(): Promise<void> {
    for (const life of this.own.all()) {
      if (life.config.endpoints.some(({ swarmNetwork }) => swarmNetwork !== ""))
        await life.move((config) => this.#places.withoutSwarm(config));
    }
  }

  /** How many have a first process that runs and is not paused, as the host itself says of those of tasks. */
  async runningCount(): Promise<number> {
    const ofTasks = this.#tasksNow().filter(({ id }) => this.#executor.record(id) !== null);
    const facts = await Promise.all(ofTasks.map(({ id }) => this.#executor.inspect(id)));
    const own = this.own.all().filter(({ state }) => state === "RUNNING");
    return own.length + facts.filter(({ kind }) => kind === "running").length;
  }

  /** Services with tasks on this host, whatever their state. */
  serviceIds(): ReadonlySet<string> {
    return new Set(this.#tasksNow().map(({ serviceId }) => serviceId));
  }

  /** All containers that have a volume, or would have it again. */
  usersOfVolume(name: string): readonly VolumeUser[] {
    return withUnrecorded(this.#executor.volumes.usersOf(name), volumeUsersAmong(this.#storedOnes(), name));
  }

  /** All containers that were made from an image, or would be again. */
  imageUsers(): readonly ImageUser[] {
    return withUnrecorded(this.#executor.imageUsers(), imageUsersAmong(this.#storedOnes()));
  }

  /** What somebody means who attaches. @throws SwarmError notFound, or invalidArgument when several match. */
  async attachTarget(ref: string): Promise<AttachTarget> {
    const { own } = this;
    return await attachTarget({ own, executor: this.#executor, tasks: () => this.#tasksNow() }, ref);
  }

  /** Something happened to a container beside its life: `note(KEY, "health_status: healthy")`. */
  note(key: ContainerKey, action: string, attributes: Readonly<Record<string, string>> = {}): void {
    const life = this.own.get(key as ContainerId);
    if (life === undefined) {
      this.#noteOfTask(key as TaskId, action, attributes);
      return;
    }
    const { task, name } = life.config;
    const { labels = {}, image = "" } = task?.container ?? {};
    this.#events.note("container", action, life.id, { ...labels, image, name, ...attributes });
  }

  /** Stops looking after people's containers; they run on. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.own[Symbol.asyncDispose]();
  }

  #known(): ReturnType<typeof knownContainers> {
    return knownContainers({ own: this.own, executor: this.#executor, tasks: () => this.#tasksNow() });
  }

  #namesOf(containerId: string, networkId: string): readonly string[] {
    const config = this.own.get(containerId as ContainerId)?.config;
    const endpoint = config?.endpoints.find(({ network }) => network === networkId);
    return config === undefined || endpoint === undefined
      ? [containerId]
      : endpointNames(config, containerId, endpoint);
  }

  #storedOnes(): readonly OwnContainer[] {
    return this.own.all().map(({ stored }) => stored);
  }

  #noteOfTask(taskId: TaskId, action: string, attributes: Readonly<Record<string, string>> = {}): void {
    const task = this.#tasksNow().find(({ id }) => id === taskId);
    const about = task === undefined ? {} : aboutTask(task);
    this.#events.note("container", action, containerIdOf(taskId), { ...about, ...attributes });
  }
}

function aboutTask(task: Task): Readonly<Record<string, string>> {
  const { labels, image } = task.spec.container;
  return { ...labels, "com.docker.swarm.task.id": task.id, image, name: taskName(task) };
}
