import type { GenericResource } from "../../shared/rpc/gen/objects.ts";

/** The generic resources of one node that tasks have left. Only deciding code holds one, while it decides. */
export class GenericPool {
  /** How many are free, or which ones where each has a name. */
  readonly #free = new Map<string, number | Set<string>>();

  constructor(has: readonly GenericResource[]) {
    for (const { kind, value, names } of has) this.#free.set(kind, names.length === 0 ? value : new Set(names));
  }

  /** Whether the given number of a kind is free. */
  fits({ kind, value }: GenericResource): boolean {
    const free = this.#free.get(kind) ?? 0;
    return value <= (typeof free === "number" ? free : free.size);
  }

  /** What to give for a request that fits: that many, by name if they have names. Nothing is taken yet. */
  pick({ kind, value }: GenericResource): GenericResource {
    const free = this.#free.get(kind) ?? 0;
    return { kind, value, names: typeof free === "number" ? [] : [...free].slice(0, value) };
  }

  /** Whether what was given is available here, or still is, name by name. */
  holds({ kind, value, names }: GenericResource): boolean {
    const free = this.#free.get(kind) ?? 0;
    if (typeof free === "number") return names.length === 0 && value <= free;
    return names.length === value && names.every((name) => free.has(name));
  }

  take({ kind, value, names }: GenericResource): void {
    const free = this.#free.get(kind) ?? 0;
    if (typeof free === "number") this.#free.set(kind, free - value);
    else for (const name of names) free.delete(name);
  }
}
