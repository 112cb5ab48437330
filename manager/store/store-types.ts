import type { NodeId, ServiceId } from "../../shared/ids.ts";
import type { Cluster, ObjectKind, ObjectKinds, Task } from "../../shared/objects/types.ts";

/** The store at one moment. Objects are frozen; do not keep a view across an await, take a new one. */
export interface ReadView {
  /** Raft index of the last entry it contains. */
  readonly version: number;
  get<Kind extends ObjectKind>(kind: Kind, id: string): ObjectKinds[Kind] | undefined;
  /** Sorted by id, so that every decision made from it is repeatable. */
  all<Kind extends ObjectKind>(kind: Kind): readonly ObjectKinds[Kind][];
  /** Of a kind with unique names, ignoring case. */
  byName<Kind extends ObjectKind>(kind: Kind, name: string): ObjectKinds[Kind] | undefined;
  /** The objects of a kind that refer to one (KINDS says how), sorted by id. */
  referring<Kind extends ObjectKind>(kind: Kind, to: ObjectKind, id: string): readonly ObjectKinds[Kind][];
  /** Ids that objects of a kind refer to, whether or not there are such objects. */
  referred(kind: ObjectKind, to: ObjectKind): Iterable<string>;
  tasksOfService(serviceId: ServiceId): readonly Task[];
  tasksOfNode(nodeId: NodeId): readonly Task[];
  /** @throws InvariantError before the cluster object exists. */
  cluster(): Cluster;
}

/**
 * The leader's working state: committed state plus everything in flight, and this transaction's own writes.
 * An object with a write in flight has meta.version 0. Usable only until `change` returns.
 */
export interface WriteTx extends ReadView {
  /** @throws SwarmError alreadyExists for a taken id or a taken service or network name. */
  create<Kind extends ObjectKind>(kind: Kind, object: ObjectKinds[Kind]): void;
  /**
   * Replaces an object. `meta` belongs to the store: what the caller put there is ignored.
   * @throws SwarmError notFound. @throws InvariantError when a task's state or desired state would go back.
   */
  update<Kind extends ObjectKind>(kind: Kind, object: ObjectKinds[Kind]): void;
  /** @throws SwarmError notFound. */
  remove(kind: ObjectKind, id: string): void;
  /** Close to the limits of one transaction (limits.ts): stop here and continue in another, as `batch` does. */
  readonly isFull: boolean;
}

export type Change = {
  [Kind in ObjectKind]: {
    readonly kind: Kind;
    readonly action: "create" | "update" | "remove";
    /** As it is now; for remove, as it last was. */
    readonly object: ObjectKinds[Kind];
    /** As it was; null for create. */
    readonly old: ObjectKinds[Kind] | null;
  };
}[ObjectKind];

/** What one applied entry did; `resync` says that a snapshot replaced everything and changes are not listed. */
export interface Commit {
  readonly version: number;
  readonly changes: readonly Change[];
  readonly resync: boolean;
}

export interface Store {
  /** Committed state, on any manager. */
  view(): ReadView;
  /**
   * Runs `change` synchronously against the working state and proposes what it wrote; resolves with its result once
   * that is committed. A transaction that wrote nothing resolves without a proposal, once what it read is committed.
   * If `change` throws, nothing happens and the error is passed on.
   * Never throws synchronously; the promise rejects with SwarmError unavailable when this manager does not lead;
   * aborted when leadership was lost in between; resourceExhausted beyond STORE_ACTIONS_MAX or STORE_BYTES_MAX.
   */
  update<T>(label: string, change: (tx: WriteTx) => T): Promise<T>;
  /** Called synchronously after each commit, in order; a listener that throws is called again with a resync. */
  subscribe(listener: (commit: Commit) => void): Disposable;
}
