import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Logger, silentLogger } from "../../../../shared/log.ts";
import type { Depth } from "../../../../worker/network/reconciler.ts";
import {
  FIRST_LOOK_MS,
  FULL_LOOK_INTERVAL_MS,
  PAUSE_MS_MAX,
  PAUSE_MS_MIN,
  type Repairable,
  runNetworkRepair,
} from "../../../../worker/network/repair-loop.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const HOUR_MS = 3_600_000;

/** A network that is disturbed when the test says so. */
class FakeNetwork implements Repairable {
  readonly looks: { readonly depth: Depth; readonly at: number }[] = [];
  outcome: () => Promise<readonly string[]> = async () => [];
  readonly #clock: VirtualClock;
  #isDisturbed = false;
  #disturbed = Promise.withResolvers<void>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  disturb(): void {
    this.#isDisturbed = true;
    this.#disturbed.resolve();
    this.#disturbed = Promise.withResolvers();
  }

  async disturbance(): Promise<void> {
    if (!this.#isDisturbed) await this.#disturbed.promise;
  }

  async repair(depth: Depth): Promise<readonly string[]> {
    this.#isDisturbed = false;
    this.looks.push({ depth, at: this.#clock.now() });
    return await this.outcome();
  }
}

describe("network repair loop", () => {
  it("looks at everything soon, then every few minutes, and ends with its signal", async () => {
    const clock = new VirtualClock();
    const network = new FakeNetwork(clock);
    const stop = new AbortController();
    const loop = runNetworkRepair(network, { clock, log: silentLogger }, stop.signal);
    await clock.run(HOUR_MS);
    assert.ok(network.looks.every(({ depth }) => depth === "everything"));
    assert.equal(network.looks.length, Math.ceil((HOUR_MS - FIRST_LOOK_MS) / (FULL_LOOK_INTERVAL_MS + PAUSE_MS_MIN)));
    stop.abort();
    await loop;
    assert.deepEqual(clock.pending, []);
  });

  it("looks within moments at what it hears, says what it found, and survives a failure", async () => {
    const clock = new VirtualClock();
    const network = new FakeNetwork(clock);
    const lines: string[] = [];
    const note = (message: string, fields?: Readonly<Record<string, unknown>>): void =>
      void lines.push(`${message}: ${fields?.["finding"] ?? fields?.["error"]}`);
    const log: Logger = { ...silentLogger, warn: note, error: note };
    const stop = new AbortController();
    const loop = runNetworkRepair(network, { clock, log }, stop.signal);
    const outcomes = [async () => ["a route was missing"], () => Promise.reject(new Error("refused")), async () => []];
    network.outcome = () => (outcomes.shift() ?? (async () => []))();
    for (let times = 1; times <= 3; times++) {
      network.disturb();
      await clock.run(PAUSE_MS_MIN * 4);
      assert.equal(network.looks.length, times);
    }
    assert.deepEqual(lines, ["network repaired: a route was missing", "network could not be repaired: refused"]);
    assert.deepEqual(
      network.looks.map(({ depth }) => depth),
      ["known", "known", "known"],
    );
    stop.abort();
    await loop;
  });

  it("looks again at what happens while it looks", async () => {
    const clock = new VirtualClock();
    const network = new FakeNetwork(clock);
    const stop = new AbortController();
    const loop = runNetworkRepair(network, { clock, log: silentLogger }, stop.signal);
    network.outcome = async () => {
      if (network.looks.length === 1) network.disturb();
      return [];
    };
    network.disturb();
    await clock.run(PAUSE_MS_MIN * 4);
    assert.equal(network.looks.length, 2);
    stop.abort();
    await loop;
  });

  it("fights nobody: who undoes each repair is answered ever more rarely, and told of at each doubling", async () => {
    const clock = new VirtualClock();
    const network = new FakeNetwork(clock);
    let warnings = 0;
    const log: Logger = { ...silentLogger, warn: () => void warnings++, error: () => assert.fail("is a warning") };
    const stop = new AbortController();
    const loop = runNetworkRepair(network, { clock, log }, stop.signal);
    network.outcome = async () => {
      network.disturb();
      return ["our packet rules had been changed"];
    };
    network.disturb();
    await clock.run(HOUR_MS);
    assert.ok(network.looks.length < HOUR_MS / PAUSE_MS_MAX + 20, `${network.looks.length} looks`);
    assert.ok(network.looks.length > HOUR_MS / PAUSE_MS_MAX - 20 && warnings <= 12, `${warnings} warnings`);
    stop.abort();
    await loop;
  });
});
