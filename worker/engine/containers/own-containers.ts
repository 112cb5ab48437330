import { messageOf, SwarmError } from "../../../shared/errors.ts";
import type { ContainerId, ContainerKey } from "../../../shared/ids.ts";
import type { Logger } from "../../../shared/log.ts";
import { createContainerId } from "../../../shared/objects/container-id.ts";
import { pickName } from "../../../shared/objects/random-name.ts";
import type { Clock } from "../../../shared/ports/clock.ts";
import type { Random } from "../../../shared/ports/random.ts";
import type { ContainerConfig, OwnContainer } from "../../../shared/rpc/gen/containers.ts";
import type { PullPolicy } from "../../../shared/rpc/gen/images.ts";
import type { ContainerExecutor } from "../../executor/container-executor.ts";
import { KeyedLock } from "../../executor/keyed-lock.ts";
import { processArgs } from "../../runtime/process-spec.ts";
import type { EventLog } from "../events/event-log.ts";
import type { ContainerPlaces } from "../networks/container-places.ts";
import { checkConfig } from "./check-config.ts";
import type { ContainerBook } from "./container-book.ts";
import { ContainerLife } from "./container-life.ts";
import { checkContainerName } from "./reference.ts";
import { withVolumesFrom } from "./volumes-from.ts";
import { wantedOf } from "./wanted.ts";
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

  /** Stops looking after them; they run on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new SwarmError("cancelled", "the daemon is stopping"));
  }

  #add(stored: OwnContainer): ContainerLife {
    const { keyOf, ...parts } = this.#parts;
    const life = new ContainerLife(
      stored,
      { ...parts, wanted: (one) => wantedOf(one, keyOf), onRemoved: (id) => this.#lives.delete(id) },
      this.#closed.signal,
    );
    this.#lives.set(life.id, life);
    return life;
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
