import type { Change, ReadView, Store, WriteTx } from "../../manager/store/store-types.ts";
import type { ObjectKind, ObjectKinds } from "../../shared/objects/types.ts";

/** Which objects are ill: whoever looks into their larger parts meets an error, whoever copies them does not. */
export type IsIll = (kind: ObjectKind, object: ObjectKinds[ObjectKind]) => boolean;

const PARTS = ["spec", "endpoint", "networks", "attachments", "description", "subnet"] as const;

/** The store as code that fails over certain objects sees it: for tests of what that does to the other objects. */
export function poisonedStore(store: Store, isIll: IsIll): Store {
  return {
    view: () => poisonedView(store.view(), isIll),
    update: (label, change) => store.update(label, (tx) => change(poisonedTx(tx, isIll))),
    subscribe: (listener) =>
      store.subscribe((commit) =>
        listener({ ...commit, changes: commit.changes.map((change) => poisonedChange(change, isIll)) }),
      ),
  };
}

const healthy = new WeakMap<object, unknown>();

function poison<Kind extends ObjectKind>(kind: Kind, object: ObjectKinds[Kind], isIll: IsIll): ObjectKinds[Kind] {
  if (!isIll(kind, object)) return object;
  const copy: Record<string, unknown> = { ...object };
  for (const part of PARTS) {
    const value = copy[part];
    if (value === undefined || value === null) continue;
    const trap = new Proxy(
      {},
      {
        get: () => {
          throw new TypeError(`the ${part} of this ${kind} is poisoned`);
        },
      },
    );
    healthy.set(trap, value);
    copy[part] = trap;
  }
  return copy as unknown as ObjectKinds[Kind];
}

function cure<Kind extends ObjectKind>(object: ObjectKinds[Kind]): ObjectKinds[Kind] {
  const parts = Object.entries(object).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === "object" && value !== null && healthy.has(value) ? healthy.get(value) : value,
  ]);
  return Object.fromEntries(parts) as ObjectKinds[Kind];
}

function poisonedChange(change: Change, isIll: IsIll): Change {
  const { kind, object, old } = change;
  return {
    ...change,
    object: poison(kind, object, isIll),
    old: old === null ? null : poison(kind, old, isIll),
  } as Change;
}

function poisonedView(view: ReadView, isIll: IsIll): ReadView {
  return {
    get version() {
      return view.version;
    },
    get: (kind, id) => {
      const object = view.get(kind, id);
      return object === undefined ? undefined : poison(kind, object, isIll);
    },
    all: (kind) => view.all(kind).map((object) => poison(kind, object, isIll)),
    byName: (kind, name) => view.byName(kind, name),
    referring: (kind, to, id) => view.referring(kind, to, id).map((object) => poison(kind, object, isIll)),
    referred: (kind, to) => view.referred(kind, to),
    tasksOfService: (id) => view.tasksOfService(id).map((task) => poison("task", task, isIll)),
    tasksOfNode: (id) => view.tasksOfNode(id).map((task) => poison("task", task, isIll)),
    cluster: () => view.cluster(),
  };
}

function poisonedTx(tx: WriteTx, isIll: IsIll): WriteTx {
  return {
    ...poisonedView(tx, isIll),
    get isFull() {
      return tx.isFull;
    },
    create: (kind, object) => tx.create(kind, cure(object)),
    update: (kind, object) => tx.update(kind, cure(object)),
    remove: (kind, id) => tx.remove(kind, id),
  };
}
