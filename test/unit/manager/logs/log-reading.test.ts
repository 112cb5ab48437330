import { strict as assert } from "node:assert";
import { test } from "node:test";
import {
  type Answer,
  LOG_BUFFER_BYTES_MAX,
  LOG_BUFFER_LINES_MAX,
  LOG_MESSAGE_BYTES_MAX,
  LogReading,
  PUBLISH_SILENCE_MS_MAX,
  type Publication,
} from "../../../../manager/logs/log-reading.ts";
import type { LogTarget } from "../../../../manager/logs/log-targets.ts";
import type { NodeId, TaskId } from "../../../../shared/ids.ts";
import { mustHave } from "../../../../shared/invariant.ts";
import { systemClock } from "../../../../shared/ports/system-clock.ts";
import type { LogLine } from "../../../../shared/rpc/gen/dispatcher.ts";
import { testId } from "../../../support/objects.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const target = (task: string): LogTarget => {
  return { taskId: testId<TaskId>(task), nodeId: testId<NodeId>("n1"), name: `web.${task}`, hostname: "n1" };
};

test("a tail counts for tasks there were when the reader came; of those that begin later every line is asked for", () => {
  const asked: string[] = [];
  let isInSession = false;
  let made = 0;
  using reading = new LogReading({
    options: { follow: true, tail: 0, sinceMs: 0, untilMs: 0 },
    resume: [],
    clock: systemClock,
    createPublicationId: () => `p${++made}`,
    subscribe: (_nodeId, { taskIds, options, close }) => {
      if (close !== true && isInSession) asked.push(`${taskIds?.map((id) => id.slice(0, 2))} tail ${options?.tail}`);
      return isInSession;
    },
  });
  // The host of t1 can be asked only a second later: its old lines are still not wanted.
  reading.cover([target("t1")]);
  isInSession = true;
  reading.cover([target("t1"), target("t2")]);
  assert.deepEqual(asked, ["t1 tail 0", "t2 tail -1"]);
});

/** A reading of one host's one task, and what its reader gets. */
function readOne(taken: Promise<void> = Promise.resolve()) {
  const clock = new VirtualClock();
  const answers: Answer[] = [];
  let asked = "";
  const reading = new LogReading({
    options: { follow: false, tail: -1, sinceMs: 0, untilMs: 0 },
    resume: [],
    clock,
    createPublicationId: () => "p1",
    subscribe: (_nodeId, { subscriptionId }) => {
      asked = subscriptionId ?? "";
      return true;
    },
  });
  reading.cover([target("t1")]);
  const publication = mustHave(reading.open(asked, testId<NodeId>("n1")), "publication");
  const line = (timestampMs: number, text: Buffer): LogLine => ({
    ...{
      taskId: testId<TaskId>("t1"),
      nodeId: "",
      timestampMs,
      nanos: 0,
      stream: "STDOUT",
      text,
      partial: false,
      ...{ generation: 0, offset: 0 },
    },
  });
  const take = async (answer: Answer): Promise<void> => {
    await taken;
    answers.push(answer);
  };
  const running = reading.run(take, new AbortController().signal);
  const texts = (): readonly string[] =>
    answers.flatMap(({ lines = [] }) => lines.map(({ text = new Uint8Array() }) => `${Buffer.from(text)}`));
  return { reading, publication, clock, answers, line, running, texts };
}

test("lines of any length come in messages that can be sent, and hosts wait while there are many bytes", async () => {
  const reader = Promise.withResolvers<void>();
  const { reading, publication, clock, answers, line, running, texts } = readOne(reader.promise);
  const long = Buffer.alloc(256 << 10, "x");
  const count = LOG_BUFFER_BYTES_MAX / long.length;
  let isPushed = false;
  const lines = Array.from({ length: count }, (_, at) => line(at, long));
  const pushing = reading.push(publication, { lines: lines, faults: [], caughtUp: false }).then(() => {
    isPushed = true;
  });
  await clock.run(100);
  assert.equal(isPushed, false, "the reader has taken nothing");
  reader.resolve();
  await pushing;
  reading.close(publication, "ended");
  await clock.run(100);
  await running;
  assert.equal(texts().length, count);
  const sizes = answers.map(({ lines: some = [] }) => some.reduce((sum, { text }) => sum + (text?.length ?? 0), 0));
  assert.ok(Math.max(...sizes) <= LOG_MESSAGE_BYTES_MAX, sizes.join(" "));
  reading[Symbol.dispose]();
});

