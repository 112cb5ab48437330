import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { readLogs } from "../../../../worker/logs/read-logs.ts";
import type { LogEntry, LogQuery } from "../../../../worker/ports/task-executor.ts";
import { MemoryHostFiles } from "../../../support/memory-host-files.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const NEVER = new AbortController().signal;
const PATH = "/data/t1/container.log";
const ALL: LogQuery = { follow: false, tail: -1, sinceMs: 0 };
/** Line n was said in second n. */
const line = (n: number, text = `line ${n}`): string =>
  `2026-11-21T05:00:${String(n % 60).padStart(2, "0")}.000000000+00:00 stdout F ${text}\n`;
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => line(from + index)).join("");

function setUp(text: string | null) {
  const files = new MemoryHostFiles(text === null ? {} : { [PATH]: text });
  const clock = new VirtualClock();
  const state = { isOver: false };
  const read = async (query: Partial<LogQuery>, signal = NEVER): Promise<string[]> => {
    const texts: string[] = [];
    const source = { files, clock, isOver: async () => state.isOver, onMissed: () => texts.push("(missed)") };
    for await (const entry of readLogs(PATH, { ...ALL, ...query }, source, signal))
      texts.push(String(Buffer.from(entry.text)));
    return texts;
  };
  return { files, clock, state, read };
}

