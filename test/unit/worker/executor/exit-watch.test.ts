import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TaskId } from "../../../../shared/ids.ts";
import { ExitWatch } from "../../../../worker/executor/exit-watch.ts";
import type { ProcessIdentity } from "../../../../worker/ports/process-table.ts";
import { MemoryHostFiles } from "../../../support/memory-host-files.ts";
import { testId } from "../../../support/objects.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const NEVER = new AbortController().signal;
const taskId = testId<TaskId>("t1");
const EXIT = `/run/exits/${taskId}`;
const process: ProcessIdentity = { pid: 7, startTicks: "100" };

function setUp() {
  const files = new MemoryHostFiles();
  const clock = new VirtualClock();
  const alive = new Map([[process.pid, process]]);
  const processes = {
    identify: async (pid: number): Promise<ProcessIdentity | null> => alive.get(pid) ?? null,
    list: async () => [],
    commandLine: async () => [],
    kill: async () => true,
  };
  return { files, clock, alive, processes, watch: new ExitWatch("/run/exits", { files, processes, clock }) };
}

describe("waiting for a container's end", () => {
  it("is over as soon as the exit file is there, for all who wait", async () => {
    const { files, clock, watch } = setUp();
    const waits = [watch.wait(taskId, process, NEVER), watch.wait(taskId, process, NEVER)];
    await clock.run(5_000);
    files.put(EXIT, "3");
    assert.deepEqual(await Promise.all(waits), [3, 3]);
    assert.equal(await watch.exitCodeOf(taskId), 3);
    await clock.run(5_000);
    assert.deepEqual(clock.pending, [], "nothing is polled when nobody waits");
  });

  it("is over at once when the file was there before", async () => {
    const { files, watch } = setUp();
    files.put(EXIT, "0");
    assert.equal(await watch.wait(taskId, null, NEVER), 0);
  });

  it("ends without an exit code when the process is gone for long, not while the monitor may still write", async () => {
    const { files, clock, alive, watch } = setUp();
    const first = watch.wait(taskId, process, NEVER);
    alive.delete(process.pid);
    await clock.run(1_500);
    files.put(EXIT, "5");
    assert.equal(await first, 5);
    await files.remove(EXIT);
    const second = watch.wait(taskId, process, NEVER);
    await clock.run(10_000);
    assert.equal(await second, null);
  });

  it("does not take another process with the same number for the container", async () => {
    const { clock, alive, watch } = setUp();
    const wait = watch.wait(taskId, process, NEVER);
    alive.set(process.pid, { pid: process.pid, startTicks: "999" });
    await clock.run(10_000);
    assert.equal(await wait, null);
  });

  it("asks of no more than twenty containers a second, and of few of them each second", async () => {
    const { clock, processes, watch } = setUp();
    let asked = 0;
    processes.identify = async (pid) => {
      asked++;
      return { pid, startTicks: "100" };
    };
    const over = new AbortController();
    const waits = Array.from({ length: 100 }, (_, at) =>
      watch.wait(testId<TaskId>(`t${at}`), { pid: at + 1, startTicks: "100" }, over.signal).catch(() => null),
    );
    await clock.run(10_000);
    asked = 0;
    await clock.run(60_000);
    assert.ok(asked > 1_000 && asked <= 1_300, `${asked} in a minute`);
    over.abort();
    await Promise.all(waits);
    const one = setUp();
    const wait = one.watch.wait(taskId, process, NEVER);
    one.alive.clear();
    assert.ok((await one.clock.until("it is gone", () => one.clock.pending.length === 0)) < 4_000);
    assert.equal(await wait, null);
  });

  it("waits as long as the process lives, and reads nothing meanwhile", async () => {
    const { clock, files, watch } = setUp();
    let reads = 0;
    const readText = files.readText.bind(files);
    files.readText = (path) => {
      reads++;
      return readText(path);
    };
    const controller = new AbortController();
    let isOver = false;
    const wait = watch.wait(taskId, process, controller.signal).finally(() => {
      isOver = true;
    });
    await clock.run(600_000);
    assert.equal(isOver, false);
    // When the wait begins: the file may have been there before.
    assert.equal(reads, 1);
    controller.abort(new Error("enough"));
    await assert.rejects(wait, /enough/);
  });

  it("ends for all when the container is being removed", async () => {
    const { watch } = setUp();
    const wait = watch.wait(taskId, process, NEVER);
    watch.giveUp(taskId);
    assert.equal(await wait, null);
  });
});
