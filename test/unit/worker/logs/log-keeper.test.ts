import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TaskId } from "../../../../shared/ids.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { keptCount } from "../../../../worker/logs/generations.ts";
import { LOOK_MS_MAX, LOOK_MS_MIN, LogKeeper, restMs } from "../../../../worker/logs/log-keeper.ts";
import { readLogs } from "../../../../worker/logs/read-logs.ts";
import type { LogQuery } from "../../../../worker/ports/task-executor.ts";
import { MemoryHostFiles } from "../../../support/memory-host-files.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const TASK = "t1" as TaskId;
const DIRECTORY = "/data/t1";
const PATH = `${DIRECTORY}/container.log`;
const CONTROL = "/run/t1/ctl";
const NEVER = new AbortController().signal;
const ALL: LogQuery = { follow: false, tail: -1, sinceMs: 0 };
const line = (n: number): string => `2026-11-21T05:00:00.${String(n).padStart(9, "0")}+00:00 stdout F line ${n}\n`;
/** A hundred lines fill a generation. */
const LIMITS = { bytesMax: line(1).length * 100, filesMax: 3 };

/** A monitor as conmon is: appends to one file, and when told, or by itself, puts an empty one in its place. */
class Monitor {
  readonly #files: MemoryHostFiles;
  #said = 0;
  begun = 0;

  constructor(files: MemoryHostFiles) {
    this.#files = files;
    files.put(PATH, "");
  }

  say(lines: number): void {
    for (let i = 0; i < lines; i++) this.#files.append(PATH, line(this.#said++));
  }

  beginAnew(): void {
    this.begun++;
    this.#files.put(`${PATH}.tmp`, "");
    this.#files.move(`${PATH}.tmp`, PATH);
  }
}

function setUp(limits = LIMITS) {
  const files = new MemoryHostFiles();
  const clock = new VirtualClock();
  const monitor = new Monitor(files);
  const open = (): LogKeeper => {
    const keeper = new LogKeeper({ files, clock, log: silentLogger });
    keeper.keep(TASK, { ...limits, path: PATH, control: CONTROL });
    return keeper;
  };
  const said = async (query: Partial<LogQuery> = {}): Promise<string[]> => {
    const texts: string[] = [];
    const source = { files, clock, isOver: async () => true };
    for await (const { text } of readLogs(PATH, { ...ALL, ...query }, source, NEVER))
      texts.push(`${Buffer.from(text)}`);
    return texts;
  };
  return { files, clock, monitor, open, said };
}

const named = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);