describe("reading a container's log", () => {
  it("gives all of it, the last lines, or none", async () => {
    const { read } = setUp(lines(1, 9));
    assert.equal((await read({})).length, 9);
    assert.deepEqual(await read({ tail: 2 }), ["line 8", "line 9"]);
    assert.equal((await read({ tail: 100 })).length, 9);
    assert.deepEqual(await read({ tail: 0 }), []);
  });

  it("finds the last lines of a large log from its end", async () => {
    const { read } = setUp(lines(1, 20_000));
    assert.deepEqual(await read({ tail: 3 }), ["line 19998", "line 19999", "line 20000"]);
    assert.equal((await read({ tail: 15_000 }))[0], "line 5001");
  });

  it("finds them among lines of several blocks, pieces, and what is no line yet", async () => {
    const long = line(2, "x".repeat(150_000)).replace(" F ", " P ") + line(3, "y".repeat(150_000));
    const { read } = setUp(`${line(1)}${long}${line(4)}not of the format\n${line(5)}2026-11-21T05:00:06.0`);
    assert.deepEqual(await read({ tail: 1 }), ["line 5"]);
    assert.deepEqual(await read({ tail: 2 }), ["line 4", "line 5"]);
    assert.deepEqual(
      (await read({ tail: 3 })).map(({ length }) => length),
      [300_000, 6, 6],
    );
    for (const tail of [4, 5]) assert.deepEqual((await read({ tail }))[0], "line 1");
  });

  it("looks at each line at most once to find where the last ones begin, a block at a time", async (t) => {
    const count = 10_000;
    const { files, read } = setUp(lines(1, count));
    const reads: number[] = [];
    const open = files.open.bind(files);
    t.mock.method(files, "open", async (path: string) => {
      const file = await open(path);
      if (file === null) return null;
      const counted = async (offset: number, length: number): Promise<Uint8Array> => {
        const bytes = await file.read(offset, length);
        reads.push(bytes.length);
        return bytes;
      };
      return { ...file, read: counted };
    });
    // Each line that is taken apart has its time parsed.
    const parsed = t.mock.method(Date, "parse");
    assert.equal((await read({ tail: count - 1 })).length, count - 1);
    assert.ok(parsed.mock.callCount() <= 2 * count, `${parsed.mock.callCount()} lines were taken apart`);
    assert.ok(Math.max(...reads) <= 64 << 10, `${Math.max(...reads)} bytes at once`);
  });

  it("goes on right behind any line, though all were said at once, and also in the middle of another stream's", async () => {
    const time = "2026-11-21T05:00:00.000000000+00:00";
    const text = Array.from({ length: 40 }, (_, n) =>
      n % 3 === 0 ? `${time} stderr P begun \n${time} stdout F out ${n}\n` : `${time} stderr F ${n}\n`,
    ).join("");
    const { files, clock } = setUp(text.slice(text.indexOf("out 20") - 46));
    files.put(`${PATH}.1`, text.slice(0, text.indexOf("out 20") - 46));
    const source = { files, clock, isOver: async () => true };
    const all: LogEntry[] = [];
    for await (const entry of readLogs(PATH, ALL, source, NEVER)) all.push(entry);
    for (const [at, resume] of all.entries()) {
      const rest: string[] = [];
      for await (const { text: line } of readLogs(PATH, { ...ALL, tail: 0, resume }, source, NEVER))
        rest.push(`${line}`);
      assert.deepEqual(
        rest,
        all.slice(at + 1).map(({ text: line }) => `${line}`),
        `after line ${at}`,
      );
    }
  });

  it("says how many files were gone when it goes on too late", async () => {
    const { files, clock } = setUp(line(9));
    files.put(`${PATH}.6`, line(8));
    const missed: number[] = [];
    const source = { files, clock, isOver: async () => true, onMissed: (count: number) => void missed.push(count) };
    const texts: string[] = [];
    const resume = { generation: 4, offset: 10 };
    for await (const { text } of readLogs(PATH, { ...ALL, resume }, source, NEVER)) texts.push(`${text}`);
    assert.deepEqual([texts, missed], [["line 8", "line 9"], [2]]);
  });

  it("gives only what was said until an instant, of which the last lines are counted", async () => {
    const { read } = setUp(lines(1, 9));
    const untilMs = Date.parse("2026-11-21T05:00:07.5Z");
    assert.deepEqual(await read({ untilMs, tail: 2 }), ["line 6", "line 7"]);
    assert.deepEqual(await read({ untilMs, sinceMs: untilMs - 1_000 }), ["line 7"]);
    assert.deepEqual(await read({ untilMs: 1 }), []);
    assert.equal((await setUp(lines(1, 20_000)).read({ untilMs: untilMs + 3_600_000, tail: 7 })).length, 7);
  });

  it("follows until an instant, and says when it has caught up", async () => {
    const { files, clock } = setUp(line(1));
    const heard: string[] = [];
    const source = { files, clock, isOver: async () => false, onCaughtUp: () => void heard.push("(caught up)") };
    const query = { ...ALL, follow: true };
    const reading = (async () => {
      for await (const { text } of readLogs(PATH, { ...query, untilMs: clock.wallNow() + 5_000 }, source, NEVER))
        heard.push(`${text}`);
      heard.push("(end)");
    })();
    await clock.until("it ends", () => heard.at(-1) === "(end)", 20_000);
    await reading;
    assert.deepEqual(heard.slice(-2), ["(caught up)", "(end)"]);
  });

  it("gives only what was said since an instant", async () => {
    const { read } = setUp(lines(1, 9));
    assert.deepEqual(await read({ sinceMs: Date.parse("2026-11-21T05:00:08Z") }), ["line 8", "line 9"]);
  });

  describe("since an instant, of a log of many generations", () => {
    const COUNT = 60_000;
    /** Line n was said n seconds after the first; every third line has two pieces. */
    const timed = (n: number): string => {
      const time = new Date(Date.UTC(2026, 0, 1) + n * 1_000).toISOString().replace("Z", "000000+00:00");
      return n % 3 === 0 ? `${time} stdout P line \n${time} stdout F ${n}\n` : `${time} stdout F line ${n}\n`;
    };
    const at = (n: number): number => Date.UTC(2026, 0, 1) + n * 1_000;
    async function readSince(t: TestContext, sinceMs: number, tail = -1) {
      const all = Array.from({ length: COUNT }, (_, n) => timed(n));
      const { files, read } = setUp(all.slice(50_000).join(""));
      files.put(`${PATH}.1`, all.slice(0, 20_000).join(""));
      files.put(`${PATH}.2`, all.slice(20_000, 50_000).join(""));
      let bytes = 0;
      const open = files.open.bind(files);
      t.mock.method(files, "open", async (path: string) => {
        const file = await open(path);
        if (file === null) return null;
        const counted = async (offset: number, length: number): Promise<Uint8Array> => {
          const block = await file.read(offset, length);
          bytes += block.length;
          return block;
        };
        return { ...file, read: counted };
      });
      return { texts: await read({ sinceMs, tail }), bytes };
    }

    for (const first of [0, 1, 59, 60, 61, 3_000, 19_999, 20_000, 20_061, 49_999, 50_000, 59_998, 59_999, 60_000]) {
      it(`gives the lines from ${first} on`, async (t) => {
        const { texts } = await readSince(t, at(first));
        const expected = Array.from({ length: COUNT - first }, (_, index) => `line ${first + index}`);
        assert.deepEqual(texts, expected);
      });
    }

    it("reads what it gives, and little else", async (t) => {
      const { texts, bytes } = await readSince(t, at(59_900));
      assert.equal(texts.length, 100);
      assert.ok(bytes < 1 << 20, `${bytes} bytes of 3 MB were read`);
    });

    it("gives of the last lines those said since then", async (t) => {
      assert.equal((await readSince(t, at(59_900), 5)).texts.length, 5);
      assert.equal((await readSince(t, at(59_998), 500)).texts.length, 2);
    });
  });

  it("finds lines since an instant where the clock was set back by less than a minute meanwhile", async () => {
    const many = (from: string): string => `${from} stdout F ${"x".repeat(200)}\n`.repeat(2_000);
    const { read } = setUp(
      `${many("2026-01-01T00:00:50.0Z")}2026-01-01T00:00:59.0Z stdout F wanted\n${many("2026-01-01T00:00:05.0Z")}`,
    );
    assert.deepEqual(await read({ sinceMs: Date.parse("2026-01-01T00:00:59Z") }), ["wanted"]);
  });

  it("is empty where there is no log", async () => {
    assert.deepEqual(await setUp(null).read({}), []);
    assert.deepEqual(await setUp(null).read({ tail: 5 }), []);
  });

  it("follows what is said, from before the first word to the last", async () => {
    const { files, clock, state, read } = setUp(null);
    const following = read({ follow: true });
    await clock.run(1_000);
    files.put(PATH, lines(1, 2));
    await clock.run(10);
    files.append(PATH, line(3));
    await clock.run(10);
    files.append(PATH, line(4).replace(" F ", " P "));
    state.isOver = true;
    await clock.run(1_000);
    assert.deepEqual(await following, ["line 1", "line 2", "line 3", "line 4"]);
  });

  it("reads the old file to its end when a new one takes its place", async () => {
    const { files, clock, state, read } = setUp(lines(1, 2));
    const following = read({ follow: true, tail: 1 });
    await clock.run(10);
    files.append(PATH, line(3));
    files.put(PATH, line(4));
    await clock.run(1_000);
    files.append(PATH, line(5));
    state.isOver = true;
    await clock.run(1_000);
    assert.deepEqual(await following, ["line 2", "line 3", "line 4", "line 5"]);
  });

  it("reads what came into the old file while it looked for a new one", async () => {
    const { files, clock, state, read } = setUp(lines(1, 2));
    const lookAt = files.lookAt.bind(files);
    let isFirst = true;
    files.lookAt = async (path) => {
      if (isFirst) {
        isFirst = false;
        files.append(PATH, line(3));
        files.put(PATH, line(4));
      }
      return await lookAt(path);
    };
    state.isOver = true;
    const following = read({ follow: true });
    await clock.run(1_000);
    assert.deepEqual(await following, ["line 1", "line 2", "line 3", "line 4"]);
  });

  it("reads generations in order, each once, whenever they get their numbers and lose them", async () => {
    const { files, clock, state, read } = setUp(lines(3, 4));
    files.put(`${PATH}.9`, line(1));
    files.put(`${PATH}.10`, line(2));
    assert.deepEqual(await read({}), ["line 1", "line 2", "line 3", "line 4"]);
    assert.deepEqual(await read({ tail: 3 }), ["line 2", "line 3", "line 4"]);
    const following = read({ follow: true });
    await clock.run(10);
    // Two generations in a row without a number; then both get theirs, and the first goes.
    files.move(PATH, `${PATH}.11`);
    files.put(PATH, line(5));
    await clock.run(1_000);
    files.move(PATH, "/aside");
    files.put(PATH, line(6));
    await clock.run(1_000);
    files.move("/aside", `${PATH}.12`);
    await files.addName(PATH, `${PATH}.13`);
    await files.remove(`${PATH}.9`);
    await clock.run(1_000);
    files.put(PATH, line(7));
    await files.addName(PATH, `${PATH}.14`);
    state.isOver = true;
    await clock.run(1_000);
    assert.deepEqual(await following, ["line 1", "line 2", "line 3", "line 4", "line 5", "line 6", "line 7"]);
  });

  it("says that lines were missed when a generation has gone before it was read", async () => {
    const { files, clock, state, read } = setUp(lines(1, 2));
    await files.addName(PATH, `${PATH}.4`);
    const following = read({ follow: true });
    await clock.run(10);
    const lookAt = files.lookAt.bind(files);
    // Two generations begin, and the first of them goes, while the reader is away.
    files.lookAt = async (path) => {
      files.lookAt = lookAt;
      for (const n of [5, 6]) {
        files.put(PATH, line(n));
        await files.addName(PATH, `${PATH}.${n}`);
      }
      await files.remove(`${PATH}.5`);
      return await lookAt(path);
    };
    state.isOver = true;
    await clock.run(1_000);
    assert.deepEqual(await following, ["line 1", "line 2", "(missed)", "line 6"]);
  });

  it("ends quietly when nobody listens any more", async () => {
    const { clock, read } = setUp(lines(1, 2));
    const controller = new AbortController();
    const following = read({ follow: true }, controller.signal);
    await clock.run(10);
    controller.abort();
    assert.deepEqual(await following, ["line 1", "line 2"]);
    assert.deepEqual(clock.pending, []);
  });
});
