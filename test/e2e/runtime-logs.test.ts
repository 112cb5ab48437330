import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { TaskId } from "../../shared/ids.ts";
import type { TaskContainers } from "../../worker/executor/task-containers.ts";
import type { LogQuery } from "../../worker/ports/task-executor.ts";
import { waitFor } from "../support/wait.ts";
import { collect, NEVER, type RuntimeFixture, useRuntime } from "./runtime-fixture.ts";

const ALL: LogQuery = { follow: false, tail: -1, sinceMs: 0 };
const quiet = (): void => {};
/** A script goes on when the test says so: it makes the file. */
const UNTIL_END = "while [ ! -e /end ]; do sleep 0.01; done";

describe("logs of containers on this kernel", () => {
  let fixture: RuntimeFixture;
  let executor: TaskContainers;
  useRuntime((made) => {
    ({ fixture, executor } = made);
  });

  async function said(taskId: TaskId, query: LogQuery = ALL): Promise<string[]> {
    return (await collect(executor.logs(taskId, query, NEVER))).map(({ text }) => Buffer.from(text).toString());
  }

  it("gives logs of both streams: the last lines, those since an instant, and those to come", async () => {
    const task = fixture.task(`for i in 1 2 3; do echo out $i; echo err $i >&2; done; ${UNTIL_END}; printf unfinished`);
    await executor.prepare(task, NEVER, quiet);
    await executor.start(task, NEVER);
    await waitFor("six lines", async () => (await said(task.id)).length === 6);
    assert.deepEqual((await said(task.id, { ...ALL, tail: 2 })).length, 2);
    assert.deepEqual(await said(task.id, { ...ALL, tail: 0 }), []);
    const entries = await collect(executor.logs(task.id, ALL, NEVER));
    assert.deepEqual(entries.filter(({ stream }) => stream === "STDERR").length, 3);
    const last = entries.at(-1);
    assert.ok(last !== undefined && last.timestampMs > 0);
    const following = said(task.id, { follow: true, tail: 1, sinceMs: 0 });
    fixture.signalIn(task, "end");
    assert.deepEqual((await following).slice(1), ["unfinished"]);
    assert.deepEqual(await said(task.id, { ...ALL, sinceMs: last.timestampMs + 1 }), ["unfinished"]);
    await executor.remove(task.id);
  });

  it("keeps no log where the service wants none", async () => {
    const task = fixture.task("echo said", {}, { logDriver: { name: "none", options: {} } });
    await executor.prepare(task, NEVER, quiet);
    await executor.start(task, NEVER);
    assert.equal((await executor.wait(task.id, NEVER)).exitCode, 0);
    assert.deepEqual(await said(task.id), []);
    assert.ok(!existsSync(join(fixture.dataDirectory, "containers", task.id, "container.log")));
    await executor.remove(task.id);
  });

  it("begins a new generation of a log that is full, and loses no line over twenty of them", async () => {
    // Nothing becomes too old here: what is kept of a log is tested without containers.
    const keeping = await fixture.executor({ logLimits: { bytesMax: 200_000, filesMax: 100 } });
    const batch = 10_000;
    const script = `b=0; while [ $b -lt 20 ]; do seq $((b*${batch}+1)) $((b*${batch}+${batch})); b=$((b+1));
      while [ ! -e /go$b ]; do sleep 0.01; done; done; echo end`;
    const task = fixture.task(script);
    const directory = join(fixture.dataDirectory, "containers", task.id);
    const generations = (): number => readdirSync(directory).filter((name) => /\.log\.\d+$/.test(name)).length;
    await keeping.prepare(task, NEVER, quiet);
    await keeping.start(task, NEVER);
    // As the task manager does while a container runs.
    const ended = keeping.wait(task.id, NEVER);
    let followed = 0;
    for await (const { text } of keeping.logs(task.id, { ...ALL, follow: true }, NEVER)) {
      followed++;
      assert.equal(Buffer.from(text).toString(), followed > 20 * batch ? "end" : String(followed));
      if (followed % batch !== 0) continue;
      const done = followed / batch;
      await waitFor("a new generation", async () => generations() > done);
      fixture.signalIn(task, `go${done}`);
    }
    assert.equal(followed, 20 * batch + 1);
    await ended;
    const all = await said(task.id);
    assert.equal(all.length, 20 * batch + 1);
    assert.deepEqual(await said(task.id, { ...ALL, tail: 15 * batch }), all.slice(-15 * batch));
    await keeping.remove(task.id);
  });
});
