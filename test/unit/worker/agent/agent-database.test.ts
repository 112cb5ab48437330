import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Level } from "level";
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
      assert.deepEqual(await again.load(), {
        nodeId: null,
        managers: [],
        tasks: [],
        networks: [],
        gossip: null,
        unreadable: [],
      });
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

/** A LevelDB that has been filled, closed and then spoiled by `spoil`. */
async function spoiled(spoil: (db: Level<string, Uint8Array>) => Promise<void>) {
  const directory = await mkdtemp(join(tmpdir(), "agent-db-"));
  const [t1, t2] = [createTask("t1", createService("web")), createTask("t2", createService("web"))];
  const tables = ["n1", "n2"].map((id) => {
    const network = createNetwork(id);
    return { network, hosts: [], endpoints: [], services: [], dataPathPort: 4789 };
  });
  const gossip = { keys: createGossipKeys(seededRandom(1), 7), addresses: ["10.77.0.1"] };
  const first = await LevelAgentDatabase.open(directory);
  await first.write({ nodeId: "n1", putTasks: [t1, t2], putNetworks: tables, gossip });
  await first.close();
  const db = new Level<string, Uint8Array>(directory, { valueEncoding: "view" });
  await spoil(db);
  await db.close();
  const database = await LevelAgentDatabase.open(directory);
  return {
    t1,
    t2,
    tables,
    database,
    directory,
    async [Symbol.asyncDispose]() {
      await database.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("in LevelDB: a task and a table that say nothing are set aside and named, once; the rest is there", async () => {
  const broken = createTask("t1", createService("web")).id;
  const brokenTable = createNetwork("n1").id;
  await using world = await spoiled(async (db) => {
    await db.put(`task/${broken}`, bytes("\xff\xff\xff"));
    await db.put(`network/${brokenTable}`, bytes("\xff\xff\xff"));
  });
  const { database, t1, t2, tables } = world;
  const stored = await database.load();
  assert.deepEqual(
    stored.tasks.map(({ id }) => id),
    [t2.id],
  );
  assert.deepEqual(
    stored.networks.map(({ network }) => network?.id),
    [tables[1]?.network.id],
  );
  assert.deepEqual(
    stored.unreadable.map(({ record }) => record),
    [`task/${t1.id}`, `network/${tables[0]?.network.id}`],
  );
  assert.ok(stored.unreadable.every(({ error }) => error !== ""));
  assert.deepEqual((await database.load()).unreadable, []);
});

test("in LevelDB: a task under another's key is not taken for it", async () => {
  await using world = await spoiled(async (db) => {
    const [one, other] = ["t1", "t2"].map((id) => `task/${createTask(id, createService("web")).id}`);
    await db.put(one ?? "", (await db.get(other ?? "")) ?? bytes(""));
  });
  const { tasks, unreadable } = await world.database.load();
  assert.deepEqual([tasks.length, unreadable.length], [1, 1]);
  assert.match(unreadable[0]?.error ?? "", /it calls itself task\/t2/);
});

for (const text of ["{", "null", '{"keys":[]}', '{"keys":[1],"generation":1,"rotatedAtMs":1,"addresses":[]}']) {
  test(`in LevelDB: gossip facts that read ${text} are as good as none`, async () => {
    await using world = await spoiled((db) => db.put("gossip", bytes(text)));
    const { gossip, tasks } = await world.database.load();
    assert.deepEqual([gossip, tasks.length], [null, 2]);
  });
}

test("in LevelDB: a database that is damaged as a whole says where it is, and that it may be moved away", async () => {
  await using world = await spoiled(async () => {});
  await world.database.close();
  await writeFile(join(world.directory, "CURRENT"), "nonsense");
  await assert.rejects(LevelAgentDatabase.open(world.directory), (error: Error) => {
    assert.ok(
      error.message.startsWith(`the worker's database in ${world.directory} cannot be opened (`),
      error.message,
    );
    return /move that directory away/.test(error.message) && !/\(Database failed to open\)/i.test(error.message);
  });
});
