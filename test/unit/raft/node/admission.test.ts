import assert from "node:assert/strict";
import { test } from "node:test";
import { RaftNode } from "../../../../raft/raft-node.ts";
import { MemoryRaftStorage } from "../../../../raft/storage/memory-storage.ts";
import type { RaftTransport } from "../../../../raft/transport/raft-transport.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { systemClock } from "../../../../shared/ports/system-clock.ts";
import { systemRandom } from "../../../../shared/ports/system-random.ts";
import { TextMachine } from "../../../support/raft-group.ts";

const nobody: RaftTransport = {
  start() {},
  setMembers() {},
  send() {},
  async [Symbol.asyncDispose]() {},
};

async function startAlone(): Promise<RaftNode> {
  const node = await RaftNode.start({
    clusterId: "c",
    nodeId: "one",
    address: "10.0.0.1:1",
    begin: { kind: "bootstrap" },
    storage: new MemoryRaftStorage(),
    transport: nobody,
    stateMachine: new TextMachine(),
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
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
