import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoredState } from "../../../raft/storage/raft-storage.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import { createCluster, createClusterSpec, createService } from "../../support/objects.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";
import { type Manager, Managers } from "./managers.ts";

const KEPT = 3;

test("changed snapshot settings count from the next entry on, on the leader and on its followers", async () => {
  const clock = new VirtualClock();
  await using managers = new Managers(clock, seededRandom(1));
  for (const name of ["m1", "m2", "m3"]) await managers.start(name);
  await clock.until("someone leads", () => managers.leader() !== undefined);
  const { store } = managers.leader() as Manager;
  const write = async (at: number): Promise<void> => {
    await during(
      clock,
      `service ${at} is written`,
      store.update("service", (tx) => tx.create("service", service(at))),
    );
  };
  const settings = (snapshotInterval: number, logEntriesForSlowFollowers: number) =>
    createCluster({ spec: createClusterSpec({ snapshotInterval, logEntriesForSlowFollowers }) });
  const created = store.update("cluster", (tx) => tx.create("cluster", settings(1_000, 500)));
  await during(clock, "the cluster is there", created);
  // What it took to get here may have been cut by the settings that hold before a cluster is there.
  const before = await Promise.all(managers.all.map(snapshotIndexOf));
  for (let at = 0; at < 60; at++) await write(at);
  assert.deepEqual(await Promise.all(managers.all.map(snapshotIndexOf)), before);

  // Otherwise one that lags would be sent the leader's snapshot instead of making its own.
  await clock.until("all are level", () =>
    managers.all.every(({ store }) => store.view().all("service").length === 60),
  );
  const changed = store.update("cluster", (tx) => tx.update("cluster", settings(10, KEPT)));
  await during(clock, "the settings are changed", changed);
  for (const manager of managers.all) {
    let stored = await manager.storage.load();
    await clock.until(`${manager.name} has a snapshot`, () => {
      void manager.storage.load().then((state) => {
        stored = state;
      });
      return indexOf(stored) > 60;
    });
    assert.equal(stored.entries[0]?.index, indexOf(stored) - KEPT + 1, `entries kept by ${manager.name}`);
  }
});

const service = (at: number) => createService(`s${at}`);
const indexOf = ({ snapshot }: StoredState): number => snapshot?.meta.index ?? 0;
const snapshotIndexOf = async ({ storage }: Manager): Promise<number> => indexOf(await storage.load());

async function during(clock: VirtualClock, what: string, work: Promise<unknown>): Promise<void> {
  let isOver = false;
  void work.then(() => {
    isOver = true;
  });
  await clock.until(what, () => isOver);
}
