import { strict as assert } from "node:assert";
import { test } from "node:test";
import type { Clock } from "../../../../shared/ports/clock.ts";
import { systemClock } from "../../../../shared/ports/system-clock.ts";
import type { Task } from "../../../../shared/rpc/gen/objects.ts";
import { connectInProcess } from "../../../../shared/rpc/in-process-call.ts";
import { codecs, services } from "../../../../shared/rpc/schema.ts";

/** What time-slices.ts calls it when somebody who has waited goes on. */
const NEXT = "time slices: next in line";

/** A client of somebody who answers with so many tasks, and how often it let others go first. */
function listing(tasks: readonly Task[]) {
  let rests = 0;
  let nowMs = 0;
  // A look at the time, as before each object, takes a millisecond.
  const clock: Clock = {
    ...systemClock,
    now: () => nowMs++,
    schedule: (delayMs, label, action) => {
      if (label === NEXT) rests++;
      return systemClock.schedule(delayMs, label, action);
    },
  };
  const door = { answer: async () => {}, answerOne: async () => ({ tasks }) };
  return { client: connectInProcess(services.control, door, clock), rests: () => rests };
}

const tasksOf = (count: number): readonly Task[] =>
  Array.from({ length: count }, (_, at) => codecs.task.decode(codecs.task.encode({ id: `t${at}`, slot: at })));

test("a long list within the process is taken in with others between, and is what was sent", async () => {
  const tasks = tasksOf(1_000);
  const { client, rests } = listing(tasks);
  const answer = await client.listTasks({});
  assert.deepEqual(answer.tasks, tasks);
  assert.equal(answer.tasks[999], tasks[999]);
  assert(rests() >= 100, `${rests()} rests for 1,000 objects`);
});

test("a short list within the process waits for nobody", async () => {
  const tasks = tasksOf(100);
  const { client, rests } = listing(tasks);
  assert.deepEqual((await client.listTasks({})).tasks, tasks);
  assert.equal(rests(), 0);
});
