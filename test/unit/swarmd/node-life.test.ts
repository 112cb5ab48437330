import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RaftStorageError, type StorageFault } from "../../../raft/storage/storage-error.ts";
import { SwarmError } from "../../../shared/errors.ts";
import { InvariantError, mustHave } from "../../../shared/invariant.ts";
import { FatalError } from "../../../swarmd/exit-codes.ts";
import { MANAGER_WAIT_MS } from "../../../swarmd/manager-half.ts";
import type { NodeLife } from "../../../swarmd/node-life.ts";
import { WORKER_STOP_MS_MAX } from "../../../swarmd/stop-within.ts";
import { INIT_REQUEST as INIT } from "../../support/init-request.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";
import { setUp } from "./fake-life.ts";

/** Not narrowed by earlier assertions, as the property would be. */
const phaseOf = (life: NodeLife): string => life.phase.kind;
const refused = (code: SwarmError["code"], sentence: RegExp) => (error: unknown) =>
  error instanceof SwarmError && error.code === code && sentence.test(error.message);

describe("a node's life", () => {
  it("begins with init: manager first, then worker, and a record that survives", async () => {
    const { life, runtimes, saved, keyFiles } = await setUp();
    const { nodeId } = await life.init(INIT);
    assert.deepEqual(runtimes.calls, ["wipe", "manager bootstrap", "worker"]);
    assert.equal(saved.record?.nodeId, nodeId);
    assert.equal(saved.record?.advertiseAddress, "10.1.0.1:2377");
    assert.ok(keyFiles.files.size >= 3);
    await life.stop();
  });

  it("goes on after a restart where it ended, and stopping does not leave the swarm", async () => {
    const { life, make, runtimes } = await setUp();
    await life.init(INIT);
    await life.stop();
    runtimes.calls.length = 0;
    const again = await make();
    await again.resume();
    assert.deepEqual(runtimes.calls, ["manager resume", "worker"]);
    assert.equal(phaseOf(again), "active");
    await again.stop();
  });

  it("stops its manager although its worker does not end", async () => {
    const clock = new VirtualClock();
    const { life, runtimes } = await setUp(clock);
    await life.init(INIT);
    runtimes.calls.length = 0;
    runtimes.stopWorker = () => new Promise(() => {});
    const beganAt = clock.now();
    const stopped = life.stop();
    await clock.run(WORKER_STOP_MS_MAX);
    await stopped;
    assert.deepEqual(runtimes.calls, ["manager stopped"]);
    assert.equal(clock.now() - beganAt, WORKER_STOP_MS_MAX);
  });

  it("leaves nothing behind when init fails", async () => {
    const { life, runtimes, saved, keyFiles } = await setUp();
    runtimes.failManager = new SwarmError("unavailable", "port 2377 is taken");
    await assert.rejects(life.init(INIT), /port 2377 is taken/);
    assert.equal(phaseOf(life), "inactive");
    assert.equal(saved.record, null);
    assert.equal(keyFiles.files.size, 0);
    assert.equal(runtimes.calls.at(-1), "wipe");
  });

  it("waits for the other managers after a restart, its worker at work, and says what for", async () => {
    const clock = new VirtualClock();
    const { life, make, runtimes } = await setUp(clock);
    await life.init(INIT);
    await life.stop();
    runtimes.calls.length = 0;
    runtimes.failManager = new SwarmError("unavailable", "could not join the managers: there is no leader");
    const again = await make();
    void again.resume();
    await clock.until("it is active", () => phaseOf(again) === "active");
    assert(clock.now() <= MANAGER_WAIT_MS);
    assert(runtimes.calls.includes("worker"), "containers are looked after meanwhile");
    assert.equal(again.mustBeActive().manager, null);
    assert.match(again.mustBeActive().managerWaitsFor, /there is no leader/);
    await clock.run(3_600_000);
    const tries = runtimes.calls.filter((call) => call === "manager resume").length;
    assert(tries > 300 && tries < 1_000, `${tries} tries in an hour`);
    runtimes.failManager = null;
    await clock.until("the manager runs", () => again.mustBeActive().manager !== null);
    assert.equal(again.mustBeActive().managerWaitsFor, "");
    await again.stop();
    assert.equal(runtimes.calls.at(-1), "manager stopped");
    assert.deepEqual(clock.pending, []);
  });

  it("stops, and leaves, while its manager waits for the others", async () => {
    for (const end of ["stop", "leave"] as const) {
      const clock = new VirtualClock();
      const { life, make, runtimes } = await setUp(clock);
      await life.init(INIT);
      await life.stop();
      runtimes.failManager = new SwarmError("unavailable", "there is no leader");
      const again = await make();
      void again.resume();
      await clock.until("it is active", () => phaseOf(again) === "active");
      await (end === "stop" ? again.stop() : again.leave(true));
      const { length } = runtimes.calls;
      await clock.run(100_000);
      assert.equal(runtimes.calls.length, length, "nothing is tried any more");
    }
  });

  it("takes up its part again after a fault that passes, and can be made to leave meanwhile", async () => {
    const clock = new VirtualClock();
    const { life, make, runtimes } = await setUp(clock);
    await life.init(INIT);
    await life.stop();
    runtimes.failWorker = new Error("the executor's database is locked");
    const again = await make();
    await again.resume();
    assert(again.phase.kind === "error" && /database is locked; trying again/.test(again.phase.sentence));
    assert.equal(runtimes.calls.at(-1), "tasks recalled", "what runs is shown meanwhile");
    await clock.run(300_000);
    runtimes.failWorker = null;
    await clock.until("it is active", () => phaseOf(again) === "active");
    await again.stop();

    runtimes.failWorker = new Error("the executor's database is locked");
    const third = await make();
    await third.resume();
    await third.leave(true);
    const { length } = runtimes.calls;
    await clock.run(100_000);
    assert.equal(phaseOf(third), "inactive");
    assert.equal(runtimes.calls.length, length, "nothing is tried any more");
  });

  it("ends the process when an attempt that nobody waits for finds the Raft log unusable", async () => {
    const clock = new VirtualClock();
    const { life, make, runtimes, fatal } = await setUp(clock);
    await life.init(INIT);
    await life.stop();
    runtimes.failManager = new SwarmError("unavailable", "there is no leader");
    const again = await make();
    void again.resume();
    await clock.until("it is active", () => phaseOf(again) === "active");
    runtimes.failManager = new RaftStorageError("corrupt", "the sentence");
    await clock.until("it is fatal", () => fatal.length > 0);
    assert(fatal[0] instanceof FatalError && fatal[0].exitCode === 76);
    await again.stop();
  });

  it("ends the daemon, with the exit code of the reason, when the Raft log cannot be used", async () => {
    const codes = { corrupt: 76, wrongKey: 76, foreign: 76, disk: 74, inUse: 73 } as const;
    for (const [fault, exitCode] of Object.entries(codes)) {
      const { life, make, runtimes, saved } = await setUp();
      await life.init(INIT);
      await life.stop();
      runtimes.failManager = new RaftStorageError(fault as StorageFault, "the sentence");
      await assert.rejects((await make()).resume(), (error: unknown) => {
        return error instanceof FatalError && error.exitCode === exitCode && error.message === "the sentence";
      });
      assert.ok(saved.record !== null, "the node is still what it was");
    }
  });

  it("refuses a second init, a leave of the last manager, and bad tokens", async () => {
    const { life } = await setUp();
    await assert.rejects(life.leave(false), refused("failedPrecondition", /not part of a swarm/));
    const join = { ...INIT, remoteAddresses: ["10.1.0.9"], token: "SWMTKN-1-short" };
    await assert.rejects(life.join(join), refused("invalidArgument", /token/));
    assert.equal(phaseOf(life), "inactive");
    await life.init(INIT);
    await assert.rejects(life.init(INIT), refused("failedPrecondition", /already part of a swarm/));
    await assert.rejects(life.leave(false), refused("failedPrecondition", /last manager/));
    assert.equal(phaseOf(life), "active");
    await life.leave(true);
    assert.equal(phaseOf(life), "inactive");
  });

  it("ends by itself when the cluster has removed the node", async () => {
    const { life, runtimes, saved } = await setUp();
    await life.init(INIT);
    runtimes.events?.onRemoved();
    while (phaseOf(life) !== "inactive") await new Promise((resolve) => setImmediate(resolve));
    assert.ok(runtimes.calls.includes("worker left"));
    assert.equal(saved.record, null);
  });

  it("is free again after a removal although its worker or its disk fails at first", async () => {
    const clock = new VirtualClock();
    const { life, runtimes } = await setUp(clock);
    await life.init(INIT);
    runtimes.failLeave = new Error("a container is stuck");
    runtimes.events?.onRemoved();
    await clock.until("it is free", () => phaseOf(life) === "inactive");
    await clock.run(10_000);
    assert.equal(phaseOf(life), "inactive", "and stays so");

    await life.init(INIT);
    runtimes.failWipe = new Error("no space left on device");
    runtimes.events?.onRemoved();
    await clock.until("it says why not", () => phaseOf(life) === "error");
    await clock.run(100_000);
    runtimes.failWipe = null;
    await clock.until("it is free", () => phaseOf(life) === "inactive");
    assert.deepEqual(clock.pending, []);
  });

  it("stands in an error with a sentence when its certificate is gone, and --force frees the host", async () => {
    const { life, make, keyFiles } = await setUp();
    await life.init(INIT);
    await life.stop();
    keyFiles.files.clear();
    const again = await make();
    await again.resume();
    const stuck = again.phase;
    assert.ok(stuck.kind === "error" && /certificate is missing/.test(stuck.sentence));
    await assert.rejects(again.leave(false), refused("failedPrecondition", /--force/));
    await again.leave(true);
    assert.deepEqual(again.phase, { kind: "inactive" });
  });

  it("has left when containers cannot be ended, and names the first of them", async () => {
    const { life, runtimes } = await setUp();
    await life.init(INIT);
    runtimes.left = Array.from({ length: 22 }, (_, at) => `web.${at + 1}.x`);
    assert.match((await life.leave(true)).join(), /^left the swarm, .*: web\.1\.x, .*web\.20\.x, 2 more; /);
    assert.deepEqual(life.phase, { kind: "inactive" });
  });

  it("stops what it ran when it is made to leave although its worker never came up", async () => {
    for (const failClear of [null, new Error("crun: too many open files")]) {
      const { life, make, keyFiles, runtimes } = await setUp();
      await life.init(INIT);
      await life.stop();
      keyFiles.files.clear();
      const again = await make();
      await again.resume();
      runtimes.failClear = failClear;
      runtimes.left = ["web.1.x"];
      assert.equal((await again.leave(true)).length, failClear === null ? 1 : 0);
      assert.ok(runtimes.calls.includes("worker cleared"));
      assert.deepEqual(again.phase, { kind: "inactive" });
    }
  });

  it("ends the process over a broken promise of our own code, at the start and later", async () => {
    const clock = new VirtualClock();
    const { life, make, runtimes, fatal } = await setUp(clock);
    await life.init(INIT);
    await life.stop();
    runtimes.failWorker = new InvariantError("two workers");
    await assert.rejects((await make()).resume(), InvariantError);
    runtimes.failWorker = new Error("the database is locked");
    const again = await make();
    await again.resume();
    runtimes.failWorker = new InvariantError("two workers");
    await clock.until("it is fatal", () => fatal.length > 0);
    assert.ok(fatal[0] instanceof InvariantError);
  });

  it("begins with an empty log when its promotion was cut off before an earlier one was gone", async () => {
    const { life, make, saved, runtimes } = await setUp();
    await life.init(INIT);
    await life.stop();
    const { roleGeneration = 0, ...earlier } = mustHave(saved.record, "a record");
    for (const [what, record, wipes] of [
      ["of an earlier release", earlier, false],
      ["a worker's", { ...earlier, role: "WORKER" }, true],
      ["demoted and promoted since", { ...earlier, roleGeneration: -2 }, true],
    ] as const) {
      saved.record = record;
      runtimes.calls.length = 0;
      const again = await make();
      await again.resume();
      assert.equal(runtimes.calls[0] === "wipe", wipes, what);
      assert.deepEqual(saved.record, { ...earlier, roleGeneration }, what);
      await again.stop();
    }
  });
});
