import { strict as assert } from "node:assert";
import { test } from "node:test";
import type { RaftId } from "../../../raft/ids.ts";
import { SwarmError } from "../../../shared/errors.ts";
import { InvariantError } from "../../../shared/invariant.ts";
import { silentLogger } from "../../../shared/log.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import type { Scope } from "../../../shared/scope.ts";
import { LeaderDuty, STUMBLE_MS } from "../../../swarmd/leader-duty.ts";
import { createMemoryStore } from "../../support/memory-store.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

/** A manager that leads; `fails` decides what a leadership's part does. */
function start(fails: () => unknown) {
  const clock = new VirtualClock();
  const { raft } = createMemoryStore(clock);
  const fatal: unknown[] = [];
  let begun = 0;
  const lead = (scope: Scope): Promise<void> => {
    begun++;
    scope.spawn("part", () => {
      const failure = fails();
      return failure === null
        ? new Promise((resolve) => scope.signal.addEventListener("abort", () => resolve()))
        : Promise.reject(failure);
    });
    return Promise.resolve();
  };
  const duty = new LeaderDuty({
    raft,
    clock,
    random: seededRandom(1),
    log: silentLogger,
    lead,
    onFatal: (error) => fatal.push(error),
  });
  raft.becomeLeader();
  return { clock, raft, duty, fatal, begun: () => begun };
}

const failure = new SwarmError("internal", "roles failed 5 times in a row: bug");

test("a manager alone whose part fails again and again begins anew, ever more rarely", async () => {
  const { clock, duty, begun, fatal } = start(() => failure);
  await clock.run(600_000);
  assert(begun() >= 5 && begun() <= 40, `${begun()} leaderships in 10 minutes`);
  assert.deepEqual(fatal, []);
  await duty[Symbol.asyncDispose]();
});

test("the first failure hands over at once, to a manager that is reachable", async () => {
  const { clock, raft, duty, begun } = start(() => failure);
  raft.members = [...raft.members, { raftId: 2 as RaftId, nodeId: "m2", address: "10.77.0.2:2377" }];
  raft.reachable = new Set([...raft.reachable, 2 as RaftId]);
  await clock.run(100);
  assert.equal(raft.leadership, "following");
  assert.equal(begun(), 1);
  await duty[Symbol.asyncDispose]();
});

test("a leadership that held for a while makes the next failure a first one", async () => {
  let isIll = true;
  let break_: (error: unknown) => void = () => {};
  const clock = new VirtualClock();
  const { raft } = createMemoryStore(clock);
  const begunAtMs: number[] = [];
  const duty = new LeaderDuty({
    raft,
    clock,
    random: seededRandom(1),
    log: silentLogger,
    lead(scope) {
      begunAtMs.push(clock.now());
      scope.spawn("part", () =>
        isIll
          ? Promise.reject(failure)
          : new Promise((_, reject) => {
              break_ = reject;
            }),
      );
      return Promise.resolve();
    },
    onFatal: () => assert.fail("nothing is fatal here"),
  });
  raft.becomeLeader();
  await clock.run(60_000);
  isIll = false;
  const before = begunAtMs.length;
  await clock.until("a leadership holds", () => begunAtMs.length > before);
  await clock.run(STUMBLE_MS);
  const nowMs = clock.now();
  break_(failure);
  await clock.run(10);
  assert.equal(begunAtMs.at(-1), nowMs, "begun again at once");
  break_(failure);
  await duty[Symbol.asyncDispose]();
});

test("a broken promise of our own code ends the process, lost leadership does not", async () => {
  const broken = start(() => new InvariantError("broken"));
  await broken.clock.run(10);
  assert.equal(broken.fatal.length, 1);
  await broken.duty[Symbol.asyncDispose]();
  const lost = start(() => new SwarmError("unavailable", "not the leader"));
  lost.raft.loseLeadership();
  await lost.clock.run(600_000);
  assert.equal(lost.begun(), 1);
  assert.deepEqual(lost.fatal, []);
  await lost.duty[Symbol.asyncDispose]();
});

test("a fault that only reads like lost leadership leaves no leader without its parts", async () => {
  let failures = 3;
  const world = start(() => (failures-- > 0 ? new SwarmError("unavailable", "the registry does not answer") : null));
  await world.clock.run(30_000);
  assert.equal(world.begun(), 4, "begun until it held, and left alone then");
  await world.clock.run(600_000);
  assert.equal(world.begun(), 4);
  await world.duty[Symbol.asyncDispose]();
  assert.deepEqual(world.clock.pending, []);
});

test("one that leads while its parts cannot be begun for a moment begins them later", async () => {
  const clock = new VirtualClock();
  const { raft } = createMemoryStore(clock);
  let begun = 0;
  const duty = new LeaderDuty({
    ...{ raft, clock, random: seededRandom(1), log: silentLogger },
    lead: async () => {
      if (++begun < 3) throw new SwarmError("aborted", "the proposal was lost");
    },
    onFatal: () => assert.fail("nothing is fatal here"),
  });
  raft.becomeLeader();
  await clock.run(600_000);
  assert.equal(begun, 3);
  await duty[Symbol.asyncDispose]();
});
