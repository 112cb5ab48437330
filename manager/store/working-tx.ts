import { SwarmError } from "../../shared/errors.ts";
import type { NodeId, ServiceId } from "../../shared/ids.ts";
import { invariant } from "../../shared/invariant.ts";
import { KINDS } from "../../shared/objects/kinds.ts";
import type { Cluster, ObjectKind, ObjectKinds, Task } from "../../shared/objects/types.ts";
import { encodeAction, type StoreAction } from "./change-codec.ts";
import { STORE_ACTIONS_FULL, STORE_ACTIONS_MAX, STORE_BYTES_FULL, STORE_BYTES_MAX } from "./limits.ts";
import { checkReplacement, deepFreeze, stamped } from "./rules.ts";
import type { WriteTx } from "./store-types.ts";
import type { Draft, WorkingTables, Write } from "./working-tables.ts";

export interface WorkingTxOptions {
  readonly label: string;
  /** The leader's clock, for the meta data of objects in flight. */
  readonly nowMs: number;
  readonly freeze: boolean;
}

/** A transaction that writes to the working tables at once, and can undo everything. */
export class WorkingTx implements WriteTx {
  readonly writes: Write[] = [];
  readonly encoded: Uint8Array[] = [];
  readonly #tables: WorkingTables;
  /** For each write the draft that it took the place of. */
  readonly #replaced: (Draft | undefined)[] = [];
  readonly #options: WorkingTxOptions;
  #bytes = 0;
  #open = true;

  constructor(tables: WorkingTables, options: WorkingTxOptions) {
    this.#tables = tables;
    this.#options = options;
  }

  get nowMs(): number {
    return this.#options.nowMs;
  }

  get version(): number {
    return this.#usable().version;
  }

  get isFull(): boolean {
    return this.writes.length >= STORE_ACTIONS_FULL || this.#bytes >= STORE_BYTES_FULL;
  }

  get<Kind extends ObjectKind>(kind: Kind, id: string): ObjectKinds[Kind] | undefined {
    return this.#usable().get(kind, id);
  }

  all<Kind extends ObjectKind>(kind: Kind): readonly ObjectKinds[Kind][] {
    return this.#usable().all(kind);
  }

  byName<Kind extends ObjectKind>(kind: Kind, name: string): ObjectKinds[Kind] | undefined {
    return this.#usable().byName(kind, name);
  }

  referring<Kind extends ObjectKind>(kind: Kind, to: ObjectKind, id: string): readonly ObjectKinds[Kind][] {
    return this.#usable().referring(kind, to, id);
  }

  referred(kind: ObjectKind, to: ObjectKind): Iterable<string> {
    return this.#usable().referred(kind, to);
  }

  tasksOfService(serviceId: ServiceId): readonly Task[] {
    return this.#usable().tasksOfService(serviceId);
  }

  tasksOfNode(nodeId: NodeId): readonly Task[] {
    return this.#usable().tasksOfNode(nodeId);
  }

  cluster(): Cluster {
    return this.#usable().cluster();
  }

  create<Kind extends ObjectKind>(kind: Kind, object: ObjectKinds[Kind]): void {
    const taken = this.#usable().get(kind, object.id);
    if (taken !== undefined) throw new SwarmError("alreadyExists", `${kind} ${object.id} already exists`);
    this.#checkName(kind, object);
    this.#write({ kind, action: "create", object } as StoreAction, null);
  }

  update<Kind extends ObjectKind>(kind: Kind, object: ObjectKinds[Kind]): void {
    const old = this.#usable().get(kind, object.id);
    if (old === undefined) throw new SwarmError("notFound", `${kind} ${object.id} not found`);
    checkReplacement(kind, old, object);
    this.#checkName(kind, object);
    this.#write({ kind, action: "update", object } as StoreAction, old);
  }

  remove(kind: ObjectKind, id: string): void {
    const old = this.#usable().get(kind, id);
    if (old === undefined) throw new SwarmError("notFound", `${kind} ${id} not found`);
    this.#write({ kind, action: "remove", id }, old);
  }

  /** The transaction is over; using it after this is a bug. */
  close(): void {
    this.#open = false;
  }

  /** Undoes all writes, last first. */
  undo(): void {
    for (const write of this.writes.toReversed()) this.#tables.undo(write, this.#replaced.pop());
    this.writes.length = 0;
  }

  #write(action: StoreAction, before: ObjectKinds[ObjectKind] | null): void {
    const bytes = encodeAction(action);
    this.#checkSize(bytes.byteLength);
    this.encoded.push(bytes);
    this.#bytes += bytes.byteLength;
    const { kind } = action;
    if (action.action === "remove") {
      this.#note({ kind, id: action.id, before, after: null });
      return;
    }
    const { nowMs, freeze } = this.#options;
    const meta = { version: 0, createdAtMs: before?.meta.createdAtMs ?? nowMs, updatedAtMs: nowMs };
    const written: ObjectKinds[ObjectKind] = stamped(kind, action.object, before, meta);
    const after = freeze ? deepFreeze(written) : written;
    this.#note({ kind, id: after.id, before, after });
  }

  #note(write: Write): void {
    this.#replaced.push(this.#tables.write(write));
    this.writes.push(write);
  }

  #checkSize(moreBytes: number): void {
    const { label } = this.#options;
    if (this.writes.length >= STORE_ACTIONS_MAX) {
      throw new SwarmError(
        "resourceExhausted",
        `${label}: a transaction may change at most ${STORE_ACTIONS_MAX} objects`,
      );
    }
    if (this.#bytes + moreBytes > STORE_BYTES_MAX) {
      throw new SwarmError("resourceExhausted", `${label}: a transaction may hold at most ${STORE_BYTES_MAX} bytes`);
    }
  }

  #checkName<Kind extends ObjectKind>(kind: Kind, object: ObjectKinds[Kind]): void {
    const { hasUniqueName, nameOf } = KINDS[kind];
    if (!hasUniqueName) return;
    const name = nameOf(object);
    const holder = this.byName(kind, name);
    if (holder !== undefined && holder.id !== object.id) {
      throw new SwarmError("alreadyExists", `${kind} ${name} already exists`);
    }
  }

  #usable(): WorkingTables {
    invariant(this.#open, () => `transaction "${this.#options.label}" is used after its end`);
    return this.#tables;
  }
}
