import { strict as assert } from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { createAllocatorMemory } from "../../manager/allocator/decide-allocation.ts";
import { applyAllocation } from "../../manager/allocator/run-allocator.ts";
import { isFinal } from "../../shared/objects/task-state.ts";
import type { TaskSpec } from "../../shared/objects/types.ts";
import { allocateOnce } from "../support/allocation.ts";
import { createMemoryStore, type MemoryStore } from "../support/memory-store.ts";
import {
  createCluster,
  createNetwork,
  createNode,
  createPort,
  createService,
  createSubnet,
  createTask,
  createTaskSpec,
  testId,
} from "../support/objects.ts";

/** A network so small that addresses run out and are given again all the time. */
const SUBNET = "10.0.0.0/27";
const ADDRESSES = 29;

type Step = { readonly kind: "node" | "task" | "end" | "remove" | "allocate" | "newLeader"; readonly pick: number };
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("node", "task", "task", "task", "end", "remove", "allocate", "allocate", "newLeader"),
  pick: fc.nat(1000),
});

test("no address is ever held by two, and a task waits only while none is free", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
      using store = createMemoryStore();
      const web = createService("web", { ports: [createPort({ publishedPort: 80 })] });
      await store.update("begin", (tx) => {
        tx.create("cluster", createCluster());
        tx.create("network", createNetwork("ingress", { subnets: [createSubnet(SUBNET, "")] }));
        tx.create("service", web);
      });
      let memory = createAllocatorMemory();
      for (const [at, { kind, pick }] of [...steps, { kind: "allocate", pick: 0 } as const].entries()) {
        if (kind === "newLeader") memory = createAllocatorMemory();
        await store.update(kind, (tx) => {
          const tasks = tx.all("task");
          const chosen = tasks[pick % Math.max(1, tasks.length)];
          if (kind === "node") tx.create("node", createNode(`n${at}`));
          if (kind === "task") tx.create("task", createTask(`t${at}`, web, { state: "NEW" }));
          if (kind === "remove" && chosen !== undefined) tx.remove("task", chosen.id);
          if (kind === "end" && chosen?.status.state === "PENDING") {
            tx.update("task", { ...chosen, status: { ...chosen.status, state: "FAILED" } });
          }
          if (kind === "allocate") applyAllocation(tx, allocateOnce(tx, memory, 1000), 1);
        });
        checkAddresses(store);
      }
      const { held, waiting } = checkAddresses(store);
      assert(waiting === 0 || held === ADDRESSES, `${waiting} tasks wait although only ${held} addresses are held`);
    }),
    { numRuns: 60 },
  );
});

function checkAddresses(store: MemoryStore): { readonly held: number; readonly waiting: number } {
  const view = store.view();
  const live = view.all("task").filter(({ status }) => !isFinal(status.state));
  const all = [
    ...view.all("node").map(({ attachments }) => attachments),
    ...live.map(({ networks }) => networks),
  ].flat();
  const distinct = new Set(all.map(({ address }) => address));
  assert.equal(distinct.size, all.length, "an address has two holders");
  return { held: distinct.size, waiting: live.filter(({ status }) => status.state === "NEW").length };
}

test("no published port is ever had by two services", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(0, 80, 30_000, 30_001), { maxLength: 30 }), async (wanted) => {
      using store = createMemoryStore();
      await store.update("begin", (tx) => {
        tx.create("cluster", createCluster());
        for (const [at, publishedPort] of wanted.entries()) {
          tx.create("service", createService(`s${at}`, { ports: [createPort({ publishedPort })] }));
        }
      });
      await store.update("allocate", (tx) => applyAllocation(tx, allocateOnce(tx, createAllocatorMemory(), 1000), 1));
      const ports = store
        .view()
        .all("service")
        .flatMap(({ endpoint }) => endpoint?.ports ?? []);
      assert.equal(new Set(ports.map(({ publishedPort }) => publishedPort)).size, ports.length);
    }),
    { numRuns: 60 },
  );
});

