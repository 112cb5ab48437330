/** `extends`: a service over another one, of the same file or of another. */
import { ComposeError } from "./compose-error.ts";
import { EXTENDS_DEPTH_MAX } from "./limits.ts";
import { merged, withoutMarks } from "./merge.ts";
import type { Place } from "./place.ts";
import { type Mapping, mappingAt, type Tree, textAt, withEntry, withoutEntry } from "./tree.ts";

/** The services of another file. `place`: what names it. */
export type ServicesOf = (path: string, place: Place) => Promise<Mapping>;

interface Step {
  readonly file: string;
  readonly service: string;
}

export class Extending {
  readonly #file: string;
  readonly #document: Mapping;
  readonly #servicesOf: ServicesOf;

  constructor(file: string, document: Mapping, servicesOf: ServicesOf) {
    this.#file = file;
    this.#document = document;
    this.#servicesOf = servicesOf;
  }

  /** The document with every service whole. @throws ComposeError for services that extend each other in a circle. */
  async all(): Promise<Mapping> {
    const services = mappingAt(this.#document, "services");
    if (services === null) return this.#document;
    const entries = new Map<string, Tree>();
    for (const name of services.entries.keys()) {
      entries.set(name, await this.#whole({ file: this.#file, service: name }, services, []));
    }
    return withEntry(this.#document, "services", { ...services, entries });
  }

  async #whole(step: Step, services: Mapping, before: readonly Step[]): Promise<Tree> {
    const service = services.entries.get(step.service) as Tree;
    if (service.kind !== "mapping") return service;
    const extension = service.entries.get("extends");
    if (extension === undefined || extension.mark === "reset") return withoutEntry(service, "extends");
    const chain = [...before, step];
    const { place } = extension;
    if (before.some(({ file, service: other }) => file === step.file && other === step.service)) {
      const way = chain.map((one) => JSON.stringify(one.service)).join(" extends ");
      throw new ComposeError(place, `services.${step.service}.extends: services extend each other: ${way}`);
    }
    if (chain.length > EXTENDS_DEPTH_MAX) {
      throw new ComposeError(place, `services.${step.service}.extends: more than ${EXTENDS_DEPTH_MAX} in a row`);
    }
    const base = await this.#base(step, extension as Mapping, services, chain);
    // What the base takes away from others is not what this service takes away.
    const lower = withoutMarks(base);
    const upper = { ...withoutEntry(service, "extends"), mark: null };
    return { ...merged(lower, upper, ["services", step.service], "kept"), mark: service.mark };
  }

  async #base(step: Step, extension: Mapping, services: Mapping, chain: readonly Step[]): Promise<Tree> {
    const [name, path] = [textAt(extension, "service"), textAt(extension, "file")];
    if (name === null) throw new ComposeError(extension.place, `services.${step.service}.extends: has no "service"`);
    const others = path === null ? services : await this.#servicesOf(path, extension.place);
    if (!others.entries.has(name)) {
      const where = path === null ? "this file" : others.place.file;
      throw new ComposeError(
        extension.place,
        `services.${step.service}.extends: ${where} has no service ${JSON.stringify(name)}`,
      );
    }
    return await this.#whole({ file: path ?? step.file, service: name }, others, chain);
  }
}
