import { strict as assert } from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { decideAllocation } from "../../manager/allocator/decide-allocation.ts";
import { applyAllocation } from "../../manager/allocator/run-allocator.ts";
import { isFinal } from "../../shared/objects/task-state.ts";
import { createMemoryStore, type MemoryStore } from "../support/memory-store.ts";
import {
  createCluster,
  createNetwork,
  createNode,
  createPort,
  createService,
  createSubnet,
  createTask,
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
      let memory = { addresses: new Map(), ports: new Map() };
      for (const [at, { kind, pick }] of [...steps, { kind: "allocate", pick: 0 } as const].entries()) {
        if (kind === "newLeader") memory = { addresses: new Map(), ports: new Map() };
        await store.update(kind, (tx) => {
          const tasks = tx.all("task");
          const chosen = tasks[pick % Math.max(1, tasks.length)];
          if (kind === "node") tx.create("node", createNode(`n${at}`));
          if (kind === "task") tx.create("task", createTask(`t${at}`, web, { state: "NEW" }));
          if (kind === "remove" && chosen !== undefined) tx.remove("task", chosen.id);
          if (kind === "end" && chosen?.status.state === "PENDING") {
            tx.update("task", { ...chosen, status: { ...chosen.status, state: "FAILED" } });
          }
          if (kind === "allocate") applyAllocation(tx, decideAllocation(tx, memory, 1000), 1);
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
      await store.update("allocate", (tx) =>
        applyAllocation(tx, decideAllocation(tx, { addresses: new Map(), ports: new Map() }, 1000), 1),
      );
      const ports = store
        .view()
        .all("service")
        .flatMap(({ endpoint }) => endpoint?.ports ?? []);
      assert.equal(new Set(ports.map(({ publishedPort }) => publishedPort)).size, ports.length);
    }),
    { numRuns: 60 },
  );
});
