import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../../../shared/log.ts";
import type { Cluster } from "../../../shared/objects/types.ts";
import { KeyLock } from "../../../shared/pki/key-lock.ts";
import { createUnlockKey } from "../../../shared/pki/unlock-key.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import { followUnlockKey } from "../../../swarmd/follow-unlock-key.ts";
import { MemoryKeyFiles } from "../../support/level-storage.ts";
import { createMemoryStore } from "../../support/memory-store.ts";
import { createCluster } from "../../support/objects.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";
import { waitFor } from "../../support/wait.ts";

const SECRETS = ["a.key", "b.key"];

async function setUp() {
  const clock = new VirtualClock();
  const files = new MemoryKeyFiles();
  const lock = await KeyLock.open(files, SECRETS, seededRandom(1));
  for (const name of SECRETS) await lock.write(name, `secret ${name}`, 0o600);
  const store = createMemoryStore(clock);
  const did: string[] = [];
  const failing = { times: 0 };
  const [warned, kept]: [string[], { key: string | null }] = [[], { key: null }];
  const deps = {
    ...{ clock, store, lock, random: seededRandom(2), readUnlockKey: async () => kept.key },
    log: { ...silentLogger, warn: (text: string) => void warned.push(text) },
    raft: { rotateDataKey: async () => void did.push("data key") },
    active: {
      async renewCertificate() {
        did.push("certificate");
        if (failing.times-- > 0) throw new Error("no leader");
      },
    },
  };
  const want = (unlockKey: string): Promise<unknown> =>
    store.update("want", (tx) => tx.update("cluster", { ...tx.cluster(), unlockKey } as Cluster));
  return { clock, files, lock, store, did, failing, warned, kept, want, follow: () => followUnlockKey(deps) };
}

test("a manager's keys are locked, locked anew and opened as the cluster object wants it, and then replaced", async () => {
  const { files, store, did, want, follow } = await setUp();
  await using _following = follow();
  await store.update("found", (tx) => tx.create("cluster", createCluster()));
  const isSealed = (): boolean => files.files.get("a.key")?.startsWith("SWARM-SEALED") === true;
  await want(createUnlockKey(seededRandom(3)));
  await waitFor("the keys to be replaced", () => did.length === 2);
  assert.ok(isSealed());
  assert.deepEqual(did, ["data key", "certificate"]);
  const sealed = files.files.get("a.key");
  await want(createUnlockKey(seededRandom(4)));
  await waitFor("the keys to be replaced again", () => did.length === 4);
  assert.notEqual(files.files.get("a.key"), sealed);
  await want("");
  await waitFor("the keys to be open", () => files.files.get("b.key") === "secret b.key");
  assert.equal(did.length, 4);
});

test("keys that could not be replaced yet are replaced later, and the lock holds meanwhile", async () => {
  const { clock, files, lock, store, did, failing, want, follow } = await setUp();
  failing.times = 2;
  await store.update("found", (tx) => tx.create("cluster", createCluster()));
  await want(createUnlockKey(seededRandom(3)));
  await using _following = follow();
  await waitFor("the first try", () => did.includes("certificate"));
  assert.match(files.files.get("a.key") ?? "", /^SWARM-SEALED/);
  assert.equal(lock.isRenewalDue, true);
  await clock.run(10_000);
  await waitFor("the last try", () => !lock.isRenewalDue);
  assert.equal(did.filter((what) => what === "certificate").length, 3);
});

test("a host that keeps the key for itself is warned when it keeps another than the new one", async () => {
  const { store, did, warned, kept, want, follow } = await setUp();
  await store.update("found", (tx) => tx.create("cluster", createCluster()));
  kept.key = createUnlockKey(seededRandom(3));
  await using _following = follow();
  await want(kept.key);
  await waitFor("the keys to be replaced", () => did.length === 2);
  assert.deepEqual(warned, []);
  await want(createUnlockKey(seededRandom(4)));
  await waitFor("the keys to be replaced again", () => did.length === 4);
  assert.match(warned.join(), /^the file of --unlock-key-file does not hold the new unlock key/);
});
