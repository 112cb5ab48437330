import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { endsWithin } from "../../../shared/ends-within.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

describe("a wait with a limit", () => {
  it("ends with what it is for or at its limit, and then leaves that alone", async () => {
    const clock = new VirtualClock();
    const failingLate = Promise.withResolvers<void>();
    const ended = endsWithin(100, failingLate.promise, clock);
    await clock.run(100);
    assert.equal(await ended, false);
    failingLate.reject(new Error("nobody hears this"));
    assert.equal(await endsWithin(100, Promise.resolve(), clock), true);
    assert.deepEqual(clock.pending, []);
  });

  it("for something that fails in time tells why", async () => {
    await assert.rejects(endsWithin(100, Promise.reject(new Error("why")), new VirtualClock()), /why/);
  });
});
