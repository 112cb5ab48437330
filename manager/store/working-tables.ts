import type { NodeId, ServiceId } from "../../shared/ids.ts";
import { invariant, mustHave } from "../../shared/invariant.ts";
import { KINDS, perKind, type References } from "../../shared/objects/kinds.ts";
import {
  type Cluster,
  OBJECT_KINDS,
  type ObjectKind,
  type ObjectKinds,
  type Task,
} from "../../shared/objects/types.ts";
import { DraftList } from "./draft-list.ts";
import type { ReadView } from "./store-types.ts";

/** One write of a transaction to the working state; null = absent. */
export interface Write {
  readonly kind: ObjectKind;
  readonly id: string;
  readonly before: ObjectKinds[ObjectKind] | null;
  readonly after: ObjectKinds[ObjectKind] | null;
}

const NO_REFERENCES: References = {};
const NO_TOUCHED: readonly Touched[] = [];

/**
 * The leader's working state: the committed tables as they now are, seen through the writes in flight. Nothing is
 * copied, so a new leader, or one that lost a proposal, begins at once, however many objects there are; and a commit
 * only takes its drafts away, since the tables below have them by then.
 *
 * Invariants: (1) an object has at most one draft, that of the last write in flight; (2) a draft is in the group of
 * each object that it refers to, and marked as absent in those that it, or an earlier form of it, has left.
 */
export class WorkingTables implements ReadView {
  readonly #committed: ReadView;
  readonly #drafts: { readonly [Kind in ObjectKind]: Drafts<Kind> } = perKind((kind) => new Drafts(kind));

  constructor(committed: ReadView) {
    this.#committed = committed;
  }

  get version(): number {
    return this.#committed.version;
  }

  get<Kind extends ObjectKind>(kind: Kind, id: string): ObjectKinds[Kind] | undefined {
    const draft = this.#drafts[kind].get(id);
    if (draft === undefined) return this.#committed.get(kind, id);
    return (draft.after as ObjectKinds[Kind] | null) ?? undefined;
  }

  all<Kind extends ObjectKind>(kind: Kind): readonly ObjectKinds[Kind][] {
    return this.#drafts[kind].all.over(this.#committed.all(kind));
  }

  byName<Kind extends ObjectKind>(kind: Kind, name: string): ObjectKinds[Kind] | undefined {
    const id = this.#drafts[kind].named(name);
    if (id !== undefined) return this.get(kind, id);
    const committed = this.#committed.byName(kind, name);
    // It has another name now, or is gone.
    return committed === undefined || this.#drafts[kind].get(committed.id) !== undefined ? undefined : committed;
  }

  referring<Kind extends ObjectKind>(kind: Kind, to: ObjectKind, id: string): readonly ObjectKinds[Kind][] {
    const committed = this.#committed.referring(kind, to, id);
    return this.#drafts[kind].group(to, id)?.over(committed) ?? committed;
  }

