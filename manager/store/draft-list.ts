import { mergeSorted } from "./sorted-list.ts";

/** Changes on top of a list of objects sorted by id: what is in flight, while the list itself stays as it is. */
export class DraftList<T extends { readonly id: string }> {
  /** null = not in the list. */
  readonly #drafts = new Map<string, T | null>();
  /** The list that was last asked for, and what it became: several readers of one moment share the work. */
  #base: readonly T[] | null = null;
  #merged: readonly T[] = [];

  get size(): number {
    return this.#drafts.size;
  }

  set(id: string, object: T | null): void {
    this.#drafts.set(id, object);
    this.#base = null;
  }

  delete(id: string): void {
    this.#drafts.delete(id);
    this.#base = null;
  }

  /** The list with the changes. Arrays once handed out never change. */
  over(base: readonly T[]): readonly T[] {
    if (this.#drafts.size === 0) return base;
    if (this.#base !== base) {
      this.#merged = mergeSorted(base, this.#drafts);
      this.#base = base;
    }
    return this.#merged;
  }
}
