import { messageOf, SwarmError } from "../../../shared/errors.ts";
import type { ContainerId, ContainerKey } from "../../../shared/ids.ts";
import { addressOf } from "../../../shared/ipv4.ts";
import type { Logger } from "../../../shared/log.ts";
import { createContainerId } from "../../../shared/objects/container-id.ts";
import { containerHostname } from "../../../shared/objects/hostname.ts";
import { pickName } from "../../../shared/objects/random-name.ts";
import type { Clock } from "../../../shared/ports/clock.ts";
import type { Random } from "../../../shared/ports/random.ts";
import type { ContainerConfig, OwnContainer } from "../../../shared/rpc/gen/containers.ts";
import type { PullPolicy } from "../../../shared/rpc/gen/images.ts";
import { parseLink } from "../../../shared/run-text/link.ts";
import type { ContainerExecutor } from "../../executor/container-executor.ts";
import { KeyedLock } from "../../executor/keyed-lock.ts";
import type { WantedContainer } from "../../executor/wanted-container.ts";
import { checkStorage } from "../../runtime/own-files.ts";
import { processArgs } from "../../runtime/process-spec.ts";
import type { EventLog } from "../events/event-log.ts";
import type { ContainerPlaces } from "../networks/container-places.ts";
import { checkConfig } from "./check-config.ts";
import type { ContainerBook } from "./container-book.ts";
import { ContainerLife } from "./container-life.ts";
import { type LinkedContainer, linkedBy, withoutLink } from "./links.ts";
import { checkContainerName } from "./reference.ts";
import { withVolumesFrom } from "./volumes-from.ts";
import { networkChoice, wantedOf } from "./wanted.ts";
import { withImage } from "./with-image.ts";

/** Containers that people of one host may have: each is a record in memory, and a process while it runs. */
export const OWN_CONTAINERS_MAX = 10_000;

export interface OwnContainersParts {
  readonly executor: ContainerExecutor;
  readonly book: ContainerBook;
  readonly events: EventLog;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Names of containers that are not people's own: of tasks. */
  readonly isNameTaken: (name: string) => boolean;
  /** Which container is meant, of any kind. @throws SwarmError notFound. */
  readonly keyOf: (ref: string) => ContainerKey;
  readonly places: ContainerPlaces;
  /** Where a container is on the predefined bridge; null = it is not, or does not run. */
  readonly addressOf: (key: ContainerKey) => { readonly cidr: string } | null;
}

/** The containers that people of this host made for themselves. */
export class OwnContainers implements AsyncDisposable {
  readonly #parts: OwnContainersParts;
  readonly #lives = new Map<ContainerId, ContainerLife>();
  readonly #names = new KeyedLock();
  readonly #closed = new AbortController();

  constructor(parts: OwnContainersParts) {
    this.#parts = parts;
  }

