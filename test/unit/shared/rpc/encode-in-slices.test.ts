import { strict as assert } from "node:assert";
import { test } from "node:test";
import { systemClock } from "../../../../shared/ports/system-clock.ts";
import { encodeInSlices } from "../../../../shared/rpc/encode-in-slices.ts";
import type { Task } from "../../../../shared/rpc/gen/objects.ts";
import { codecs, services } from "../../../../shared/rpc/schema.ts";

/** What time-slices.ts calls it when somebody who has waited goes on. */
const NEXT = "time slices: next in line";
const { encodeResponse, decodeResponse } = services.control.methods.listTasks;

const tasksOf = (count: number): readonly Task[] =>
  Array.from({ length: count }, (_, at) => codecs.task.decode(codecs.task.encode({ id: `t${at}`, slot: at })));

/** The bytes, and how often others were let go first; a look at the time takes a millisecond. */
async function encoded(tasks: readonly Task[]): Promise<{ bytes: Buffer; rests: number }> {
  let rests = 0;
  let nowMs = 0;
  const clock: typeof systemClock = {
    ...systemClock,
    now: () => nowMs++,
    schedule: (delayMs, label, action) => {
      if (label === NEXT) rests++;
      return systemClock.schedule(delayMs, label, action);
    },
  };
  const bytes = await encodeInSlices(encodeResponse as (message: unknown) => Buffer, { tasks }, clock);
  return { bytes, rests };
}

test("a message with a long list has the same bytes as if it were encoded at once, and lets others go between", async () => {
  for (const count of [101, 120, 1_000]) {
    const tasks = tasksOf(count);
    const { bytes, rests } = await encoded(tasks);
    assert.deepEqual(bytes, Buffer.from(encodeResponse({ tasks })));
    assert.deepEqual(decodeResponse(bytes), { tasks });
    assert(rests >= Math.floor(count / 20 / 6), `${rests} rests for ${count} objects`);
  }
});

test("a message with a short list is encoded at once", async () => {
  const tasks = tasksOf(100);
  const { bytes, rests } = await encoded(tasks);
  assert.deepEqual(bytes, Buffer.from(encodeResponse({ tasks })));
  assert.equal(rests, 0);
});
