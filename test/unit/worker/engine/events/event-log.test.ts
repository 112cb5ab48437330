import assert from "node:assert/strict";
import { it } from "node:test";
import type { HostEvent } from "../../../../../shared/rpc/gen/containers.ts";
import { EVENTS_MAX, EventLog } from "../../../../../worker/engine/events/event-log.ts";
import { VirtualClock } from "../../../../support/virtual-clock.ts";

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Reads until `work` is done and everything has been sent. */
async function reading(
  log: EventLog,
  query: { readonly sinceMs?: number; readonly after?: number },
  work: () => void,
): Promise<readonly HostEvent[]> {
  const seen: HostEvent[] = [];
  const over = new AbortController();
  const read = log.read({ sinceMs: 0, after: 0, ...query }, over.signal, async (event) => void seen.push(event));
  await settled();
  work();
  for (let before = -1; before !== seen.length; await settled()) before = seen.length;
  over.abort(new Error("read"));
  await read;
  return seen;
}

it("events are read from now on, from an instant on, or from behind a place on", async () => {
  const clock = new VirtualClock();
  const log = new EventLog(clock);
  const note = (action: string): void => log.note("container", action, "c1", { name: "web" });
  note("create");
  clock.stall(10);
  const at = clock.wallNow();
  note("start");
  const now = await reading(log, {}, () => note("die"));
  assert.deepEqual(
    now.map(({ action }) => action),
    ["die"],
  );
  const since = await reading(log, { sinceMs: at }, () => note("destroy"));
  assert.deepEqual(
    since.map(({ action }) => action),
    ["start", "die", "destroy"],
  );
  const after = await reading(log, { after: since[0]?.place ?? 0 }, () => {});
  assert.deepEqual(
    after.map(({ action, missed }) => [action, missed]),
    [
      ["die", false],
      ["destroy", false],
    ],
  );
});

it("who was away for too long, or since an earlier daemon, is told that something was missed", async () => {
  const clock = new VirtualClock();
  const earlier = new EventLog(clock);
  earlier.note("container", "create", "c1", {});
  const [seen] = await reading(earlier, { sinceMs: 1 }, () => {});
  clock.stall(1);
  const log = new EventLog(clock);
  for (let at = 0; at < EVENTS_MAX + 5; at++) log.note("container", `a${at}`, "c1", {});
  const later = await reading(log, { after: seen?.place ?? 0 }, () => {});
  assert.equal(later.length, EVENTS_MAX);
  assert.deepEqual(
    later.slice(0, 2).map(({ action, missed }) => [action, missed]),
    [
      ["a5", true],
      ["a6", false],
    ],
  );
});
