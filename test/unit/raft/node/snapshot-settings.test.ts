import assert from "node:assert/strict";
import { test } from "node:test";
import type { SnapshotSettings } from "../../../../raft/node/node-options.ts";
import { RaftNode } from "../../../../raft/raft-node.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { systemClock } from "../../../../shared/ports/system-clock.ts";
import { systemRandom } from "../../../../shared/ports/system-random.ts";
import { MemoryRaftStorage } from "../../../support/memory-storage.ts";
import { TextMachine, until } from "../../../support/raft-group.ts";

test("new snapshot settings count from the next snapshot on, without a restart", async () => {
  let settings: SnapshotSettings = { interval: 1_000, keepEntries: 500 };
  const storage = new MemoryRaftStorage();
  await using node = await RaftNode.start({
    clusterId: "c",
    nodeId: "one",
    address: "10.0.0.1:1",
    begin: { kind: "bootstrap" },
    storage,
    transport: {
      start() {},
      setMembers() {},
      addressOf: () => null,
      send() {},
      async [Symbol.asyncDispose]() {},
    },
    stateMachine: new TextMachine(),
    snapshotSettings: () => settings,
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
  });
  const { promise: leads, resolve } = Promise.withResolvers<void>();
  node.onLeadership((state) => {
    if (state === "leading") resolve();
  });
  await leads;
  for (let at = 0; at < 20; at++) await node.propose(Buffer.from(`text ${at}`));
  assert.equal((await storage.load()).snapshot, null);

  settings = { interval: 10, keepEntries: 3 };
  const last = await node.propose(Buffer.from("one more"));
  let stored = await storage.load();
  await until("a snapshot is stored", () => {
    void storage.load().then((state) => {
      stored = state;
    });
    return stored.snapshot !== null;
  });
  const at = stored.snapshot?.meta.index ?? 0;
  assert.ok(at >= last - 1, `it is of entry ${at}`);
  // Three entries are kept behind the snapshot, for members that lag by no more.
  assert.equal(stored.entries[0]?.index, at - 2);
});
