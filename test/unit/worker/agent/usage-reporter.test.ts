import { strict as assert } from "node:assert";
import { test } from "node:test";
import { silentLogger } from "../../../../shared/log.ts";
import type { UsageReport } from "../../../../shared/rpc/gen/dispatcher.ts";
import type { Sendable } from "../../../../shared/rpc/sendable.ts";
import { type TaskMeter, UsageReporter } from "../../../../worker/agent/usage-reporter.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const NS = 1_000_000;

function world() {
  const clock = new VirtualClock();
  /** Milliseconds of processor time in each second, by task. */
  const busy = new Map<string, number>();
  let reads = 0;
  const readMeter = async (taskId: string): Promise<TaskMeter | null> => {
    reads++;
    const share = busy.get(taskId);
    return share === undefined ? null : { cpuNs: (clock.now() * share * NS) / 1000, memoryBytes: 42 };
  };
  const said: string[] = [];
  const reporter = new UsageReporter({ readMeter, clock, log: silentLogger });
  const report = ({ tasks = [] }: Sendable<UsageReport>): void => {
    said.push(tasks.map(({ taskId, nanoCpus }) => `${taskId} ${(nanoCpus ?? 0) / 1e9}`).join(", "));
  };
  return { clock, busy, said, reporter, report, reads: () => reads };
}

const ask = (...taskIds: readonly string[]) => ({ taskIds, periodMs: 5_000 });

test("tells the share of a CPU that each task uses, once it has looked twice", async () => {
  const { clock, busy, said, reporter, report } = world();
  const session = new AbortController();
  busy.set("a", 250).set("b", 1_500);
  reporter.begin(ask("a", "b", "gone"), report, session.signal);
  await clock.run(10_500);
  assert.deepEqual(said, ["", "a 0.25, b 1.5", "a 0.25, b 1.5"]);
  session.abort();
  await clock.run(20_000);
  assert.equal(said.length, 3, "the session is over");
});

test("a request takes the place of the one before, and what was measured before is known", async () => {
  const { clock, busy, said, reporter, report } = world();
  const { signal } = new AbortController();
  busy.set("a", 500).set("b", 100);
  reporter.begin(ask("a"), report, signal);
  await clock.run(7_000);
  reporter.begin(ask("a", "b"), report, signal);
  await clock.run(8_500);
  assert.deepEqual(said, ["", "a 0.5", "a 0.5", "a 0.5, b 0.1"].slice(0, said.length));
  assert.equal(said.length, 4);
});

test("measures nothing unless asked, and stops when asked for nothing", async () => {
  const { clock, said, reporter, report, reads } = world();
  const { signal } = new AbortController();
  await clock.run(20_000);
  assert.equal(reads(), 0);
  reporter.begin(ask("a"), report, signal);
  await clock.run(1_000);
  reporter.begin(ask(), report, signal);
  const before = reads();
  await clock.run(60_000);
  assert.deepEqual([reads(), said], [before, [""]]);
});
