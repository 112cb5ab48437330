import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Level } from "level";
import { createGossipKeys } from "../../../../shared/pki/gossip-keys.ts";
import { KeyLock } from "../../../../shared/pki/key-lock.ts";
import { createUnlockKey } from "../../../../shared/pki/unlock-key.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import type { NetworkTable } from "../../../../shared/rpc/gen/dispatcher.ts";
import { codecs } from "../../../../shared/rpc/schema.ts";
import type { AgentDatabase } from "../../../../worker/ports/agent-database.ts";
import { LevelAgentDatabase } from "../../../../worker/ports/level-agent-database.ts";
import { MemoryAgentDatabase } from "../../../support/fake-worker.ts";
import { MemoryKeyFiles } from "../../../support/level-storage.ts";
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
      const heard = { bootId: "b-1", upMs: 12_345.5 };
      await database.write({ gossip, heard, era: 2 });
      await database.write({ putTasks: [{ ...t1, slot: 7 }], removeTaskIds: [t2.id] });
      const again = await reopen();
      const stored = await again.load();
      assert.equal(stored.nodeId, "n1");
      assert.deepEqual(stored.managers, ["a:1", "b:2"]);
      assert.equal(stored.era, 2);
      assert.deepEqual(stored.gossip, gossip);
      assert.deepEqual(stored.heard, heard);
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
        era: 0,
        tasks: [],
        networks: [],
        gossip: null,
        heard: null,
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

test("in LevelDB: whoever only wants to show the tasks changes nothing, and makes no database", async () => {
  await using world = await spoiled(async (db) => {
    await db.put(`task/${createTask("t1", createService("web")).id}`, bytes("\xff\xff\xff"));
  });
  const { database, directory, t1, t2 } = world;
  await assert.rejects(LevelAgentDatabase.tasksIn(directory), "while a worker has it");
  await database.close();
  assert.deepEqual(
    (await LevelAgentDatabase.tasksIn(directory)).map(({ id }) => id),
    [t2.id],
  );
  const next = await LevelAgentDatabase.open(directory);
  assert.deepEqual(
    (await next.load()).unreadable.map(({ record }) => record),
    [`task/${t1.id}`],
  );
  await next.close();
  await assert.rejects(LevelAgentDatabase.tasksIn(join(directory, "none")));
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

test("in LevelDB: a change of a table writes the lines that changed, and the next daemon finds the table so", async () => {
  const directory = await mkdtemp(join(tmpdir(), "agent-db-"));
  const line = (id: string, address: string) => ({
    ...{ taskId: id, serviceId: "s1", nodeId: "n1", address, address6: "", names: [id], state: "READY" as const },
  });
  const host = { nodeId: "n1", dataPathAddress: "10.77.0.1", address: "", hostname: "one", heard: true };
  const hosts = [{ ...host, carriesIpv6: false }];
  const services = [
    { serviceId: "s1", name: "web", virtualIp: "10.1.0.9", virtualIp6: "", ports: [], aliases: [], stickySeconds: 0 },
  ];
  const network = createNetwork("front");
  const before = {
    ...{ network, hosts, services, dataPathPort: 4789 },
    endpoints: ["t1", "t2", "t3"].map((id) => line(id, "10.1.0.1/24")),
  };
  const [t1, , t3] = before.endpoints as [ReturnType<typeof line>, unknown, ReturnType<typeof line>];
  const after = { ...before, endpoints: [t1, { ...t3, address: "10.1.0.3/24" }] };
  try {
    const database = await LevelAgentDatabase.open(directory);
    await Promise.all([database.write({ putNetworks: [before] }), database.write({ putNetworks: [after] })]);
    await database.close();
    const again = await LevelAgentDatabase.open(directory);
    const { networks } = await again.load();
    assert.deepEqual(JSON.parse(JSON.stringify(networks)), JSON.parse(JSON.stringify([after])));
    await again.close();
    const db = new Level<string, Uint8Array>(directory, { valueEncoding: "view" });
    const keys = await db.keys().all();
    assert.deepEqual(keys, [
      ...["endpoints/t1", "endpoints/t3", "hosts/n1", "services/s1"].map((key) => `line/${network.id}/${key}`),
      `network/${network.id}`,
    ]);
    await db.put(`line/${network.id}/endpoints/t1`, bytes("\xff\xff"));
    await db.put(`line/gone/endpoints/t1`, bytes(""));
    await db.close();
    const third = await LevelAgentDatabase.open(directory);
    const damaged = await third.load();
    assert.deepEqual([damaged.networks[0]?.endpoints.length, damaged.unreadable.length], [1, 2]);
    await third.write({ removeNetworkIds: [network.id] });
    await third.close();
    const last = await LevelAgentDatabase.open(directory);
    assert.deepEqual(
      await last.load().then(({ networks: left, unreadable }) => [left.length, unreadable.length]),
      [0, 0],
    );
    await last.close();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test("in LevelDB: a table that a release of before stored as one record is read, and then kept line by line", async () => {
  const network = createNetwork("n1");
  const endpoint = { taskId: "t1", serviceId: "s1", nodeId: "n1", address: "10.1.0.1/24", names: [] };
  await using world = await spoiled(async (db) => {
    const old = codecs.networkTable.encode({ network, endpoints: [endpoint] });
    await db.put(`network/${network.id}`, old);
  });
  const [table] = (await world.database.load()).networks;
  assert.equal(table?.endpoints[0]?.taskId, "t1");
  await world.database.write({ putNetworks: [{ ...(table as NetworkTable), endpoints: [] }] });
  assert.deepEqual((await world.database.load()).networks[0]?.endpoints, []);
});

test("gossip keys are sealed where the host's keys are locked, and as good as none after a change of the lock", async () => {
  const directory = await mkdtemp(join(tmpdir(), "agent-db-"));
  const random = seededRandom(1);
  const lock = await KeyLock.open(new MemoryKeyFiles(), [], random);
  const gossip = { keys: createGossipKeys(random, 7), addresses: ["10.77.0.1"] };
  const secret = Buffer.from(gossip.keys.keys[0] ?? []).toString("base64");
  const isOnDisk = async (): Promise<boolean> => {
    const files = await readdir(directory);
    const texts = await Promise.all(files.map((name) => readFile(join(directory, name), "latin1")));
    return texts.some((text) => text.includes(secret));
  };
  const write = async (): Promise<void> => {
    const database = await LevelAgentDatabase.open(directory, lock);
    await database.write({ gossip });
    await database.close();
  };
  const load = async () => {
    const database = await LevelAgentDatabase.open(directory, lock);
    const { gossip: found } = await database.load();
    await database.close();
    return found;
  };
  try {
    await lock.follow(createUnlockKey(random), 1);
    await write();
    assert.equal(await isOnDisk(), false);
    assert.deepEqual(await load(), gossip);
    await lock.follow(createUnlockKey(random), 2);
    assert.equal(await load(), null);
    await lock.follow(null, 3);
    await write();
    assert.equal(await isOnDisk(), true);
    await lock.follow(createUnlockKey(random), 4);
    assert.deepEqual(await load(), gossip);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
