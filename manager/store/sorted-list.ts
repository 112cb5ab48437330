import { mustHave } from "../../shared/invariant.ts";

/**
 * Changes are merged at the latest when there are this many and one for each so many objects of the list, so that a
 * list that nobody reads stays small and no change costs more than some milliseconds.
 */
const UNMERGED_SLACK = 64;
const OBJECTS_PER_CHANGE = 64;

/**
 * Objects sorted by id, changed often and read often. Changes gather in a map and are merged when someone reads:
 * a commit of k changes costs one copy of the list and not a sort. Arrays once handed out never change.
 */
export class SortedList<T extends { readonly id: string }> {
  #sorted: readonly T[] = [];
  /** null = removed. */
  readonly #unmerged = new Map<string, T | null>();

  set(object: T): void {
    this.#unmerged.set(object.id, object);
    this.#maybeMerge();
  }

  remove(id: string): void {
    this.#unmerged.set(id, null);
    this.#maybeMerge();
  }

  all(): readonly T[] {
    if (this.#unmerged.size > 0) this.#merge();
    return this.#sorted;
  }

  #maybeMerge(): void {
    if (this.#unmerged.size > UNMERGED_SLACK + this.#sorted.length / OBJECTS_PER_CHANGE) this.#merge();
  }

  #merge(): void {
    this.#sorted = mergeSorted(this.#sorted, this.#unmerged);
    this.#unmerged.clear();
  }
}

/** The list with objects added, replaced and, where null, removed. It stays as it is itself. */
export function mergeSorted<T extends { readonly id: string }>(
  sorted: readonly T[],
  changed: ReadonlyMap<string, T | null>,
): readonly T[] {
  const changes = [...changed].sort(([a], [b]) => compareIds(a, b));
  return replaceAll(sorted, changes) ?? mergeAll(sorted, changes);
}

type Changes<T> = readonly (readonly [id: string, object: T | null])[];

/** The list with objects replaced in place, the common case; null when one is added or removed. */
function replaceAll<T extends { readonly id: string }>(sorted: readonly T[], changes: Changes<T>): readonly T[] | null {
  const copy = sorted.slice();
  let from = 0;
  for (const [id, object] of changes) {
    from = lowerBound(sorted, id, from);
    if (object === null || sorted[from]?.id !== id) return null;
    copy[from] = object;
  }
  return copy;
}

function mergeAll<T extends { readonly id: string }>(sorted: readonly T[], changes: Changes<T>): readonly T[] {
  const merged: T[] = [];
  let from = 0;
  for (const [id, object] of changes) {
    const at = lowerBound(sorted, id, from);
    for (let index = from; index < at; index++) merged.push(sorted[index] as T);
    if (object !== null) merged.push(object);
    from = sorted[at]?.id === id ? at + 1 : at;
  }
  for (let index = from; index < sorted.length; index++) merged.push(sorted[index] as T);
  return merged;
}

/** Order of code units, the same everywhere, unlike a locale's. */
export function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Position of the first element whose id is not below `id`. */
function lowerBound(sorted: readonly { readonly id: string }[], id: string, from: number): number {
  let low = from;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (mustHave(sorted[middle], "an element in range").id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
