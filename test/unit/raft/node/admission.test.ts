import assert from "node:assert/strict";
import { test } from "node:test";
import type { RaftId } from "../../../../raft/ids.ts";
import { DEFAULT_SNAPSHOT_SETTINGS, type RaftNodeOptions } from "../../../../raft/node/node-options.ts";
import { RaftNode } from "../../../../raft/raft-node.ts";
import type { RaftTransport } from "../../../../raft/transport/raft-transport.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { systemClock } from "../../../../shared/ports/system-clock.ts";
import { systemRandom } from "../../../../shared/ports/system-random.ts";
import { MemoryRaftStorage } from "../../../support/memory-storage.ts";
import { TextMachine, until } from "../../../support/raft-group.ts";

const nobody: RaftTransport = {
  start() {},
  setMembers() {},
  addressOf: () => null,
  send() {},
  async [Symbol.asyncDispose]() {},
};

async function startAlone(settings: Partial<RaftNodeOptions> = {}): Promise<RaftNode> {
  const node = await RaftNode.start({
    clusterId: "c",
    nodeId: "one",
    address: "10.0.0.1:1",
    begin: { kind: "bootstrap" },
    storage: new MemoryRaftStorage(),
    transport: nobody,
    stateMachine: new TextMachine(),
    snapshotSettings: () => DEFAULT_SNAPSHOT_SETTINGS,
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    ...settings,
  });
  await new Promise<void>((resolve) => {
    node.onLeadership((state) => {
      if (state === "leading") resolve();
    });
  });
  return node;
}

test("a newcomer that asks again gets another id, and the one it had is used up", async () => {
  await using node = await startAlone();
  const joiner = { nodeId: "two", address: "10.0.0.2:1" };
  const first = await node.admitMember(joiner);
  const second = await node.admitMember(joiner);
  assert.equal(Number(first.raftId), 2);
  assert.equal(Number(second.raftId), 3);
  assert.deepEqual(second.members, [
    { raftId: 1, nodeId: "one", address: "10.0.0.1:1" },
    { raftId: 3, nodeId: "two", address: "10.0.0.2:1" },
  ]);
  assert.deepEqual(node.confState.learners, [3]);
});

test("an id that was removed is not added again, also when news of its address comes late", async () => {
  await using node = await startAlone();
  const { raftId } = await node.admitMember({ nodeId: "two", address: "10.0.0.2:1" });
  await node.removeMember(raftId);
  const late = node.addMember({ raftId, nodeId: "two", address: "10.0.0.2:2" });
  await assert.rejects(late, /member 2 was removed from the managers/);
  assert.deepEqual(node.confState.voters, [1]);
});

test("a leader that came back at another address has it written down", async () => {
  const storage = new MemoryRaftStorage();
  await (await startAlone({ storage })).stop();
  await using node = await startAlone({ storage, address: "10.0.0.9:1" });
  await until("the log says so", () => node.status().members[0]?.address === "10.0.0.9:1");
});

test("a member that says it listens elsewhere has it written down, and goes on as what it was", async () => {
  const said = new Map<RaftId, string>();
  const transport: RaftTransport = { ...nobody, addressOf: (id) => said.get(id) ?? null };
  await using node = await startAlone({ transport });
  const { raftId } = await node.admitMember({ nodeId: "two", address: "10.0.0.2:1" });
  said.set(raftId, "10.0.0.2:7");
  await until("the log says so", () => node.status().members[1]?.address === "10.0.0.2:7");
  assert.deepEqual(node.confState, { ...node.confState, voters: [1], learners: [raftId] });
});
