import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { unlessAborted } from "../../../shared/unless-aborted.ts";

const GONE = new Error("gone");
const LATE = new Error("late");

test("what fails after the signal, or after it was asked too late, is heard by nobody and ends nothing", async (t) => {
  const unheard: unknown[] = [];
  const note = (error: unknown): void => void unheard.push(error);
  process.on("unhandledRejection", note);
  t.after(() => process.off("unhandledRejection", note));
  for (const isEarly of [true, false]) {
    const [late, aborting] = [Promise.withResolvers<never>(), new AbortController()];
    if (isEarly) aborting.abort(GONE);
    const asked = assert.rejects(unlessAborted(late.promise, aborting.signal), GONE);
    aborting.abort(GONE);
    await asked;
    late.reject(LATE);
    await setImmediate();
    await setImmediate();
  }
  assert.deepEqual(unheard, []);
});

test("a result, and a failure in time, are handed on", async () => {
  const { signal } = new AbortController();
  assert.equal(await unlessAborted(Promise.resolve(1), signal), 1);
  await assert.rejects(unlessAborted(Promise.reject(LATE), signal), LATE);
});