test("a reader of much does not wait for lines to be gathered", async () => {
  const { reading, publication, clock, line, running, texts } = readOne();
  const count = 10 * LOG_BUFFER_LINES_MAX;
  const before = clock.now();
  for (let at = 0; at < count; at += 200) {
    const some = Array.from({ length: 200 }, (_, index) => line(at + index, Buffer.from("x")));
    await reading.push(publication, { lines: some, faults: [], caughtUp: false });
  }
  assert.equal(clock.now(), before, "no time has passed: nobody has let the clock run");
  reading.close(publication, "ended");
  await clock.run(100);
  await running;
  assert.equal(texts().length, count);
  reading[Symbol.dispose]();
});

test("a task's lines stay in their order when its host's clock is set back", async () => {
  const { reading, publication, clock, line, running, texts } = readOne();
  const said = [9, 3, 4, 12].map((ms, at) => line(ms, Buffer.from(`${at}`)));
  await reading.push(publication, { lines: said, faults: [], caughtUp: false });
  reading.close(publication, "ended");
  await clock.run(100);
  await running;
  assert.deepEqual(texts(), ["0", "1", "2", "3"]);
  reading[Symbol.dispose]();
});

test("lines that are not believed are left out, with a sentence", async () => {
  const { reading, publication, clock, answers, line, running, texts } = readOne();
  await reading.push(publication, {
    lines: [line(1, Buffer.from("a")), { ...line(2, Buffer.from("b")), taskId: "t2" }],
    faults: [],
    caughtUp: false,
  });
  await reading.push(publication, {
    lines: [{ ...line(3, Buffer.from("c")), nanos: 2_000_000 }],
    faults: [],
    caughtUp: false,
  });
  reading.close(publication, "ended");
  await clock.run(100);
  await running;
  assert.deepEqual(texts(), ["a"]);
  assert.deepEqual(
    answers.flatMap(({ errors = [] }) => errors),
    ["some lines from node n1 were left out: they do not belong to the tasks that were asked for, or are malformed"],
  );
  reading[Symbol.dispose]();
});

test("nothing is taken of a host that was given up, and while there is no room it is not", async () => {
  const { reading, publication, clock, line, running, texts } = readOne();
  await reading.push(publication, { lines: [line(1, Buffer.from("a"))], faults: [], caughtUp: false });
  await clock.run(PUBLISH_SILENCE_MS_MAX - 1);
  assert.equal(publication.state, "open");
  await reading.push(publication, { lines: [], faults: [], caughtUp: false });
  await clock.run(PUBLISH_SILENCE_MS_MAX - 1);
  assert.equal(publication.state, "open");
  await clock.run(10);
  assert.equal(publication.state, "broken");
  await reading.push(publication, { lines: [line(2, Buffer.from("b"))], faults: [], caughtUp: false });
  await clock.run(100);
  await running;
  assert.deepEqual(texts(), ["a"]);
  reading[Symbol.dispose]();
});

test("a host that floods its reader does not keep others' lines from it", async () => {
  const clock = new VirtualClock();
  const ids: string[] = [];
  const got: string[] = [];
  using reading = new LogReading({
    options: { follow: true, tail: -1, sinceMs: 0, untilMs: 0 },
    resume: [],
    clock,
    createPublicationId: () => `p${ids.length}`,
    subscribe: (_nodeId, { subscriptionId }) => ids.push(subscriptionId ?? "") > 0,
  });
  const [loud, quiet] = [target("t1"), { ...target("t2"), nodeId: testId<NodeId>("n2") }];
  reading.cover([loud, quiet]);
  const publicationOf = (at: number, { nodeId }: LogTarget): Publication =>
    mustHave(reading.open(mustHave(ids[at], "id"), nodeId), "publication");
  const publications = [publicationOf(0, loud), publicationOf(1, quiet)] as const;
  const lineOf = ({ taskId }: LogTarget, text: string): LogLine => ({
    ...{
      taskId,
      nodeId: "",
      timestampMs: 5,
      nanos: 0,
      stream: "STDOUT",
      text: Buffer.from(text),
      partial: false,
      ...{ generation: 0, offset: 0 },
    },
  });
  const stop = new AbortController();
  const running = reading
    .run(async ({ lines = [] }) => void got.push(...lines.map(({ text }) => `${text}`)), stop.signal)
    .catch(() => {});
  const flood = Array.from({ length: 200 }, () => lineOf(loud, "flood"));
  const flooding = (async () => {
    for (let sent = 0; sent < 1_000; sent++)
      await reading.push(publications[0], { lines: flood, faults: [], caughtUp: false });
  })();
  await clock.run(200);
  const before = got.length;
  const pushing = reading.push(publications[1], { lines: [lineOf(quiet, "quiet")], faults: [], caughtUp: false });
  await clock.until("the quiet line is read", () => got.includes("quiet"), 200);
  assert.ok(got.length - before <= 3 * LOG_BUFFER_LINES_MAX, `${got.length - before} lines before it`);
  await clock.until("all are read", () => got.length === 200_001);
  await Promise.all([flooding, pushing]);
  stop.abort();
  await running;
});
