import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createGossipKeys } from "../../../../shared/pki/gossip-keys.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import type { AgentDatabase } from "../../../../worker/ports/agent-database.ts";
import { LevelAgentDatabase } from "../../../../worker/ports/level-agent-database.ts";
import { MemoryAgentDatabase } from "../../../support/fake-worker.ts";
import { createNetwork, createService, createTask } from "../../../support/objects.ts";

/** What every implementation promises; `reopen` is what a new daemon finds. */
function contract(
  name: string,
  open: () => Promise<{ database: AgentDatabase; reopen: () => Promise<AgentDatabase>; clean: () => Promise<void> }>,
): void {
  const [t1, t2] = ["t1", "t2"].map((id) => createTask(id, createService("web"))) as [
    ReturnType<typeof createTask>,
    ReturnType<typeof createTask>,
  ];
  const network = createNetwork("ingress");
  const gossip = { keys: createGossipKeys(seededRandom(1), 7), addresses: ["10.77.0.1", "fd00::1"] };
  const table = { network, hosts: [], endpoints: [], services: [], dataPathPort: 4789 };

  test(`${name}: what was written is there for the next daemon, and what was removed is not`, async () => {
    const { database, reopen, clean } = await open();
    try {
      assert.equal((await database.load()).nodeId, null);
      await database.write({ nodeId: "n1", managers: ["a:1", "b:2"], putTasks: [t1, t2], putNetworks: [table] });
      assert.equal((await database.load()).gossip, null);
      await database.write({ gossip });
      await database.write({ putTasks: [{ ...t1, slot: 7 }], removeTaskIds: [t2.id] });
      const again = await reopen();
      const stored = await again.load();
      assert.equal(stored.nodeId, "n1");
      assert.deepEqual(stored.managers, ["a:1", "b:2"]);
      assert.deepEqual(stored.gossip, gossip);
      assert.deepEqual(
        stored.tasks.map(({ id, slot }) => [id, slot]),
        [[t1.id, 7]],
      );
      assert.deepEqual(stored.tasks[0]?.spec.container.image, t1.spec.container.image);
      assert.equal(stored.networks[0]?.network?.subnets[0]?.cidr, "10.0.0.0/20");
      await again.write({ removeNetworkIds: [network.id] });
      assert.equal((await again.load()).networks.length, 0);
      await again.wipe();
      assert.deepEqual(await again.load(), { nodeId: null, managers: [], tasks: [], networks: [], gossip: null });
      await again.close();
    } finally {
      await clean();
    }
  });
}

contract("in memory", async () => {
  const database = new MemoryAgentDatabase();
  return { database, reopen: async () => database, clean: async () => {} };
});

contract("in LevelDB", async () => {
  const directory = await mkdtemp(join(tmpdir(), "agent-db-"));
  const database = await LevelAgentDatabase.open(directory);
  return {
    database,
    async reopen() {
      await database.close();
      return await LevelAgentDatabase.open(directory);
    },
    clean: () => rm(directory, { recursive: true, force: true }),
  };
});
