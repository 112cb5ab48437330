import { strict as assert } from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { AllocationBook } from "../../manager/allocator/allocation-book.ts";
import type { AllocationLimits } from "../../manager/allocator/allocation-plan.ts";
import {
  type AllocatorMemory,
  createAllocatorMemory,
  decideAllocation,
} from "../../manager/allocator/decide-allocation.ts";
import { applyAllocation } from "../../manager/allocator/run-allocator.ts";
import type { WriteTx } from "../../manager/store/store-types.ts";
import { isFinal } from "../../shared/objects/task-state.ts";
import type { Service } from "../../shared/objects/types.ts";
import { createMemoryStore, type MemoryStore } from "../support/memory-store.ts";
import {
  createCluster,
  createNetwork,
  createNode,
  createPort,
  createService,
  createServiceSpec,
  createSubnet,
  createTask,
  createTaskSpec,
  testId,
} from "../support/objects.ts";

const KINDS = [
  ...(["node", "unnode", "service", "unservice", "join", "join", "publish", "task", "task", "task", "task"] as const),
  ...(["end", "stop", "untask", "network", "unnetwork", "allocate", "rest", "rest", "lose", "lead"] as const),
];
interface Step {
  readonly kind: (typeof KINDS)[number];
  readonly pick: number;
}
const step: fc.Arbitrary<Step> = fc.record({ kind: fc.constantFrom(...KINDS), pick: fc.nat(9999) });

/** Room for a few blocks of 8 addresses: networks grow until the pool is used up, and tasks wait. */
const POOL = { defaultAddressPools: ["10.0.0.0/27"], defaultSubnetPrefix: 29 };
const NETWORKS = ["a", "b", "ingress"] as const;
/** Each pass serves somebody whom the one before it woke. */
const PASSES_MAX = 50;
const UNLIMITED: AllocationLimits = { changesMax: 10_000, looksMax: 10_000 };

test("when the book has nothing on its agenda, one made from nothing finds nothing to give, whatever came before", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 80, size: "max" }), async (steps) => {
      using store = createMemoryStore();
      let book = new AllocationBook();
      using _subscription = store.subscribe(({ changes }) => {
        for (const change of changes) book.note(change, store.view());
      });
      const memory = createAllocatorMemory();
      await store.update("begin", (tx) => tx.create("cluster", createCluster(POOL)));
      for (const [at, { kind, pick }] of steps.entries()) {
        if (kind === "lead") book = AllocationBook.of(store.view());
        else if (kind === "allocate") await allocate(store, book, memory, pick);
        else if (kind === "lose") await lose(store, book, memory);
        else if (kind !== "rest") await store.update(kind, (tx) => act(tx, kind, pick, at));
        if (kind === "rest") await rest(store, book, memory);
        checkHolders(store);
      }
    }),
    { numRuns: Number(process.env["RUNS"] ?? 100), endOnFailure: true },
  );
});

async function allocate(
  store: MemoryStore,
  book: AllocationBook,
  memory: AllocatorMemory,
  pick: number,
): Promise<void> {
  const limits = pick % 3 === 0 ? { changesMax: 2, looksMax: 5 } : UNLIMITED;
  await store.update("allocate", (tx) => applyAllocation(tx, decideAllocation(tx, book, memory, limits), 1));
}

/** A plan that comes to nothing. */
async function lose(store: MemoryStore, book: AllocationBook, memory: AllocatorMemory): Promise<void> {
  await store.update("lose", (tx) => book.agenda.addAll(decideAllocation(tx, book, memory, UNLIMITED).looked));
}

/** Everything on the agenda is done, which may put something else on it. */
async function rest(store: MemoryStore, book: AllocationBook, memory: AllocatorMemory): Promise<void> {
  for (let pass = 0; !book.agenda.isEmpty; pass++) {
    assert(pass < PASSES_MAX, "it comes to rest");
    await allocate(store, book, memory, 1);
  }
  const view = store.view();
  const plan = decideAllocation(view, AllocationBook.of(view), structuredClone(memory), UNLIMITED);
  const { networks, nodes, services, ready, reconnected } = plan;
  assert.deepEqual([networks, nodes, services, ready, reconnected], [[], [], [], [], []]);
  // How full a network is, is said anew only to those who are looked at.
  for (const { taskId } of plan.refused)
    assert.notEqual(view.get("task", taskId)?.status.err, "", "who waits knows why");
}

