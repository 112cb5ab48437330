import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createUnlockKey } from "../../../shared/pki/unlock-key.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import type { NodeLife } from "../../../swarmd/node-life.ts";
import { INIT_REQUEST } from "../../support/init-request.ts";
import { setUp } from "./fake-life.ts";

const LOCKED_INIT = { ...INIT_REQUEST, autoLockManagers: true };
const FOREIGN = createUnlockKey(seededRandom(99));

/** Not narrowed by earlier assertions, as the property would be. */
const phaseOf = (life: NodeLife): string => life.phase.kind;

/** A node that was made locked and whose daemon starts again. `key`: what its swarm is locked with. */
async function restarted(file: () => string | null = () => null) {
  const world = await setUp(undefined, async () => file());
  let key = "";
  const { startManager } = world.runtimes;
  world.runtimes.startManager = async (active, start) => {
    if (start.kind === "bootstrap") key = start.cluster.unlockKey;
    return await startManager.call(world.runtimes, active, start);
  };
  await world.life.init(LOCKED_INIT);
  await world.life.stop();
  world.runtimes.calls.length = 0;
  return { ...world, life: await world.make(), key };
}

describe("a locked node's life", () => {
  it("begins with init, and never lays a key on the disk as it is", async () => {
    const { keyFiles, key } = await restarted();
    assert.match(key, /^SWMKEY-1-/);
    assert.ok(keyFiles.files.has("swarm-node.key"));
    for (const text of keyFiles.files.values()) assert.doesNotMatch(text, /PRIVATE KEY/);
  });

  it("goes on locked: only shows what it has; nothing but unlocking and leaving is possible", async () => {
    const { life, runtimes } = await restarted();
    await life.resume();
    assert.equal(phaseOf(life), "locked");
    assert.deepEqual(runtimes.calls, ["tasks recalled"]);
    assert.throws(() => life.mustBeActive(), { code: "unavailable", message: /needs to be unlocked/ });
    await assert.rejects(life.init(LOCKED_INIT), { code: "failedPrecondition", message: /already part of a swarm/ });
    await assert.rejects(life.leave(false), { code: "failedPrecondition", message: /encrypted and locked/ });
  });

  it("stays locked by a wrong key and by what is none, and starts by the right one", async () => {
    const { life, runtimes, key } = await restarted();
    await life.resume();
    await assert.rejects(life.unlock("nonsense"), { code: "invalidArgument" });
    await assert.rejects(life.unlock(FOREIGN), { code: "unauthenticated", message: /invalid key provided/ });
    assert.equal(phaseOf(life), "locked");
    const [first, second] = [life.unlock(key), life.unlock(key)];
    await assert.rejects(second, { code: "unavailable", message: /starting/ });
    await first;
    assert.equal(phaseOf(life), "active");
    assert.deepEqual(runtimes.calls, ["tasks recalled", "manager resume", "worker"]);
    await assert.rejects(life.unlock(key), { code: "failedPrecondition", message: "swarm is not locked" });
    await life.stop();
  });

  it("starts by itself with the key of its host, and says why it does not with another's", async () => {
    let file: string | null = FOREIGN;
    const { life, make, key } = await restarted(() => file);
    await life.resume();
    assert.equal(phaseOf(life), "locked");
    assert.match((life.phase as { sentence: string }).sentence, /needs to be unlocked.*--unlock-key-file.*invalid key/);
    file = key;
    const again = await make();
    await again.resume();
    assert.equal(phaseOf(again), "active");
    await again.stop();
  });

  it("ends by force without the key, with nothing left behind, and may begin again", async () => {
    const { life, runtimes, keyFiles, saved } = await restarted();
    await life.resume();
    await life.leave(true);
    assert.equal(phaseOf(life), "inactive");
    assert.deepEqual(runtimes.calls, ["tasks recalled", "worker cleared", "wipe"]);
    assert.equal(saved.record, null);
    assert.deepEqual([...keyFiles.files.keys()], []);
    await assert.rejects(life.unlock(FOREIGN), { code: "failedPrecondition", message: /not a swarm manager/ });
    await life.init(INIT_REQUEST);
    assert.match(keyFiles.files.get("swarm-node.key") ?? "", /PRIVATE KEY/);
    await life.stop();
  });
});
