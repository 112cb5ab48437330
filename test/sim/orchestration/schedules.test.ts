/** Jobs with a schedule, while leaders change: each time is dealt with once. */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { jobStatusAfter } from "../../../manager/tasks/jobs.ts";
import type { Schedule } from "../../../shared/rpc/gen/objects.ts";
import { createService } from "../../support/objects.ts";
import { World } from "./world.ts";

const MINUTE_MS = 60_000;
const EVERY_MINUTE: Schedule = {
  cron: "* * * * *",
  timeZone: "Europe/Berlin",
  concurrency: "FORBID",
  startDeadlineMs: 0,
  history: 3,
};

async function world(seed: number, schedule: Partial<Schedule>): Promise<World> {
  const made = new World(seed);
  await made.bootstrap(2);
  const job = createService("backup", { job: { total: 2, max: 1 }, schedule: { ...EVERY_MINUTE, ...schedule } });
  const jobStatus = jobStatusAfter(null, job.spec, made.clock.wallNow());
  await made.change((tx) => tx.create("service", { ...job, jobStatus }));
  return made;
}

for (const seed of [1, 2, 3, 4, 5, 6]) {
  test(`a leader change neither loses a run nor begins one twice (seed=${seed})`, async () => {
    await using sim = await world(seed, {});
    const begun: number[] = [];
    sim.store.subscribe(({ changes }) => {
      for (const { kind, object } of changes) {
        if (kind !== "service" || object.jobStatus === null || object.jobStatus.lastExecutionMs === 0) continue;
        if (begun.at(-1) !== object.jobStatus.lastScheduledMs) begun.push(object.jobStatus.lastScheduledMs);
      }
    });
    const random = sim.random.fork("leaders");
    const untilMs = sim.clock.now() + 20 * MINUTE_MS;
    while (sim.clock.now() < untilMs) {
      await sim.clock.run(random.below(MINUTE_MS));
      await sim.changeLeader();
    }
    await sim.clock.run(MINUTE_MS);
    sim.check();
    const firstMs = begun[0] ?? 0;
    assert.ok(begun.length >= 20, `${begun.length} runs began`);
    assert.deepEqual(
      begun.map((dueMs) => (dueMs - firstMs) / MINUTE_MS),
      begun.map((_, at) => at),
      "every minute once, in order",
    );
    const { jobStatus, id } = sim.service("backup");
    assert.equal(jobStatus?.iteration, begun.length - 1);
    const tasks = sim.store.view().tasksOfService(id);
    assert.ok(new Set(tasks.map(({ jobIteration }) => jobIteration)).size <= 3, "history keeps three runs");
    const perRun = Map.groupBy(tasks, ({ jobIteration }) => jobIteration);
    const before = perRun.get((jobStatus?.iteration ?? 0) - 1) ?? [];
    assert.deepEqual(before.map(({ slot, status }) => `${slot} ${status.state}`).sort(), ["1 COMPLETE", "2 COMPLETE"]);
  });
}

test("runs that are allowed go on beside each other, and each is done whole", async () => {
  await using sim = await world(9, { concurrency: "ALLOW", history: 100 });
  // Two slots, one after the other, take longer than a minute between them.
  sim.fleet.workMsMax = 70_000;
  await sim.clock.run(20 * MINUTE_MS);
  sim.check();
  const { id, jobStatus } = sim.service("backup");
  const tasks = sim.store.view().tasksOfService(id);
  const runs = [...Map.groupBy(tasks, ({ jobIteration }) => jobIteration ?? 0)].filter(
    ([run]) => run <= (jobStatus?.iteration ?? 0) - 4,
  );
  assert.ok(runs.length > 10);
  for (const [run, of] of runs) {
    assert.deepEqual(
      of.map(({ slot, status }) => `${slot} ${status.state}`).sort(),
      ["1 COMPLETE", "2 COMPLETE"],
      `${run}`,
    );
  }
});
