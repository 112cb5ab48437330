import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../../../../shared/log.ts";
import { CONTACT_TICK_MS, ContactWatch } from "../../../../worker/agent/contact-watch.ts";
import type { BootMoment } from "../../../../worker/ports/boot-clock.ts";
import { MemoryAgentDatabase } from "../../../support/fake-worker.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

/** A daemon on a machine that has been up for a while; `upMs` goes on where daemons begin their clocks at zero. */
function daemon(stored: BootMoment | null, machine = { bootId: "one", atStartMs: 50_000 }, hasTimed = true) {
  const clock = new VirtualClock();
  const startMs = clock.now();
  const silences: number[] = [];
  const database = new MemoryAgentDatabase();
  const watch = new ContactWatch(stored, {
    clock,
    bootClock: () => ({ bootId: machine.bootId, upMs: machine.atStartMs + clock.now() - startMs }),
    database,
    tasks: { hasTimed, onSilence: (silentMs) => void silences.push(silentMs) },
    log: silentLogger,
  });
  const look = (): number | undefined => {
    watch.look();
    return silences.at(-1);
  };
  return { clock, watch, database, look, silences };
}

test("the silence counts from when the answered heartbeat was sent, not from its answer", async () => {
  const { clock, watch, look } = daemon(null);
  const sentAtMs = clock.now();
  await clock.run(3_000);
  watch.onContact(sentAtMs);
  assert.equal(look(), 3_000);
});

test("an answer that comes late does not shorten what a later one has said", async () => {
  const { clock, watch, look } = daemon(null);
  const early = clock.now();
  await clock.run(2_000);
  watch.onContact(clock.now());
  watch.onContact(early);
  assert.equal(look(), 0);
});

test("a daemon that is started again goes on with the count of the one before", () => {
  assert.equal(daemon({ bootId: "one", upMs: 20_000 }).look(), 30_000);
});

test("on a machine that was started again nothing of before counts", () => {
  assert.equal(daemon({ bootId: "another", upMs: 20_000 }).look(), 0);
});

test("the moment is stored while a task needs it, and only then", async () => {
  for (const hasTimed of [true, false]) {
    const { clock, watch, database } = daemon(null, undefined, hasTimed);
    const end = new AbortController();
    const running = watch.run(end.signal);
    await clock.run(CONTACT_TICK_MS * 2);
    watch.onContact(clock.now());
    await clock.run(CONTACT_TICK_MS);
    assert.deepEqual(database.heard, hasTimed ? { bootId: "one", upMs: 51_000 } : null);
    end.abort();
    await running;
  }
});

test("a host whose disk is full tells its tasks of the silence all the same", async () => {
  const { clock, watch, database, silences } = daemon(null);
  database.isFull = true;
  const end = new AbortController();
  const running = watch.run(end.signal);
  await clock.run(CONTACT_TICK_MS * 4);
  assert.equal(silences.at(-1), CONTACT_TICK_MS * 4);
  end.abort();
  await running;
});
