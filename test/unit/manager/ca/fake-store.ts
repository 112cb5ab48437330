import type { ReadView, Store, WriteTx } from "../../../../manager/store/store-types.ts";
import { SwarmError } from "../../../../shared/errors.ts";
import { mustHave } from "../../../../shared/invariant.ts";
import { type Cluster, OBJECT_KINDS, type ObjectKind, type ObjectKinds } from "../../../../shared/objects/types.ts";

/** A store of maps that commits at once; `beforeCommit` lets a test slip a change in between. */
export class FakeStore implements Store {
  readonly #tables = new Map<ObjectKind, Map<string, { readonly id: string }>>(
    OBJECT_KINDS.map((kind) => [kind, new Map()]),
  );
  leading = true;
  beforeCommit: (() => void) | null = null;

  put<Kind extends ObjectKind>(kind: Kind, object: ObjectKinds[Kind]): void {
    this.#table(kind).set(object.id, object);
  }

  view(): ReadView {
    return this.#tx();
  }

  async update<T>(_label: string, change: (tx: WriteTx) => T): Promise<T> {
    if (!this.leading) throw new SwarmError("unavailable", "this manager does not lead");
    this.beforeCommit?.();
    return change(this.#tx());
  }

  subscribe(): Disposable {
    return { [Symbol.dispose]: () => {} };
  }

  #table<Kind extends ObjectKind>(kind: Kind): Map<string, ObjectKinds[Kind]> {
    return mustHave(this.#tables.get(kind), kind) as unknown as Map<string, ObjectKinds[Kind]>;
  }

  #tx(): WriteTx {
    return {
      version: 1,
      isFull: false,
      get: (kind, id) => this.#table(kind).get(id),
      all: (kind) => [...this.#table(kind).values()],
      byName: () => undefined,
      referring: () => [],
      tasksOfService: () => [],
      tasksOfNode: () => [],
      referred: () => [],
      cluster: () => mustHave(this.#table("cluster").values().next().value as Cluster | undefined, "cluster"),
      create: (kind, object) => this.put(kind, object),
      update: (kind, object) => this.put(kind, object),
      remove: (kind, id) => void this.#table(kind).delete(id),
    };
  }
}
