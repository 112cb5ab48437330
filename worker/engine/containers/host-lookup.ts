import { SwarmError } from "../../../shared/errors.ts";
import type { ContainerKey } from "../../../shared/ids.ts";
import type { ContainerLookup, KnownContainer } from "../../executor/container-lookup.ts";
import type { ContainerFact } from "../../ports/task-executor.ts";
import type { ContainerPaths } from "../../runtime/container-paths.ts";
import type { OwnContainers } from "./own-containers.ts";

/**
 * The containers that the executor has records of, and people's own ones that it has none of: those that nobody has
 * started yet, or not since the host did.
 */
export class HostLookup implements ContainerLookup {
  readonly #recorded: ContainerLookup;
  readonly #own: Pick<OwnContainers, "all">;
  readonly #pathsOf: (key: ContainerKey) => ContainerPaths;

  constructor(
    recorded: ContainerLookup,
    own: Pick<OwnContainers, "all">,
    pathsOf: (key: ContainerKey) => ContainerPaths,
  ) {
    this.#recorded = recorded;
    this.#own = own;
    this.#pathsOf = pathsOf;
  }

  async find(given: string): Promise<KnownContainer> {
    const ref = given.startsWith("/") ? given.slice(1) : given;
    const unrecorded = this.#unrecorded();
    const exact = unrecorded.find(({ id, name }) => id === ref || name === ref);
    if (exact !== undefined) return exact;
    const begins = /^[0-9a-f]+$/.test(ref) ? unrecorded.filter(({ id }) => id.startsWith(ref)) : [];
    try {
      const found = await this.#recorded.find(ref);
      const isWhole = found.id === ref || found.key === ref || found.name === ref;
      if (isWhole || begins.length === 0 || !found.id.startsWith(ref)) return found;
    } catch (error) {
      if (!(error instanceof SwarmError) || error.code !== "notFound") throw error;
      if (begins[0] === undefined) throw error;
      if (begins.length === 1) return begins[0];
    }
    throw new SwarmError("invalidArgument", `container ${ref} is ambiguous: give its whole id or name`);
  }

  async findRunning(ref: string): Promise<KnownContainer & { readonly pid: number }> {
    const found = await this.find(ref);
    const fact = await this.inspect(found.key);
    if (fact.kind === "running") return { ...found, pid: fact.pid };
    throw new SwarmError("failedPrecondition", `container ${found.name} is not running`);
  }

  all(): readonly KnownContainer[] {
    return [...this.#recorded.all(), ...this.#unrecorded()];
  }

  inspect(key: ContainerKey): Promise<ContainerFact> {
    return this.#recorded.inspect(key);
  }

  #unrecorded(): readonly KnownContainer[] {
    const known = new Set(this.#recorded.all().map(({ key }) => key));
    return this.#own
      .all()
      .filter(({ id }) => !known.has(id))
      .map(({ id, config }) => ({ key: id, id, name: config.name, paths: this.#pathsOf(id) }));
  }
}
