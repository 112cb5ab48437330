import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SwarmError } from "../../../../shared/errors.ts";
import type { ContainerKey, TaskId } from "../../../../shared/ids.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { holdBriefly, letAllGo, letGo } from "../../../../worker/executor/brief-hold.ts";
import { ContainerRecords } from "../../../../worker/executor/container-records.ts";
import { sharedPaths } from "../../../../worker/runtime/container-paths.ts";
import { createRecord } from "../../../support/container-record.ts";
import { MemoryHostFiles } from "../../../support/memory-host-files.ts";
import { testId } from "../../../support/objects.ts";

const key = testId<TaskId>("t1");
const shared = sharedPaths("/data", "/run/swarm");

describe("a container that is held for a moment", () => {
  it("goes on when the next daemon starts after one that was killed meanwhile", async () => {
    const host = await createHost();
    await host.records.put(createRecord(key));
    await holdBriefly(key, host);
    assert.deepEqual([...host.held], [key]);
    const next = { ...host, records: await ContainerRecords.open(shared, host.files, silentLogger) };
    await letAllGo(next);
    assert.deepEqual([...host.held], []);
    assert.equal(next.records.get(key)?.isHeldBriefly, false);
  });

  it("is let go by whoever stops it first, and not again, since people may have paused it then", async () => {
    const host = await createHost();
    await host.records.put(createRecord(key));
    await holdBriefly(key, host);
    await letGo(key, host);
    host.held.add(key);
    await letGo(key, host);
    assert.deepEqual([...host.held], [key]);
  });

  it("need not be held when it has ended since it was looked at; else the refusal counts", async () => {
    const host = await createHost();
    await host.records.put(createRecord(key));
    const refusing = { hold: () => Promise.reject(new SwarmError("failedPrecondition", "is not running")) };
    await holdBriefly(key, { ...host, runtime: refusing, facts: { firstProcess: async () => null } });
    await assert.rejects(holdBriefly(key, { ...host, runtime: refusing }), { message: "is not running" });
  });

  it("does not keep a daemon from starting when it has ended since", async () => {
    const host = await createHost();
    await host.records.put(createRecord(key, { isHeldBriefly: true }));
    await letAllGo({ ...host, runtime: { hold: () => Promise.reject(new SwarmError("failedPrecondition", "gone")) } });
    assert.equal(host.records.get(key)?.isHeldBriefly, false);
  });
});

async function createHost() {
  const files = new MemoryHostFiles();
  const held = new Set<ContainerKey>();
  const runtime = {
    hold: async (one: ContainerKey, isHeld: boolean) => void (isHeld ? held.add(one) : held.delete(one)),
  };
  const facts = { firstProcess: async () => ({ pid: 7, startTicks: "1", parent: 1, session: 7 }) };
  return {
    files,
    held,
    runtime,
    facts,
    log: silentLogger,
    records: await ContainerRecords.open(shared, files, silentLogger),
  };
}
