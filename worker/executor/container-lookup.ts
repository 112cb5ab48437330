import { SwarmError } from "../../shared/errors.ts";
import type { ContainerId, ContainerKey } from "../../shared/ids.ts";
import { containerIdOf } from "../../shared/objects/container-id.ts";
import type { ContainerFact } from "../ports/task-executor.ts";
import { type ContainerPaths, containerPaths, type SharedPaths } from "../runtime/container-paths.ts";
import type { ContainerFacts } from "./container-facts.ts";
import type { ContainerRecords } from "./container-records.ts";

/** A container of this host, whoever made it. */
export interface KnownContainer {
  readonly key: ContainerKey;
  readonly id: ContainerId;
  /** SERVICE.SLOT.TASK, or as people chose. */
  readonly name: string;
  readonly paths: ContainerPaths;
}

/** How the services of the engine find the containers that people mean. */
export interface ContainerLookup {
  /**
   * By id, name, SERVICE.SLOT, the task's id, or a unique prefix of the id or the task's id.
   * @throws SwarmError notFound, or invalidArgument when several match.
   */
  find(ref: string): Promise<KnownContainer>;
  /** Like `find`, and it runs. @throws SwarmError failedPrecondition when it does not. */
  findRunning(ref: string): Promise<KnownContainer & { readonly pid: number }>;
  all(): readonly KnownContainer[];
  inspect(key: ContainerKey): Promise<ContainerFact>;
}

/** Looks in the executor's records. */
export class RecordedContainers implements ContainerLookup {
  readonly #shared: SharedPaths;
  readonly #records: ContainerRecords;
  readonly #facts: ContainerFacts;

  constructor(shared: SharedPaths, records: ContainerRecords, facts: ContainerFacts) {
    this.#shared = shared;
    this.#records = records;
    this.#facts = facts;
  }

  async find(ref: string): Promise<KnownContainer> {
    const all = this.all();
    const exact = all.find(({ key, id, name }) => key === ref || id === ref || name === ref);
    if (exact !== undefined) return exact;
    const inSlot = all.filter(({ name }) => slotOf(name) === ref);
    if (inSlot.length > 0) return await this.#runningOf(inSlot);
    const matches = ref === "" ? [] : all.filter(({ key, id }) => id.startsWith(ref) || key.startsWith(ref));
    const [match, second] = matches;
    if (match === undefined) throw new SwarmError("notFound", `No such container: ${ref}`);
    if (second === undefined) return match;
    const sentence = `container ${ref} is ambiguous (${matches.length} matches found): give its whole id or name`;
    throw new SwarmError("invalidArgument", sentence);
  }

  async findRunning(ref: string): Promise<KnownContainer & { readonly pid: number }> {
    const found = await this.find(ref);
    const fact = await this.inspect(found.key);
    if (fact.kind === "running") return { ...found, pid: fact.pid };
    throw new SwarmError("failedPrecondition", `container ${found.name} is not running`);
  }

  all(): readonly KnownContainer[] {
    return this.#records.all().map(({ key, name }) => ({
      key,
      id: containerIdOf(key),
      name,
      paths: containerPaths(this.#shared, key),
    }));
  }

  inspect(key: ContainerKey): Promise<ContainerFact> {
    return this.#facts.inspect(key);
  }

  /** Of the containers that a slot had here, the one that runs, or else any. */
  async #runningOf(containers: readonly KnownContainer[]): Promise<KnownContainer> {
    const facts = await Promise.all(containers.map(({ key }) => this.inspect(key)));
    const at = facts.findIndex(({ kind }) => kind === "running");
    return containers[Math.max(0, at)] as KnownContainer;
  }
}

/** SERVICE.SLOT of a task's container. */
function slotOf(name: string): string | null {
  return /^(.+\..+)\.[a-z0-9]{25}$/.exec(name)?.[1] ?? null;
}
