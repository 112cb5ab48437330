import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Logger } from "../../../../shared/log.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { REPAIR_INTERVAL_MS, runNetworkRepair } from "../../../../worker/network/repair-loop.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

describe("network repair loop", () => {
  it("repairs once an interval, logs what it finds, survives a failure, and ends with its signal", async () => {
    const clock = new VirtualClock();
    const lines: string[] = [];
    const note = (message: string, fields?: Readonly<Record<string, unknown>>): void =>
      void lines.push(`${message}: ${fields?.["finding"] ?? fields?.["error"]}`);
    const log: Logger = { ...silentLogger, warn: note, error: note };
    const outcomes = [
      async () => ["a route was missing"],
      async () => Promise.reject(new Error("no nft")),
      async () => [],
    ];
    let calls = 0;
    const network = { repair: (): Promise<readonly string[]> => (outcomes[calls++] ?? (async () => []))() };
    const stop = new AbortController();
    const loop = runNetworkRepair(network, { clock, log }, stop.signal);
    await clock.run(REPAIR_INTERVAL_MS * 4 + 1);
    assert.equal(calls, 4);
    assert.deepEqual(lines, ["network repaired: a route was missing", "network could not be repaired: no nft"]);
    stop.abort();
    await loop;
    assert.deepEqual(clock.pending, []);
  });

  it("tells what is wrong at every look, or cannot be repaired, at each doubling", async () => {
    const clock = new VirtualClock();
    let warnings = 0;
    const log: Logger = { ...silentLogger, warn: () => void warnings++, error: () => assert.fail("is a warning") };
    let looks = 0;
    let isOut = true;
    const network = {
      repair: async () => {
        looks++;
        if (isOut) throw new Error("no nft");
        return ["our packet rules had been changed"];
      },
    };
    const stop = new AbortController();
    const loop = runNetworkRepair(network, { clock, log }, stop.signal);
    const DAY_MS = 86_400_000;
    await clock.run(DAY_MS);
    assert.ok(looks > 17_000 && warnings <= 16, `${warnings} warnings of ${looks} looks`);
    isOut = false;
    warnings = 0;
    await clock.run(DAY_MS);
    assert.ok(warnings >= 1 && warnings <= 16, `${warnings} warnings`);
    stop.abort();
    await loop;
  });
});
