import { strict as assert } from "node:assert";
import type { Store, WriteTx } from "../../../manager/store/store-types.ts";
import { STATE_OWNER } from "../../../shared/objects/task-state.ts";
import type { ObjectKind, ObjectKinds, Task } from "../../../shared/objects/types.ts";

type Owner = (typeof STATE_OWNER)[keyof typeof STATE_OWNER];

/** What each loop, known by the first word of its transactions' labels, may do to tasks. */
const RIGHTS: Readonly<
  Record<
    string,
    { readonly creates: boolean; readonly desires: boolean; readonly removes: boolean; readonly owner: Owner }
  >
> = {
  orchestrate: { creates: true, desires: true, removes: false, owner: "orchestrator" },
  restart: { creates: true, desires: true, removes: false, owner: "orchestrator" },
  update: { creates: true, desires: true, removes: false, owner: "orchestrator" },
  evacuate: { creates: false, desires: false, removes: false, owner: "nobody" },
  allocate: { creates: false, desires: false, removes: false, owner: "allocator" },
  schedule: { creates: false, desires: true, removes: false, owner: "scheduler" },
  reap: { creates: false, desires: false, removes: true, owner: "nobody" },
  bring: { creates: false, desires: false, removes: false, owner: "nobody" },
  await: { creates: false, desires: false, removes: false, owner: "nobody" },
  autoscale: { creates: false, desires: false, removes: false, owner: "nobody" },
  rebalance: { creates: false, desires: false, removes: false, owner: "nobody" },
  run: { creates: false, desires: false, removes: false, owner: "nobody" },
  show: { creates: false, desires: false, removes: false, owner: "nobody" },
  rotate: { creates: false, desires: false, removes: false, owner: "nobody" },
};

/** The store as the loops get it: it refuses each change of a task that is not the loop's to make. */
export function withOwnership(store: Store): Store {
  return {
    view: () => store.view(),
    subscribe: (listener) => store.subscribe(listener),
    update: (label, change) => store.update(label, (tx) => change(guarded(tx, label))),
  };
}

function guarded(tx: WriteTx, label: string): WriteTx {
  const rights = RIGHTS[label.split(" ")[0] ?? ""];
  assert(rights !== undefined, `unknown component: ${label}`);
  return {
    get version() {
      return tx.version;
    },
    get isFull() {
      return tx.isFull;
    },
    get: (kind, id) => tx.get(kind, id),
    all: (kind) => tx.all(kind),
    byName: (kind, name) => tx.byName(kind, name),
    referring: (kind, to, id) => tx.referring(kind, to, id),
    referred: (kind, to) => tx.referred(kind, to),
    tasksOfService: (id) => tx.tasksOfService(id),
    tasksOfNode: (id) => tx.tasksOfNode(id),
    cluster: () => tx.cluster(),
    create<Kind extends ObjectKind>(kind: Kind, object: ObjectKinds[Kind]) {
      if (kind === "task") {
        assert(rights.creates, `${label} may not create tasks`);
        assert.equal((object as Task).status.state, "NEW", `${label} creates a task that is not NEW`);
      }
      tx.create(kind, object);
    },
    update<Kind extends ObjectKind>(kind: Kind, object: ObjectKinds[Kind]) {
      const old = tx.get(kind, object.id);
      if (kind === "task" && old !== undefined) checkUpdate(label, rights, old as Task, object as Task);
      tx.update(kind, object);
    },
    remove(kind, id) {
      assert(kind !== "task" || rights.removes, `${label} may not delete tasks`);
      tx.remove(kind, id);
    },
  };
}

function checkUpdate(label: string, rights: (typeof RIGHTS)[string], old: Task, task: Task): void {
  const { state } = task.status;
  if (old.status.state !== state) assert.equal(STATE_OWNER[state], rights?.owner, `${label} moves a task to ${state}`);
  if (old.desiredState !== task.desiredState) assert(rights?.desires, `${label} may not change the desired state`);
}
