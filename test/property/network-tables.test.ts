/** Tables kept up to date, and sent as changes, against tables made from nothing (test/support/naive-tables.ts). */
import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import type { NodeId } from "../../shared/ids.ts";
import type { Network, Node, Service, Task } from "../../shared/objects/types.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { orderedTable } from "../../worker/ports/table-lines.ts";
import { naiveTables } from "../support/naive-tables.ts";
import {
  createCluster,
  createNetwork,
  createNode,
  createPort,
  createService,
  createTask,
  createTaskSpec,
  testId,
} from "../support/objects.ts";
import { TableSession, TableWorld } from "../support/table-world.ts";

const NODES = ["n1", "n2", "n3"] as const;
const NETWORKS = ["ingress", "front", "back"] as const;
const SERVICES = ["s1", "s2"] as const;

const nodeWord = fc.constantFrom(...NODES);
const networkWords = fc.subarray([...NETWORKS]);
const attachmentsOn = (words: readonly string[], at: number) =>
  words.map((word) => ({
    networkId: testId<Network["id"]>(word),
    address: `10.0.0.${at}/24`,
    address6: word === "front" ? `fd00::${at}/64` : "",
    aliases: [],
  }));

const node = fc
  .record({
    word: nodeWord,
    state: fc.constantFrom("READY" as const, "DOWN" as const, "DISCONNECTED" as const, "UNKNOWN" as const),
    hostname: fc.constantFrom("a", "b"),
    isAttached: fc.boolean(),
  })
  .map(({ word, state, hostname, isAttached }): Node => {
    const attachments = isAttached ? attachmentsOn(["ingress"], Number(word.slice(1))) : [];
    return createNode(word, { state, hostname, attachments: attachments as never });
  });
const network = fc
  .record({ word: fc.constantFrom(...NETWORKS), vni: fc.constantFrom(0, 4096), mtu: fc.constantFrom(0, 1400) })
  .map(({ word, vni, mtu }): Network => {
    const made = createNetwork(word, { vni });
    return { ...made, spec: { ...made.spec, mtu } };
  });
const service = fc
  .record({
    word: fc.constantFrom(...SERVICES),
    networks: networkWords,
    alias: fc.constantFrom("db", "cache"),
    isPublished: fc.boolean(),
    isVip: fc.boolean(),
  })
  .map(({ word, networks, alias, isPublished, isVip }): Service => {
    const wishes = networks.map((name) => ({ target: testId<string>(name), aliases: [alias], driverOptions: {} }));
    const ports = isPublished ? [createPort({ publishedPort: 8080 })] : [];
    const virtualIps = isVip
      ? wishes.map(({ target }) => ({ networkId: target, address: "10.0.9.9/24", address6: "" }))
      : [];
    return createService(
      word,
      { task: createTaskSpec({ networks: wishes }) },
      { endpoint: { mode: isVip ? "VIP" : "DNSRR", ports, virtualIps } as never },
    );
  });
const task = fc
  .record({
    at: fc.integer({ min: 1, max: 12 }),
    networks: networkWords,
    state: fc.constantFrom("PENDING" as const, "ASSIGNED" as const, "RUNNING" as const, "FAILED" as const),
    desiredState: fc.constantFrom("RUNNING" as const, "SHUTDOWN" as const),
  })
  .map(({ at, networks, state, desiredState }): Task => {
    const nodeId = state === "PENDING" ? "" : testId<NodeId>(NODES[at % NODES.length] ?? "n1");
    const parts = { state, desiredState, slot: at, networks: attachmentsOn(networks, at) };
    return createTask(`t${at}a`, createService("s1"), { ...parts, nodeId });
  });

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("task" as const), object: task }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("node" as const), object: node }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("service" as const), object: service }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("network" as const), object: network }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("removeTask" as const), id: fc.integer({ min: 1, max: 12 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("remove" as const),
      what: fc.oneof(
        fc.tuple(fc.constant("node" as const), nodeWord),
        fc.tuple(fc.constant("network" as const), fc.constantFrom(...NETWORKS)),
        fc.tuple(fc.constant("service" as const), fc.constantFrom(...SERVICES)),
      ),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("catchUp" as const), node: nodeWord }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("lose" as const), node: nodeWord }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("deaf" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("resync" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("elect" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("port" as const), port: fc.constantFrom(4789, 5000) }) },
);

/** Values as they are, whatever class decoding made them of. */
const plain = (tables: readonly NetworkTable[]): unknown =>
  JSON.parse(JSON.stringify([...tables].sort((a, b) => ((a.network?.id ?? "") < (b.network?.id ?? "") ? -1 : 1))));

it("tables kept up to date equal tables made from nothing after every step, on the leader and on every host", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150, size: "max" }), (steps) => {
      const world = new TableWorld((put) => {
        put("cluster", createCluster());
        for (const word of NETWORKS) put("network", createNetwork(word));
      });
      const sessions = new Map(NODES.map((word) => [word, new TableSession(world, testId<NodeId>(word))]));
      const checkHost = (session: TableSession): void => {
        if (world.isDeaf) return;
        assert.ok(session.catchUp());
        assert.deepEqual(plain(session.tables), plain(naiveTables(world.view, session.nodeId)));
      };
      for (const each of steps) {
        if (each.do === "task" || each.do === "node" || each.do === "service" || each.do === "network") {
          world.put(each.do, each.object as never);
        } else if (each.do === "removeTask") world.remove("task", testId(`t${each.id}a`));
        else if (each.do === "remove") world.remove(each.what[0], testId(each.what[1]));
        else if (each.do === "catchUp") checkHost(sessions.get(each.node) as TableSession);
        else if (each.do === "lose") sessions.get(each.node)?.lose();
        else if (each.do === "deaf") world.isDeaf = true;
        else if (each.do === "resync") world.resync();
        else if (each.do === "port") world.put("cluster", { ...createCluster(), dataPathPort: each.port });
        else {
          world.isDeaf = false;
          world.elect();
          for (const session of sessions.values()) session.lose();
        }
        if (world.isDeaf) continue;
        for (const word of NODES) {
          const books = world.tables.booksOf(testId<NodeId>(word)) ?? [];
          const kept = books.map((book) => orderedTable(book.whole()));
          assert.deepEqual(plain(kept), plain(naiveTables(world.view, testId<NodeId>(word))));
        }
      }
      world.resync();
      for (const session of sessions.values()) checkHost(session);
    }),
    { numRuns: 200 },
  );
});
