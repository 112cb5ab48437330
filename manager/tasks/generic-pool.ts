import type { GenericResource } from "../../shared/rpc/gen/objects.ts";

/**
 * The generic resources of one node that tasks have left. Only what is taken is counted: what is given away next
 * follows from the node and from what tasks have, not from the order in which they came.
 */
export class GenericPool {
  readonly #has: ReadonlyMap<string, GenericResource>;
  /** How many were taken of each kind that has no names, and how often each name of the others. */
  readonly #taken = new Map<string, number>();

  constructor(has: readonly GenericResource[]) {
    this.#has = new Map(has.map((resource) => [resource.kind, resource]));
  }

  /** Whether the given number of a kind is free, with those that are asked for by name among them. */
  fits({ kind, value, names: wanted }: GenericResource): boolean {
    const names = this.#names(kind);
    if (names === null) return wanted.length === 0 && value <= this.#freeNumber(kind);
    const free = names.filter((name) => this.#isFree(kind, name));
    return value <= free.length && wanted.every((name) => free.includes(name));
  }

  /** What to give for a request that fits: that many, by name if they have names. Nothing is taken yet. */
  pick({ kind, value, names: wanted }: GenericResource): GenericResource {
    const names = this.#names(kind) ?? [];
    const free = names.filter((name) => this.#isFree(kind, name));
    const others = free.filter((name) => !wanted.includes(name)).slice(0, Math.max(0, value - wanted.length));
    // In the host's order, as if nothing had been asked for by name.
    return { kind, value, names: free.filter((name) => wanted.includes(name) || others.includes(name)) };
  }

  /** Whether what was given is available here, or still is, name by name. */
  holds({ kind, value, names }: GenericResource): boolean {
    const has = this.#names(kind);
    if (has === null) return names.length === 0 && value <= this.#freeNumber(kind);
    return names.length === value && names.every((name) => has.includes(name) && this.#isFree(kind, name));
  }

  take(given: GenericResource): void {
    this.#count(given, 1);
  }

  /** Gives back what was taken. */
  release(given: GenericResource): void {
    this.#count(given, -1);
  }

  #count({ kind, value, names }: GenericResource, by: 1 | -1): void {
    if (this.#names(kind) === null) this.#add(keyOf(kind), by * value);
    else for (const name of names) this.#add(keyOf(kind, name), by);
  }

  #add(key: string, by: number): void {
    const count = (this.#taken.get(key) ?? 0) + by;
    if (count === 0) this.#taken.delete(key);
    else this.#taken.set(key, count);
  }

  /** null = they are counted and have no names. */
  #names(kind: string): readonly string[] | null {
    const names = this.#has.get(kind)?.names ?? [];
    return names.length === 0 ? null : names;
  }

  #freeNumber(kind: string): number {
    return (this.#has.get(kind)?.value ?? 0) - (this.#taken.get(keyOf(kind)) ?? 0);
  }

  #isFree(kind: string, name: string): boolean {
    return (this.#taken.get(keyOf(kind, name)) ?? 0) === 0;
  }
}

const keyOf = (kind: string, name = ""): string => JSON.stringify([kind, name]);
