import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SNAPSHOT_PIECE_BYTES } from "../../../../manager/store/limits.ts";
import { decodeSnapshot, encodeSnapshot } from "../../../../manager/store/snapshot-codec.ts";
import { StoreMachine } from "../../../../manager/store/store-machine.ts";
import type { LogIndex } from "../../../../raft/ids.ts";
import { OBJECT_KINDS } from "../../../../shared/objects/types.ts";
import { codecs } from "../../../../shared/rpc/schema.ts";
import { createMemoryStore } from "../../../support/memory-store.ts";
import { createCluster, createNetwork, createNode, createService, createTask } from "../../../support/objects.ts";
import { restoreBytes, snapshotBytes } from "../../../support/state-machine.ts";

const web = createService("web");
const TASKS = 2_000;

async function createFullStore() {
  const store = createMemoryStore();
  await store.update("all kinds", (tx) => {
    tx.create("cluster", createCluster());
    tx.create("network", createNetwork("n1"));
    tx.create("node", createNode("host1"));
    tx.create("service", web);
  });
  for (let at = 0; at < TASKS; at += 100) {
    await store.update("tasks", (tx) => {
      for (let slot = at; slot < at + 100; slot++) tx.create("task", createTask(`t${slot}`, web, { slot }));
    });
  }
  return store;
}

function restored(data: Uint8Array): StoreMachine {
  const machine = new StoreMachine({ freeze: true });
  restoreBytes(machine, 99, data);
  return machine;
}

describe("a snapshot of the store", () => {
  it("is the same message in pieces as in one, and a restored store makes the same", async () => {
    const { machine } = await createFullStore();
    const pieces = [...machine.snapshot()];
    assert.ok(pieces.length > 3, `${pieces.length} pieces`);
    for (const { length } of pieces) assert.ok(length < 2 * SNAPSHOT_PIECE_BYTES, `a piece of ${length} bytes`);
    const data = Buffer.concat(pieces);
    const view = machine.view();
    const all = {
      nodes: view.all("node"),
      services: view.all("service"),
      tasks: view.all("task"),
      networks: view.all("network"),
      clusters: view.all("cluster"),
      sequence: machine.sequence,
    };
    const whole = codecs.storeSnapshot.encode(all as unknown as Parameters<typeof codecs.storeSnapshot.encode>[0]);
    assert.equal(Buffer.compare(data, whole), 0);
    const again = restored(data);
    assert.equal(Buffer.compare(snapshotBytes(again), data), 0);
    assert.equal(again.sequence, machine.sequence);
    assert.equal(again.view().tasksOfService(web.id).length, TASKS);
  });

  it("is of the moment it was asked for, whatever is applied while it is read", async () => {
    const { machine, update } = await createFullStore().then((store) => ({
      machine: store.machine,
      update: store.update.bind(store),
    }));
    const before = snapshotBytes(machine);
    const pieces: Uint8Array[] = [];
    let removed = 0;
    for (const piece of machine.snapshot()) {
      pieces.push(piece);
      const id = machine.view().all("task").at(-1)?.id ?? "";
      await update("meanwhile", (tx) => tx.remove("task", id));
      removed++;
    }
    assert.ok(removed > 3);
    assert.equal(Buffer.compare(Buffer.concat(pieces), before), 0);
  });

  it("takes effect at the last step of restoring, not before", async () => {
    const { machine } = await createFullStore();
    const fresh = new StoreMachine({ freeze: false });
    const steps = fresh.restore(99 as LogIndex, snapshotBytes(machine));
    for (let step = steps.next(); step.done !== true; step = steps.next()) {
      assert.equal(fresh.view().all("task").length, 0);
    }
    assert.equal(fresh.view().all("task").length, TASKS);
    assert.equal(fresh.view().version, 99);
  });

  it("may be empty", () => {
    const objects = Object.fromEntries(OBJECT_KINDS.map((kind) => [kind, []]));
    const pieces = [...encodeSnapshot({ sequence: 0, objects } as unknown as Parameters<typeof encodeSnapshot>[0])];
    assert.equal(restored(Buffer.concat(pieces)).sequence, 0);
  });

  it("is refused when it is cut short or something else", async () => {
    const { machine } = await createFullStore();
    const data = snapshotBytes(machine);
    assert.throws(() => [...decodeSnapshot(data.subarray(0, data.length - 40))], /cut short|index out of range/);
    assert.throws(() => [...decodeSnapshot(Buffer.from([0x0d, 1, 2, 3, 4]))], /not a snapshot of the store/);
  });
});

describe("what an earlier release wrote", () => {
  /** It numbered specs by versions (field 4 of services and tasks), and said nothing of when a spec changed. */
  const OLD_BYTES = codecs.storeSnapshot.encode({
    sequence: 1,
    services: [{ ...web, generation: 57 }],
    tasks: [createTask("fresh", { ...web, generation: 57 }), createTask("stale", { ...web, generation: 41 })],
  });

  it("is counted on from: tasks stay equal to or different from their service's generation", () => {
    const machine = restored(OLD_BYTES);
    const [service] = machine.view().all("service");
    assert.deepEqual([service?.generation, service?.specVersion], [57, 0]);
    const generations = machine
      .view()
      .tasksOfService(web.id)
      .map(({ id, generation }) => [id.slice(0, 5), generation]);
    assert.deepEqual(
      new Map(generations as [string, number][]),
      new Map([
        ["fresh", 57],
        ["stale", 41],
      ]),
    );
    const update = (index: number, generation: number): number | undefined => {
      const action = { kind: "UPDATE", service: { ...web, generation } } as const;
      machine.apply(index as LogIndex, codecs.storeChanges.encode({ sequence: index - 99, actions: [action] }));
      return machine.view().get("service", web.id)?.specVersion;
    };
    assert.deepEqual([update(100, 57), update(101, 58), update(102, 58)], [0, 101, 101]);
  });
});
