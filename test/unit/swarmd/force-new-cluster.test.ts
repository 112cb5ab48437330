import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SwarmError } from "../../../shared/errors.ts";
import type { InitRequest } from "../../../shared/rpc/gen/local.ts";
import { LEADERLESS_MS } from "../../../swarmd/force-new-cluster.ts";
import { addressesAnew } from "../../../swarmd/node-addresses.ts";
import type { NodeLife } from "../../../swarmd/node-life.ts";
import { INIT_REQUEST as INIT } from "../../support/init-request.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";
import { setUp } from "./fake-life.ts";

const FORCE: InitRequest = { ...INIT, advertiseAddress: "", forceNewCluster: true };

/** The answer, or the sentence of the refusal, once it is there. */
async function forced(clock: VirtualClock, life: NodeLife, request = FORCE) {
  let answer: Awaited<ReturnType<NodeLife["forceNewCluster"]>> | string | null = null;
  life.forceNewCluster(request).then(
    (done) => {
      answer = done;
    },
    (error: unknown) => {
      answer = error instanceof SwarmError ? error.message : String(error);
    },
  );
  await clock.until("it is answered", () => answer !== null);
  return answer as unknown as Awaited<ReturnType<NodeLife["forceNewCluster"]>> | string;
}

/** A manager of three that hears none of the others. */
async function lost() {
  const clock = new VirtualClock();
  const all = await setUp(clock);
  const { nodeId } = await all.life.init(INIT);
  Object.assign(all.runtimes, { managers: [1, 2, 3], heard: [1], leader: null });
  all.runtimes.calls.length = 0;
  return { ...all, clock, nodeId };
}

describe("a manager whose swarm has lost its majority", () => {
  it("goes on as the only one, with what it ran left alone", async () => {
    const { clock, life, runtimes, nodeId, fatal } = await lost();
    const began = clock.now();
    const removedManagers = [{ raftId: 2, nodeId: "n2", address: "10.1.0.2:2377" }];
    assert.deepEqual(await forced(clock, life), { nodeId, warnings: [], removedManagers });
    const steps = ["worker stopped", "manager stopped", "recovered at 10.1.0.1:2377", "manager resume", "worker"];
    assert.deepEqual(runtimes.calls, steps);
    assert.ok(clock.now() - began >= LEADERLESS_MS);
    assert.equal(life.phase.kind, "active");
    assert.deepEqual(fatal, []);
    await life.stop();
  });

  it("may be told to be reached elsewhere, which outlives the daemon whatever becomes of the rest", async () => {
    const { clock, life, runtimes, saved } = await lost();
    runtimes.failRecovery = new SwarmError("internal", "the disk is gone");
    const answer = await forced(clock, life, { ...FORCE, advertiseAddress: "10.1.0.9" });
    assert.equal(answer, "the disk is gone");
    assert.equal(saved.record?.advertiseAddress, "10.1.0.9:2377");
    assert.equal(saved.record?.dataPathAddress, "10.1.0.9");
    assert.ok(runtimes.calls.includes("recovered at 10.1.0.9:2377"));
    await clock.until("it goes on as it was", () => life.phase.kind === "active");
    await life.stop();
  });

  it("says so when it may not have had everything", async () => {
    const { clock, life, runtimes } = await lost();
    runtimes.isLearner = true;
    const answer = await forced(clock, life);
    assert.ok(typeof answer !== "string");
    assert.match(answer.warnings.join(), /still catching up/);
    await life.stop();
  });

  it("waits for a leader to find out that it has lost its majority", async () => {
    const { clock, life, runtimes } = await lost();
    runtimes.leader = 1;
    clock.schedule(700, "it steps down", () => {
      runtimes.leader = null;
    });
    assert.ok(typeof (await forced(clock, life)) !== "string");
    await life.stop();
  });

  it("is not forced twice at once", async () => {
    const { clock, life } = await lost();
    const first = forced(clock, life);
    await assert.rejects(life.forceNewCluster(FORCE), /another force-new-cluster is under way/);
    assert.ok(typeof (await first) !== "string");
    await life.stop();
  });
});

describe("nothing is forced", () => {
  const CASES = [
    ["where there is a leader", { leader: 3 }, /has a leader, so nothing is lost/],
    ["on the only manager", { managers: [1], leader: 1 }, /only one of its swarm already/],
    ["where a majority is there", { heard: [1, 3] }, /2 of the swarm's 3 managers can be reached/],
  ] as const;
  for (const [what, state, expected] of CASES) {
    it(what, async () => {
      const { clock, life, runtimes } = await lost();
      Object.assign(runtimes, state);
      assert.match(String(await forced(clock, life)), expected);
      assert.deepEqual(runtimes.calls, []);
      await life.stop();
    });
  }

  it("when the leader comes back while somebody looks", async () => {
    const { clock, life, runtimes } = await lost();
    clock.schedule(LEADERLESS_MS - 500, "elected", () => {
      runtimes.leader = 2;
    });
    assert.match(String(await forced(clock, life)), /has a leader/);
    assert.deepEqual(runtimes.calls, []);
    await life.stop();
  });

  it("outside a swarm", async () => {
    const { life } = await setUp(new VirtualClock());
    await assert.rejects(life.forceNewCluster(FORCE), /not part of a swarm: force-new-cluster/);
  });

  it("with settings that a swarm has already", async () => {
    const { life } = await lost();
    const others: Partial<InitRequest>[] = [
      { defaultAddressPools: ["10.9.0.0/16"] },
      { defaultSubnetPrefix: 25 },
      { dataPathPort: 4_790 },
      { autoLockManagers: true },
      { availability: "DRAIN" },
    ];
    for (const other of others) {
      await assert.rejects(life.forceNewCluster({ ...FORCE, ...other }), /keeps the swarm and all its settings/);
    }
    await life.stop();
  });
});

describe("the addresses of a node that is told to be elsewhere", () => {
  const options = { advertiseAddress: "", listenAddress: "0.0.0.0:2377", dataPathAddress: "" } as never;
  const record = { advertiseAddress: "10.1.0.1:2377", listenAddress: "10.1.0.1:2377", dataPathAddress: "10.1.0.1" };
  const NOTHING = { advertiseAddress: "", listenAddress: "", dataPathAddress: "" };
  const CASES = [
    ["nothing is said", {}, record, null],
    [
      "those that were the same go along",
      { advertiseAddress: "10.1.0.9" },
      record,
      ["10.1.0.9:2377", "10.1.0.9:2377", "10.1.0.9"],
    ],
    [
      "those that were others stay",
      { advertiseAddress: "10.1.0.9" },
      { ...record, listenAddress: "0.0.0.0:2399", dataPathAddress: "10.2.0.1" },
      ["10.1.0.9:2399", "0.0.0.0:2399", "10.2.0.1"],
    ],
    ["one is said alone", { dataPathAddress: "10.2.0.5" }, record, ["10.1.0.1:2377", "10.1.0.1:2377", "10.2.0.5"]],
  ] as const;
  for (const [what, asked, before, expected] of CASES) {
    it(what, () => {
      const now = addressesAnew({ ...NOTHING, ...asked }, before, options, []);
      assert.deepEqual(now === null ? null : [now.advertise, now.listen, now.dataPath], expected);
    });
  }
});
