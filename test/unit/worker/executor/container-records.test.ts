import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TaskId } from "../../../../shared/ids.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { createContainerId } from "../../../../shared/objects/container-id.ts";
import { DEFAULT_LOG_LIMITS } from "../../../../shared/objects/log-driver.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { formatRecord, parseRecord } from "../../../../worker/executor/container-record.ts";
import { ContainerRecords } from "../../../../worker/executor/container-records.ts";
import { KeyedLock } from "../../../../worker/executor/keyed-lock.ts";
import { sharedPaths } from "../../../../worker/runtime/container-paths.ts";
import { createRecord } from "../../../support/container-record.ts";
import { MemoryHostFiles } from "../../../support/memory-host-files.ts";
import { testId } from "../../../support/objects.ts";

const taskId = testId<TaskId>("t1");
const shared = sharedPaths("/data", "/run/swarm");
const record = createRecord(taskId);

describe("records of containers", () => {
  it("read as they were written, and are refused from another version", () => {
    assert.deepEqual(parseRecord(formatRecord(record)), record);
    assert.throws(
      () => parseRecord(formatRecord(record).replace('"formatVersion": 2', '"formatVersion": 3')),
      /unknown format 3/,
    );
    assert.throws(() => parseRecord("{"), /broken/);
  });

  it("of an earlier release, which knew no start interval, are still read", () => {
    const health = { args: ["true"], intervalMs: 100, timeoutMs: 1, retries: 1, startPeriodMs: 0 };
    const text = JSON.stringify({ ...record, health });
    assert.deepEqual(parseRecord(text).health, { ...health, startIntervalMs: 100 });
  });

  it("of an earlier release, which knew no log limits, have the default ones", () => {
    const { log: _log, ...earlier } = record;
    assert.deepEqual(parseRecord(JSON.stringify(earlier)).log, DEFAULT_LOG_LIMITS);
  });

  it("of a release that knew only tasks keep their containers", () => {
    const { key, mustBeHealthy: _mustBeHealthy, ...earlier } = record;
    assert.deepEqual(parseRecord(JSON.stringify({ ...earlier, formatVersion: 1, taskId: key })), record);
  });

  it("are found by the next daemon; what has none is found too", async () => {
    const files = new MemoryHostFiles();
    const first = await ContainerRecords.open(shared, files, silentLogger);
    await first.put(record);
    const [halfMade, broken] = [createContainerId(seededRandom(1)), testId<TaskId>("broken")];
    await files.makeDirectory(`/data/containers/${halfMade}`);
    files.put(`/run/swarm/containers/${broken}/record.json`, "{");
    files.put("/run/swarm/containers/not-a-task/x", "");
    const second = await ContainerRecords.open(shared, files, silentLogger);
    assert.deepEqual(second.get(taskId), record);
    assert.equal(second.get(broken), null);
    assert.deepEqual(await second.found(), [broken, halfMade, taskId].sort());
    assert.deepEqual(second.all(), [record]);
  });
});

describe("a record that cannot be read now", () => {
  it("stops the next daemon from looking any further: its container would be taken for half made, and removed", async () => {
    const files = new MemoryHostFiles();
    await (await ContainerRecords.open(shared, files, silentLogger)).put(record);
    const readText = files.readText.bind(files);
    files.readText = async () => Promise.reject(Object.assign(new Error("too many open files"), { code: "EMFILE" }));
    await assert.rejects(ContainerRecords.open(shared, files, silentLogger), { code: "EMFILE" });
    files.readText = readText;
    assert.deepEqual((await ContainerRecords.open(shared, files, silentLogger)).all(), [record]);
  });
});

describe("a lock for each key", () => {
  it("lets one in at a time, in order, and others meanwhile by other keys", async () => {
    const lock = new KeyedLock();
    const events: string[] = [];
    const step = (key: string, name: string) =>
      lock.run(key, async () => {
        events.push(`${name} in`);
        await new Promise((resolve) => setImmediate(resolve));
        events.push(`${name} out`);
        if (name === "a1") throw new Error("a1 failed");
      });
    const all = [step("a", "a1"), step("a", "a2"), step("b", "b1")];
    await assert.rejects(all[0] ?? Promise.resolve(), /a1 failed/);
    await Promise.all(all.slice(1));
    assert.ok(events.indexOf("a1 out") < events.indexOf("a2 in"));
    assert.ok(events.indexOf("b1 in") < events.indexOf("a1 out"));
  });
});