type UserStep = {
  readonly kind: "service" | "task" | "end" | "unservice" | "move" | "allocate" | "newLeader";
  readonly pick: number;
};
const userStep: fc.Arbitrary<UserStep> = fc.record({
  kind: fc.constantFrom(
    "service",
    "task",
    "task",
    "task",
    "end",
    "unservice",
    "move",
    "allocate",
    "allocate",
    "newLeader",
  ),
  pick: fc.nat(1000),
});
/** Room for a few blocks of 16 addresses, so that networks grow until the pool is used up. */
const POOL = { defaultAddressPools: ["10.0.0.0/26"], defaultSubnetPrefix: 28 };
const USER_NETWORKS = ["a", "b"] as const;
const joining = (pick: number): TaskSpec => {
  const ids = [["a"], ["b"], ["a", "b"], []][pick % 4] ?? [];
  return createTaskSpec({ networks: ids.map((id) => ({ target: testId(id), aliases: [], driverOptions: {} })) });
};

test("whatever joins, ends and moves, no address of a user network has two holders or changes its use", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(userStep, { maxLength: 150 }), async (steps) => {
      using store = createMemoryStore();
      await store.update("begin", (tx) => {
        tx.create("cluster", createCluster(POOL));
        for (const id of USER_NETWORKS) {
          const { spec } = createNetwork(id);
          tx.create("network", createNetwork(id, { vni: 0, subnets: [], spec: { ...spec, ipv6: id === "b" } }));
        }
      });
      let memory = createAllocatorMemory();
      const uses = new Map<string, "task" | "service">();
      for (const [at, { kind, pick }] of steps.entries()) {
        if (kind === "newLeader") memory = createAllocatorMemory();
        await store.update(kind, (tx) => {
          const [tasks, services] = [tx.all("task"), tx.all("service")];
          const task = tasks[pick % Math.max(1, tasks.length)];
          const service = services[pick % Math.max(1, services.length)];
          if (kind === "service") tx.create("service", createService(`s${at}`, { task: joining(pick) }));
          if (kind === "task" && service !== undefined)
            tx.create("task", createTask(`t${at}`, service, { state: "NEW" }));
          if (kind === "end" && task?.status.state === "PENDING") {
            tx.update("task", { ...task, status: { ...task.status, state: "FAILED" } });
          }
          if (kind === "unservice" && service !== undefined) tx.remove("service", service.id);
          if (kind === "move" && service !== undefined) {
            const spec = { ...service.spec, task: joining(pick + at) };
            tx.update("service", { ...service, spec, generation: service.generation + 1 });
          }
          if (kind === "allocate") applyAllocation(tx, allocateOnce(tx, memory, 1000), 1);
        });
        checkHolders(store, uses);
      }
    }),
    { numRuns: 60 },
  );
});

function checkHolders(store: MemoryStore, uses: Map<string, "task" | "service">): void {
  const view = store.view();
  const holders: (readonly [
    "task" | "service",
    { readonly networkId: string; readonly address: string; readonly address6: string },
  ])[] = [
    ...view
      .all("task")
      .filter(({ status }) => !isFinal(status.state))
      .flatMap(({ networks }) => networks.map((held) => ["task", held] as const)),
    ...view
      .all("service")
      .flatMap(({ endpoint }) => (endpoint?.virtualIps ?? []).map((held) => ["service", held] as const)),
  ];
  const seen = new Set<string>();
  for (const [use, { networkId, address, address6 }] of holders) {
    assert.equal(
      address6 !== "",
      networkId === testId("b"),
      "addresses of a family that the network has not, or lacks",
    );
    for (const one of address6 === "" ? [address] : [address, address6]) {
      const key = `${networkId} ${one}`;
      assert(one !== "" && !seen.has(key), `${key} has two holders`);
      seen.add(key);
      assert.equal(uses.get(key) ?? use, use, `${key} changes its use`);
      uses.set(key, use);
    }
  }
  const blocks = view.all("network").flatMap(({ subnets }) => subnets.map(({ cidr }) => cidr));
  assert.equal(new Set(blocks).size, blocks.length, "a block is given twice");
}
