import type { LogIndex } from "../../raft/ids.ts";
import type { StateMachine } from "../../raft/raft-handle.ts";
import { invariant, mustHave } from "../../shared/invariant.ts";
import { perKind } from "../../shared/objects/kinds.ts";
import { OBJECT_KINDS, type ObjectKind, type ObjectKinds } from "../../shared/objects/types.ts";
import { decodeEntry, type EntryHead, type StoreAction } from "./change-codec.ts";
import { checkReplacement, deepFreeze, stamped } from "./rules.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot-codec.ts";
import type { Change, Commit, ReadView } from "./store-types.ts";
import { Tables } from "./tables.ts";

export interface StoreMachineOptions {
  /** Freezes every object. For tests: in production it would cost time on each write. */
  readonly freeze: boolean;
  /** What it begins with instead of nothing: measurements of large states are spared the way through a log. */
  readonly tables?: Tables;
}

/** What an entry did; `sequence` is the entry's own, or null after a restored snapshot. */
export interface Applied {
  readonly sequence: number | null;
  readonly commit: Commit;
}

/**
 * The store as Raft drives it: every manager applies the same entries and so has the same objects.
 *
 * Invariants: (1) the state is a function of the entries alone, without clock or randomness; (2) an entry is applied as
 * a whole, or refused as a whole because its sequence number is not the next one; (3) `sequence` counts the entries not
 * refused.
 */
export class StoreMachine implements StateMachine {
  readonly #freeze: boolean;
  readonly #listeners = new Set<(applied: Applied) => void>();
  #tables: Tables;
  #sequence = 0;

  constructor(options: StoreMachineOptions) {
    this.#freeze = options.freeze;
    this.#tables = options.tables ?? new Tables();
  }

  /** How many entries were applied so far. */
  get sequence(): number {
    return this.#sequence;
  }

  view(): ReadView {
    return this.#tables;
  }

  /** Called synchronously after each entry, except refused ones, in the order of subscription. */
  subscribe(listener: (applied: Applied) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** @throws InvariantError when an action cannot apply: the leader has checked that it can. */
  apply(index: LogIndex, data: Uint8Array): void {
    invariant(index > this.#tables.version, () => `entry ${index} is applied after ${this.#tables.version}`);
    const entry = decodeEntry(data);
    this.#tables.version = index;
    if (entry.sequence !== this.#sequence) return;
    this.#sequence++;
    const changes = entry.actions.map((action) => this.#applyAction(index, entry, action));
    this.#publish({ sequence: entry.sequence, commit: { version: index, changes, resync: false } });
  }

  snapshot(): Iterable<Uint8Array> {
    // These lists never change once handed out, so freezing the state costs next to nothing.
    return encodeSnapshot({ sequence: this.#sequence, objects: perKind((kind) => this.#tables.all(kind)) });
  }

  *restore(index: LogIndex, data: Uint8Array): Generator<void> {
    const tables = new Tables();
    tables.version = index;
    let sequence = 0;
    for (const part of decodeSnapshot(data)) {
      for (const kind of OBJECT_KINDS) {
        for (const object of part.objects[kind]) tables.put(kind, this.#freeze ? deepFreeze(object) : object);
      }
      sequence += part.sequence;
      yield;
    }
    this.#tables = tables;
    this.#sequence = sequence;
    this.#publish({ sequence: null, commit: { version: index, changes: [], resync: true } });
  }

  #applyAction(index: LogIndex, head: EntryHead, action: StoreAction): Change {
    const { kind } = action;
    if (action.action === "remove") {
      const object = mustHave(this.#tables.get(kind, action.id), `${kind} ${action.id}, to be removed`);
      this.#tables.remove(kind, action.id);
      return { kind, action: "remove", object, old: object } as Change;
    }
    const old = this.#tables.get(kind, action.object.id);
    const id = action.object.id;
    if (action.action === "create") invariant(old === undefined, () => `${kind} ${id} is created twice`);
    else checkReplacement(kind, mustHave(old, `${kind} ${id}, to be updated`), action.object);
    const meta = {
      version: index,
      createdAtMs: old?.meta.createdAtMs ?? head.proposedAtMs,
      updatedAtMs: head.proposedAtMs,
    };
    const written: ObjectKinds[ObjectKind] = stamped(kind, action.object, old ?? null, meta);
    const object = this.#freeze ? deepFreeze(written) : written;
    this.#tables.put(kind, object);
    return { kind, action: action.action, object, old: old ?? null } as Change;
  }

  #publish(applied: Applied): void {
    for (const listener of this.#listeners) listener(applied);
  }
}
