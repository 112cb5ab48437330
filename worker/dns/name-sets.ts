import { normalName } from "./names.ts";

/** Who bears which name; several may bear one. */
export class NameSets<Id extends string> {
  readonly #bearers = new Map<string, Set<Id>>();

  bearersOf(name: string): ReadonlySet<Id> {
    return this.#bearers.get(name) ?? NOBODY;
  }

  add(names: readonly string[], id: Id): void {
    for (const name of names.map(normalName)) {
      const bearers = this.#bearers.get(name);
      if (bearers === undefined) this.#bearers.set(name, new Set([id]));
      else bearers.add(id);
    }
  }

  remove(names: readonly string[], id: Id): void {
    for (const name of names.map(normalName)) {
      const bearers = this.#bearers.get(name);
      bearers?.delete(id);
      if (bearers?.size === 0) this.#bearers.delete(name);
    }
  }
}

const NOBODY: ReadonlySet<never> = new Set<never>();
