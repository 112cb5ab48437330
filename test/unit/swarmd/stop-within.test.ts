import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { endsWithin } from "../../../swarmd/stop-within.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

describe("a stop", () => {
  it("is waited for up to its limit, and then left alone", async () => {
    const clock = new VirtualClock();
    const failingLate = Promise.withResolvers<void>();
    const ended = endsWithin(100, failingLate.promise, clock);
    await clock.run(100);
    assert.equal(await ended, false);
    failingLate.reject(new Error("nobody hears this"));
    assert.equal(await endsWithin(100, Promise.resolve(), clock), true);
    assert.deepEqual(clock.pending, []);
  });

  it("that fails in time tells why", async () => {
    await assert.rejects(endsWithin(100, Promise.reject(new Error("why")), new VirtualClock()), /why/);
  });
});