interface Held {
  readonly networkId: string;
  readonly address: string;
  readonly address6: string;
}

/** No address of a network, and no published port, has two holders. */
function checkHolders(store: MemoryStore): void {
  const view = store.view();
  const live = view.all("task").filter(({ status }) => !isFinal(status.state));
  const holders: readonly (readonly Held[])[] = [
    ...view.all("node").map(({ attachments }) => attachments),
    ...live.map(({ networks }) => networks),
    ...view.all("service").map(({ endpoint }) => endpoint?.virtualIps ?? []),
  ];
  const all = holders
    .flat()
    .flatMap(({ networkId, address, address6 }) =>
      [address, address6].filter((each) => each !== "").map((each) => `${networkId} ${each}`),
    );
  assert.equal(new Set(all).size, all.length, "an address has two holders");
}

function act(tx: WriteTx, kind: Step["kind"], pick: number, at: number): void {
  const [services, tasks, nodes] = [tx.all("service"), tx.all("task"), tx.all("node")];
  const service = services[pick % Math.max(1, services.length)];
  const task = tasks[pick % Math.max(1, tasks.length)];
  const node = nodes[pick % Math.max(1, nodes.length)];
  const network = NETWORKS[pick % NETWORKS.length] ?? "a";
  if (kind === "node") tx.create("node", createNode(`n${at}`));
  if (kind === "unnode" && node !== undefined) tx.remove("node", node.id);
  if (kind === "service") tx.create("service", createService(`s${at}`, partsOf(pick)));
  if (kind === "unservice" && service !== undefined) tx.remove("service", service.id);
  if (kind === "join" && service !== undefined) change(tx, service, partsOf(pick).task);
  if (kind === "publish" && service !== undefined) publish(tx, service, pick);
  if (kind === "task" && service !== undefined) tx.create("task", createTask(`t${at}`, service, { state: "NEW" }));
  if (kind === "end" && task !== undefined && task.status.state === "PENDING") {
    tx.update("task", { ...task, status: { ...task.status, state: "FAILED" } });
  }
  if (kind === "stop" && task !== undefined) tx.update("task", { ...task, desiredState: "REMOVE" });
  if (kind === "untask" && task !== undefined) tx.remove("task", task.id);
  const there = tx.get("network", testId(network));
  if (kind === "network" && there === undefined) {
    const { spec } = createNetwork(network);
    const subnets = network === "ingress" ? [createSubnet("10.9.0.0/28", "")] : [];
    tx.create("network", createNetwork(network, { vni: 0, subnets, spec: { ...spec, ipv6: network === "b" } }));
  }
  if (kind === "unnetwork" && there !== undefined && pick % 5 === 0) tx.remove("network", there.id);
}

function partsOf(pick: number) {
  const ids = [["a"], ["b"], ["a", "b"], []][pick % 4] ?? [];
  const ports = [[], [createPort()], [createPort({ publishedPort: 80 })]][Math.floor(pick / 4) % 3] ?? [];
  const networks = ids.map((id) => ({ target: testId(id), aliases: [], driverOptions: {} }));
  return { ports, task: createTaskSpec({ networks }) };
}

function change(tx: WriteTx, service: Service, task: Service["spec"]["task"]): void {
  tx.update("service", { ...service, spec: { ...service.spec, task }, generation: service.generation + 1 });
}

function publish(tx: WriteTx, service: Service, pick: number): void {
  const { endpoint } = createServiceSpec({ ports: partsOf(pick).ports });
  tx.update("service", { ...service, spec: { ...service.spec, endpoint }, generation: service.generation + 1 });
}