  /** At the daemon's start. Resolves when each is known; those that should run are looked after in the background. */
  async open(): Promise<void> {
    for (const stored of await this.#parts.book.load()) this.#add(stored);
    this.#parts.places.publish();
    for (const life of this.#lives.values()) {
      life.adopt().catch((error: unknown) => {
        if (this.#closed.signal.aborted) return;
        this.#parts.log.error("a container could not be taken up", { container: life.id, error: messageOf(error) });
      });
    }
  }

  all(): readonly ContainerLife[] {
    return [...this.#lives.values()];
  }

  get(key: ContainerKey): ContainerLife | undefined {
    return this.#lives.get(key as ContainerId);
  }

  /** Makes one that does not run yet. `onProgress` gets a few words about a pull. @throws SwarmError */
  async create(
    given: ContainerConfig,
    pull: PullPolicy,
    signal: AbortSignal,
    onProgress: (message: string) => void,
  ): Promise<ContainerLife> {
    const { executor, book, clock, random, keyOf, events, places } = this.#parts;
    const asked = withVolumesFrom(given, (ref) => this.#lifeOf(ref));
    checkConfig(asked);
    const config = await places.resolve(asked);
    if (config.name !== "") this.#refuseName(config.name);
    if (this.#lives.size >= OWN_CONTAINERS_MAX)
      throw new SwarmError("resourceExhausted", `this host has ${OWN_CONTAINERS_MAX} containers already`);
    const container = config.task?.container;
    if (!container) throw new SwarmError("invalidArgument", "a container needs an image");
    checkStorage(container, executor.limits);
    const image = await executor.image(
      container.image,
      { policy: pull === "PULL_DEFAULT" ? "PULL_MISSING" : pull, serviceId: "" },
      signal,
      onProgress,
    );
    const whole = withImage(config, image.config);
    const stored: OwnContainer = {
      ...BEFORE_ANYTHING,
      id: createContainerId(random),
      config: whole,
      imageId: image.id,
      createdAtMs: clock.wallNow(),
      command: [...processArgs(container, image.config)],
      imagePorts: [...image.config.exposedPorts],
    };
    // Refuses what cannot be resolved now, such as a container whose network it should share.
    wantedOf(stored, keyOf);
    for (const link of asked.links) this.#lifeOf(parseLink(link).container);
    return await this.#names.run("names", async () => {
      const name = config.name || pickName("container", random, (one) => this.#isTaken(one));
      this.#refuseName(name);
      const named = { ...stored, config: { ...whole, name } };
      await book.put(named);
      const life = this.#add(named);
      events.note("container", "create", life.id, { ...whole.task?.container?.labels, image: container.image, name });
      return life;
    });
  }

  /** @throws SwarmError invalidArgument, alreadyExists. */
  async rename(life: ContainerLife, name: string): Promise<void> {
    await this.#names.run("names", async () => {
      if (name === life.config.name) {
        const sentence = "Renaming a container with the same name as its current name";
        throw new SwarmError("invalidArgument", sentence);
      }
      this.#refuseName(name);
      await life.rename(name);
    });
  }

  /** @throws SwarmError notFound when it calls nothing so. */
  async unlink(life: ContainerLife, alias: string): Promise<void> {
    await life.update(withoutLink(life.config, alias), null);
    this.#parts.places.publish();
  }

  /** Stops looking after them; they run on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new SwarmError("cancelled", "the daemon is stopping"));
  }

  #add(stored: OwnContainer): ContainerLife {
    const { keyOf, ...parts } = this.#parts;
    const life = new ContainerLife(
      stored,
      { ...parts, wanted: (one) => this.#linked(wantedOf(one, keyOf)), onRemoved: (id) => this.#lives.delete(id) },
      this.#closed.signal,
    );
    this.#lives.set(life.id, life);
    return life;
  }

  /** With what it has of the containers that it is linked to. @throws SwarmError failedPrecondition. */
  #linked(wanted: WantedContainer): WantedContainer {
    const links = this.#lives.get(wanted.key as ContainerId)?.config.links ?? [];
    if (links.length === 0) return wanted;
    const all = links.map((link) => {
      const { container, alias } = parseLink(link);
      const life = this.#lifeOf(container);
      if (networkChoice(life.config).kind !== "bridge") {
        const sentence = `Cannot link to /${life.config.name}, as it does not belong to the default network`;
        throw new SwarmError("failedPrecondition", sentence);
      }
      const place = this.#parts.addressOf(life.id);
      if (place === null) {
        const sentence = `Cannot link to a non running container: /${life.config.name} AS /${wanted.name}/${alias}`;
        throw new SwarmError("failedPrecondition", sentence);
      }
      return linkedBy(wanted.name, alias, linkedContainer(life, addressOf(place.cidr)));
    });
    const { container } = wanted.spec;
    const hosts = [...container.hosts, ...all.flatMap((one) => one.hosts)];
    const env = [...container.env, ...all.flatMap((one) => one.env)];
    return { ...wanted, spec: { ...wanted.spec, container: { ...container, hosts, env } } };
  }

  /** @throws SwarmError notFound, failedPrecondition. */
  #lifeOf(ref: string): ContainerLife {
    const life = this.#lives.get(this.#parts.keyOf(ref) as ContainerId);
    if (life !== undefined) return life;
    throw new SwarmError("failedPrecondition", `container ${ref} belongs to a service, whose volumes are not lent`);
  }

  #refuseName(name: string): void {
    checkContainerName(name);
    const holder = this.all().find(({ config }) => config.name === name);
    if (holder === undefined && !this.#parts.isNameTaken(name)) return;
    throw new SwarmError(
      "alreadyExists",
      `Conflict. The container name "/${name}" is already in use by ${holder === undefined ? "a task" : `container "${holder.id}"`}. You have to remove (or rename) that container to be able to reuse that name.`,
    );
  }

  #isTaken(name: string): boolean {
    return this.#parts.isNameTaken(name) || this.all().some(({ config }) => config.name === name);
  }
}

function linkedContainer({ id, config, stored }: ContainerLife, address: string): LinkedContainer {
  const { hostname = "", env = [] } = config.task?.container ?? {};
  const ports = [...new Set([...stored.imagePorts, ...config.exposedPorts])];
  return { name: config.name, hostname: containerHostname(hostname, id), address, ports, env };
}

const BEFORE_ANYTHING: Omit<OwnContainer, "id" | "config" | "imageId" | "createdAtMs" | "command" | "imagePorts"> = {
  isWanted: false,
  isStopped: false,
  startedAtMs: 0,
  finishedAtMs: 0,
  exitCode: 0,
  error: "",
  outOfMemory: false,
  restarts: 0,
  isPaused: false,
  isRemoving: false,
  boundPorts: [],
  failures: 0,
  places: [],
};
