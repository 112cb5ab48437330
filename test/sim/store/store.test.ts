import assert from "node:assert/strict";
import { it } from "node:test";
import { pick, type Random } from "../../../shared/ports/random.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import { createService, testId } from "../../support/objects.ts";
import { snapshotBytes } from "../../support/state-machine.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";
import { type Manager, Managers } from "./managers.ts";

/** SIM_SEED=7 runs one, SIM_SEED=100-200 a range. */
const SEEDS = seedsOf(process.env["SIM_SEED"] ?? "1-6");
const STEPS = 150;
const COUNTERS = ["a", "b", "c"];
const INITIAL = createService("x");

interface Outcome {
  /** "counter=value" of increments that resolved. */
  readonly acknowledged: string[];
  refused: number;
  restores: number;
  leaders: Set<string>;
}

for (const seed of SEEDS) {
  it(`increments are neither lost nor doubled (3 managers, partitions, hand-overs, snapshots; SIM_SEED=${seed})`, async (test) => {
    const random = seededRandom(seed);
    const clock = new VirtualClock();
    await using managers = new Managers(clock, random.fork("managers"));
    for (const name of ["m1", "m2", "m3"]) await managers.start(name);
    const outcome: Outcome = { acknowledged: [], refused: 0, restores: 0, leaders: new Set() };
    for (const { store } of managers.all) {
      store.subscribe(({ resync }) => {
        if (resync) outcome.restores++;
      });
    }
    await runFaults(clock, random.fork("faults"), managers, outcome);
    managers.heal();
    await clock.until("someone leads again", () => managers.leader() !== undefined);
    await quiet(clock, managers);
    check(managers, outcome);
    test.diagnostic(
      `acknowledged=${outcome.acknowledged.length} refused=${outcome.refused} restores=${outcome.restores}`,
    );
  });
}

async function runFaults(clock: VirtualClock, random: Random, managers: Managers, outcome: Outcome): Promise<void> {
  for (let step = 0; step < STEPS; step++) {
    // Several at once, on whoever believes to lead: a deposed leader's must fail.
    for (const manager of managers.all.filter(({ leading }) => leading)) {
      outcome.leaders.add(manager.name);
      for (let count = random.below(4); count > 0; count--) increment(manager, pick(random, COUNTERS), outcome);
    }
    await clock.run(random.below(40));
    switch (random.below(14)) {
      case 0:
        managers.cut(pick(random, managers.all));
        break;
      case 1:
      case 2:
        managers.heal();
        await clock.run(400);
        break;
      case 3: {
        const target = pick(random, managers.all).node.raftId;
        managers
          .leader()
          ?.node.transferLeadership(target)
          .catch(() => {});
      }
    }
  }
}

function increment(manager: Manager, counter: string, outcome: Outcome): void {
  const id = testId<typeof INITIAL.id>(counter);
  manager.store
    .update("increment", (tx) => {
      const old = tx.get("service", id);
      const next = { ...createService(counter), generation: (old?.generation ?? 0) + 1 };
      if (old === undefined) tx.create("service", next);
      else tx.update("service", next);
      return next.generation;
    })
    .then(
      (value) => outcome.acknowledged.push(`${counter}=${value}`),
      () => {
        outcome.refused++;
      },
    );
}

/** Waits until every manager has applied what the leader has. */
async function quiet(clock: VirtualClock, managers: Managers): Promise<void> {
  await clock.run(3000);
  await clock.until("all managers are level", () => {
    const versions = managers.all.map(({ store }) => store.view().version);
    return new Set(versions).size === 1;
  });
}

function check(managers: Managers, outcome: Outcome): void {
  const [first, ...others] = managers.all;
  assert.ok(first !== undefined);
  for (const { machine, name } of others) {
    assert.deepEqual(snapshotBytes(machine), snapshotBytes(first.machine), `${name} is like m1`);
  }
  assert.equal(new Set(outcome.acknowledged).size, outcome.acknowledged.length, "no value is acknowledged twice");
  for (const counter of COUNTERS) {
    const final: number = first.store.view().get("service", testId<string>(counter))?.generation ?? 0;
    const acknowledged = outcome.acknowledged.filter((text) => text.startsWith(`${counter}=`));
    assert.ok(acknowledged.length <= final, `${counter}: ${acknowledged.length} acknowledged, ${final} counted`);
    for (const text of acknowledged) assert.ok(Number(text.slice(2)) <= final, `${text} is counted in ${final}`);
  }
  // The run must have been one worth its name.
  assert.ok(outcome.acknowledged.length > STEPS / 3, `${outcome.acknowledged.length} acknowledged`);
  assert.ok(outcome.leaders.size > 1, "leadership has changed");
}

function seedsOf(text: string): number[] {
  const [first = 0, last = first] = text.split("-").map(Number);
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}