  referred(kind: ObjectKind, to: ObjectKind): Iterable<string> {
    const ids = new Set(this.#committed.referred(kind, to));
    for (const id of this.#drafts[kind].groupIds(to)) {
      if (this.referring(kind, to, id).length === 0) ids.delete(id);
      else ids.add(id);
    }
    return ids;
  }

  tasksOfService(serviceId: ServiceId): readonly Task[] {
    return this.referring("task", "service", serviceId);
  }

  tasksOfNode(nodeId: NodeId): readonly Task[] {
    return this.referring("task", "node", nodeId);
  }

  cluster(): Cluster {
    return mustHave(this.all("cluster")[0], "the cluster object");
  }

  /** @returns the draft that this one takes the place of, for `undo`. */
  write(write: Write): Draft | undefined {
    return this.#drafts[write.kind].put(write);
  }

  /** Undoes the last write of an object. */
  undo({ kind, id }: Write, replaced: Draft | undefined): void {
    this.#drafts[kind].drop(id);
    if (replaced !== undefined) this.#drafts[kind].restore(replaced);
  }

  /** The write is in the committed tables now. A later one of the same object stays. */
  settle(write: Write): void {
    if (this.#drafts[write.kind].get(write.id) === write) this.#drafts[write.kind].drop(write.id);
  }
}

/** A group in which a draft is, or is marked as absent. */
interface Touched {
  readonly to: ObjectKind;
  readonly id: string;
}

/** The last write of an object in flight, and every group in which some form of it was since the first one. */
export interface Draft {
  readonly write: Write;
  readonly touched: readonly Touched[];
}

/** The drafts of one kind. */
class Drafts<Kind extends ObjectKind> {
  readonly all = new DraftList<ObjectKinds[Kind]>();
  readonly #kind: Kind;
  readonly #byId = new Map<string, Draft>();
  readonly #idsByName = new Map<string, string>();
  readonly #groups: { readonly [To in ObjectKind]: Map<string, DraftList<ObjectKinds[Kind]>> } = perKind(
    () => new Map(),
  );

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  get(id: string): Write | undefined {
    return this.#byId.get(id)?.write;
  }

  /** The id of the object that has the name in its draft. */
  named(name: string): string | undefined {
    invariant(KINDS[this.#kind].hasUniqueName, () => `several objects of kind ${this.#kind} may have one name`);
    return this.#idsByName.get(name.toLowerCase());
  }

  group(to: ObjectKind, id: string): DraftList<ObjectKinds[Kind]> | undefined {
    return this.#groups[to].get(id);
  }

  groupIds(to: ObjectKind): Iterable<string> {
    return this.#groups[to].keys();
  }

  put(write: Write): Draft | undefined {
    const replaced = this.#byId.get(write.id);
    if (replaced !== undefined) this.#unname(replaced.write);
    const references = [this.#referencesOf(write.before), this.#referencesOf(write.after)];
    this.restore({ write, touched: union(replaced?.touched ?? NO_TOUCHED, references) });
    return replaced;
  }

  restore(draft: Draft): void {
    const { id } = draft.write;
    const after = draft.write.after as ObjectKinds[Kind] | null;
    const references = this.#referencesOf(after);
    this.#byId.set(id, draft);
    this.#name(after);
    this.all.set(id, after);
    for (const { to, id: toId } of draft.touched) {
      this.#groupFor(to, toId).set(id, references[to]?.includes(toId) === true ? after : null);
    }
  }

  drop(id: string): void {
    const draft = mustHave(this.#byId.get(id), `a draft of ${this.#kind} ${id}`);
    this.#byId.delete(id);
    this.#unname(draft.write);
    this.all.delete(id);
    for (const { to, id: toId } of draft.touched) {
      const group = mustHave(this.#groups[to].get(toId), `drafts that refer to ${to} ${toId}`);
      group.delete(id);
      if (group.size === 0) this.#groups[to].delete(toId);
    }
  }

  #groupFor(to: ObjectKind, id: string): DraftList<ObjectKinds[Kind]> {
    let group = this.#groups[to].get(id);
    if (group === undefined) {
      group = new DraftList();
      this.#groups[to].set(id, group);
    }
    return group;
  }

  #name(object: ObjectKinds[Kind] | null): void {
    if (object !== null && KINDS[this.#kind].hasUniqueName) this.#idsByName.set(this.#nameOf(object), object.id);
  }

  #unname({ id, after }: Write): void {
    if (after === null || !KINDS[this.#kind].hasUniqueName) return;
    const name = this.#nameOf(after as ObjectKinds[Kind]);
    if (this.#idsByName.get(name) === id) this.#idsByName.delete(name);
  }

  #nameOf(object: ObjectKinds[Kind]): string {
    return KINDS[this.#kind].nameOf(object).toLowerCase();
  }

  #referencesOf(object: ObjectKinds[ObjectKind] | null): References {
    return object === null ? NO_REFERENCES : KINDS[this.#kind].referencesOf(object as ObjectKinds[Kind]);
  }
}

function union(known: readonly Touched[], all: readonly References[]): readonly Touched[] {
  let touched = known;
  for (const references of all) {
    for (const to of OBJECT_KINDS) {
      for (const id of references[to] ?? []) {
        if (!touched.some((each) => each.to === to && each.id === id)) touched = [...touched, { to, id }];
      }
    }
  }
  return touched;
}