describe("keeping a container's log", () => {
  it("has the monitor begin a new generation when one is full, and keeps those before it", async () => {
    const { files, clock, monitor, open, said } = setUp();
    files.listen(CONTROL, (order) => order === "2 0 0" && monitor.beginAnew());
    const keeper = open();
    await clock.run(0);
    monitor.say(150);
    await clock.run(1_000);
    monitor.say(50);
    assert.equal(monitor.begun, 1);
    assert.deepEqual(await said(), named(0, 199));
    assert.deepEqual(await said({ tail: 60 }), named(140, 199));
    await keeper.close();
    assert.deepEqual(clock.pending, []);
  });

  it("loses no line over twenty generations to whoever follows, and keeps the newest", async () => {
    const { files, clock, monitor, open, said } = setUp();
    files.listen(CONTROL, () => monitor.beginAnew());
    const keeper = open();
    const followed: string[] = [];
    const stop = new AbortController();
    const source = { files, clock, isOver: async () => false };
    const following = (async () => {
      for await (const { text } of readLogs(PATH, { ...ALL, follow: true }, source, stop.signal))
        followed.push(`${Buffer.from(text)}`);
    })();
    for (let i = 0; i < 400; i++) {
      monitor.say(6);
      await clock.run(60);
    }
    await clock.run(1_000);
    assert.ok(monitor.begun >= 20, `${monitor.begun} generations`);
    assert.deepEqual(followed, named(0, 2_399));
    const kept = await said();
    assert.deepEqual(kept, named(2_400 - kept.length, 2_399));
    assert.ok(kept.length >= 150, `${kept.length} lines are kept`);
    const generations = (await files.list(DIRECTORY)).filter((name) => /\d$/.test(name));
    assert.ok(generations.length <= 3, generations.join(" "));
    stop.abort();
    await following;
    await keeper.close();
  });

  it("keeps what was there when the monitor began anew by itself", async () => {
    const { clock, monitor, open, said } = setUp();
    const keeper = open();
    await clock.run(0);
    monitor.say(90);
    monitor.beginAnew();
    monitor.say(1);
    await keeper.close();
    assert.deepEqual(await said(), named(0, 90));
  });

  it("goes on where an earlier daemon stopped", async () => {
    const { files, clock, monitor, open, said } = setUp();
    files.listen(CONTROL, () => monitor.beginAnew());
    const first = open();
    await clock.run(0);
    monitor.say(100);
    await clock.run(1_000);
    await first.close();
    monitor.say(100);
    const second = open();
    await clock.run(1_000);
    monitor.say(1);
    assert.equal(monitor.begun, 2);
    assert.deepEqual(await said(), named(0, 200));
    await second.close();
  });

  it("tells a monitor once, however long it takes", async () => {
    const { files, clock, monitor, open, said } = setUp();
    let orders = 0;
    files.listen(CONTROL, () => orders++);
    const keeper = open();
    await clock.run(0);
    monitor.say(150);
    await clock.run(10_000);
    assert.equal(orders, 1);
    monitor.beginAnew();
    monitor.say(150);
    await clock.run(10_000);
    assert.equal(orders, 2);
    assert.deepEqual(await said(), named(0, 299));
    await keeper.close();
  });

  it("goes on when the monitor has gone or the disk refuses", async (t) => {
    const { files, clock, monitor, open, said } = setUp();
    const refused = t.mock.method(files, "addName", () => Promise.reject(new Error("no space left on device")));
    const keeper = open();
    await clock.run(0);
    monitor.say(150);
    await clock.run(10_000);
    refused.mock.restore();
    await clock.run(10_000);
    assert.equal(monitor.begun, 0);
    files.listen(CONTROL, () => monitor.beginAnew());
    await clock.run(10_000);
    assert.equal(monitor.begun, 1);
    assert.deepEqual(await said(), named(0, 149));
    await keeper.close();
  });

  it("leaves an idle log alone until the directory tells of a change", async (t) => {
    const { files, clock, monitor, open } = setUp();
    files.listen(CONTROL, () => monitor.beginAnew());
    const looks = t.mock.method(files, "lookAt");
    const keeper = open();
    await clock.run(10_000);
    const before = looks.mock.callCount();
    await clock.run(60_000);
    assert.ok(looks.mock.callCount() - before <= 2, `${looks.mock.callCount() - before} looks`);
    monitor.say(150);
    await clock.run(1);
    assert.equal(monitor.begun, 1);
    await keeper.close();
  });

  it("looks as often as the log grows, within limits", () => {
    assert.equal(restMs(1_000_000, 1_000_000, 200), 100);
    assert.equal(restMs(1_000, 1_000_000, 500), LOOK_MS_MIN);
    assert.equal(restMs(-5, 1_000_000, 500), LOOK_MS_MIN);
    assert.equal(restMs(1_000_000, 1, 0), LOOK_MS_MAX);
  });

  it("keeps generations within number and size, and the one before the newest always", () => {
    const limits = { bytesMax: 100, filesMax: 3 };
    assert.equal(keptCount([0, 100, 100], limits), 3);
    assert.equal(keptCount([0, 100, 100, 100], limits), 3);
    assert.equal(keptCount([0, 250, 100], limits), 2);
    assert.equal(keptCount([300, 300, 1], limits), 2);
    assert.equal(keptCount([], limits), 0);
  });
});
