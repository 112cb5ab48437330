import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ASSIGNMENT_QUIET_MS,
  AssignmentSource,
  type Concerned,
  TABLE_REST_MS_PER_HOST,
} from "../../../../manager/dispatcher/assignment-source.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { createMemoryStore } from "../../../support/memory-store.ts";
import {
  createCluster,
  createNetwork,
  createNode,
  createService,
  createSubnet,
  createTask,
  testId,
} from "../../../support/objects.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const HOSTS = 200;
const STEP_MS = 5;

/** A network on which every host has a task, whose tasks come and go all the time. */
async function createWorld() {
  const clock = new VirtualClock();
  const store = createMemoryStore(clock);
  const network = { ...createNetwork("front", { subnets: [createSubnet("10.0.0.0/8")] }), vni: 4097 };
  const service = createService("web");
  const networks = (at: number) => [
    { networkId: network.id, address: `10.0.${at >> 8}.${at & 255}/8`, address6: "", aliases: [] },
  ];
  const taskOn = (word: string, at: number) =>
    createTask(word, service, { nodeId: testId<NodeId>(`n${at}a`), slot: at + 1, networks: networks(at) });
  await store.update("world", (tx) => {
    tx.create("cluster", createCluster());
    tx.create("network", network);
    tx.create("service", service);
  });
  for (let at = 0; at < HOSTS; at++) {
    await store.update("host", (tx) => {
      tx.create("node", createNode(`n${at}a`));
      tx.create("task", taskOn(`t${at}a`, at));
    });
  }
  const told: { readonly atMs: number; readonly concerned: Concerned }[] = [];
  const options = { store, clock, random: seededRandom(1), log: silentLogger };
  const source = new AssignmentSource(
    { ...options, memberAddresses: () => [], appliedRevision: () => null },
    (concerned) => void told.push({ atMs: clock.now(), concerned }),
  );
  await clock.run(10_000);
  told.length = 0;
  let number = 0;
  const change = () => store.update("change", (tx) => tx.create("task", taskOn(`x${number++}a`, 1)));
  return { clock, source, told, change };
}

test("a lone change of a table is told to all of its hosts at once", async () => {
  const { clock, source, told, change } = await createWorld();
  await change();
  await clock.run(ASSIGNMENT_QUIET_MS);
  assert.equal(Math.max(...told.map(({ concerned }) => concerned.tables.size)), HOSTS);
  source[Symbol.dispose]();
});

test("a table that changes all the time is told no more often than its hosts can be, the tasks of a host at once", async () => {
  const { clock, source, told, change } = await createWorld();
  const spanMs = 2_000;
  for (let ms = 0; ms < spanMs; ms += STEP_MS) {
    await change();
    await clock.run(STEP_MS);
  }
  const waves = told.filter(({ concerned }) => concerned.tables.size === HOSTS).length;
  const restMs = HOSTS * TABLE_REST_MS_PER_HOST;
  assert(waves <= spanMs / restMs + 1, `${waves} times in ${spanMs} ms, with ${restMs} ms between two`);
  assert(waves >= spanMs / (restMs + 40), `${waves} times only`);
  const own = told.filter(({ concerned }) => concerned.nodes.size > 0).length;
  assert(own > 1.5 * waves, `the host whose tasks change is told ${own} times`);
  source[Symbol.dispose]();
});
