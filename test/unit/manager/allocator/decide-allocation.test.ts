import { strict as assert } from "node:assert";
import { test } from "node:test";
import type { AllocationPlan } from "../../../../manager/allocator/allocation-plan.ts";
import { type AllocatorMemory, createAllocatorMemory } from "../../../../manager/allocator/decide-allocation.ts";
import type { NetworkId } from "../../../../shared/ids.ts";
import type { Network, NetworkAttachment, NetworkSpec, Service } from "../../../../shared/objects/types.ts";
import type { Endpoint, PortConfig } from "../../../../shared/rpc/gen/objects.ts";
import { allocateOnce } from "../../../support/allocation.ts";
import {
  createNetwork,
  createNode,
  createPort,
  createService,
  createSubnet,
  createTask,
  createTaskSpec,
  testId,
} from "../../../support/objects.ts";
import { viewOf } from "../../../support/view.ts";

const INGRESS = testId<NetworkId>("ingress");
const on = (address: string, networkId = INGRESS): NetworkAttachment => ({
  networkId,
  address,
  address6: "",
  aliases: [],
});
function userNetwork(id: string, spec: Partial<NetworkSpec> = {}, part: Partial<Network> = {}): Network {
  const plain = createNetwork(id).spec;
  return createNetwork(id, { spec: { ...plain, ...spec }, vni: 0, subnets: [], ...part });
}
const small = createNetwork("ingress", { subnets: [createSubnet("10.0.0.0/29", "")] });
const ingress = createNetwork("ingress", {
  subnets: [createSubnet("10.0.0.0/20", ""), createSubnet("fd00:1::/64", "fd00:1::1")],
});
const fresh = (): AllocatorMemory => createAllocatorMemory();

function decide(
  parts: Parameters<typeof viewOf>[0],
  memory = fresh(),
  changesMax = 100,
): ReturnType<typeof allocateOnce> {
  return allocateOnce(viewOf(parts), memory, changesMax);
}
const published = (id: string, ports: readonly PortConfig[] = [createPort({ publishedPort: 80 })]): Service =>
  createService(id, { ports });
const allocated = (service: Service, ports: readonly PortConfig[]): Service => {
  const endpoint: Endpoint = { mode: "VIP", ports, virtualIps: [] };
  return { ...service, endpoint };
};
const addresses = (plan: AllocationPlan): string[] =>
  [...plan.nodes.flatMap(({ attachments }) => attachments), ...plan.ready.flatMap(({ networks }) => networks)].map(
    ({ address }) => address,
  );

test("every node gets an address on ingress, behind the network's own and the gateway's", () => {
  const plan = decide({ networks: [ingress], nodes: [createNode("n1"), createNode("n2", { state: "UNKNOWN" })] });
  assert.deepEqual(addresses(plan), ["10.0.0.2/20", "10.0.0.3/20"]);
});

test("a node keeps the address it has", () => {
  assert.deepEqual(
    decide({ networks: [ingress], nodes: [createNode("n1", { attachments: [on("10.0.0.9/20")] })] }).nodes,
    [],
  );
});

test("a task of a service with published ports gets an address on ingress and a copy of the endpoint", () => {
  const web = published("web");
  const plan = decide({ networks: [ingress], services: [web], tasks: [createTask("t1", web, { state: "NEW" })] });
  assert.deepEqual(plan.services, [
    { serviceId: web.id, endpoint: { mode: "VIP", ports: [createPort({ publishedPort: 80 })], virtualIps: [] } },
  ]);
  assert.deepEqual(plan.ready, [
    { taskId: testId("t1"), networks: [on("10.0.0.2/20")], endpoint: plan.services[0]?.endpoint },
  ]);
});

test("a task of a service without ports is ready without an address", () => {
  const db = createService("db");
  const plan = decide({ networks: [ingress], services: [db], tasks: [createTask("t1", db, { state: "NEW" })] });
  assert.deepEqual(
    plan.ready.map(({ networks }) => networks),
    [[]],
  );
});

test("a host-mode port needs no address and may be had twice", () => {
  const host = [createPort({ publishedPort: 80, publishMode: "HOST" })];
  const services = [published("a", host), published("b", host)];
  const plan = decide({
    services,
    tasks: services.map((service, at) => createTask(`t${at}`, service, { state: "NEW" })),
  });
  assert.equal(plan.ready.length, 2);
  assert.deepEqual(
    plan.ready.flatMap(({ networks }) => networks),
    [],
  );
});

test("tasks that are already pending, or not wanted to run, are left alone", () => {
  const web = published("web");
  const tasks = [
    createTask("t1", web, { state: "PENDING" }),
    createTask("t2", web, { state: "NEW", desiredState: "REMOVE" }),
  ];
  assert.deepEqual(decide({ networks: [ingress], services: [web], tasks }).ready, []);
});

test("the search goes on behind the last address given, so a freed one rests", () => {
  const web = allocated(published("web"), [createPort({ publishedPort: 80 })]);
  const memory = fresh();
  const first = decide(
    { networks: [small], services: [web], tasks: [createTask("t1", web, { state: "NEW" })] },
    memory,
  );
  assert.deepEqual(addresses(first), ["10.0.0.2/29"]);
  const again = decide(
    { networks: [small], services: [web], tasks: [createTask("t2", web, { state: "NEW" })] },
    memory,
  );
  assert.deepEqual(addresses(again), ["10.0.0.3/29"]);
});

test("a new leader goes on behind the highest address in use", () => {
  const nodes = [createNode("n1", { attachments: [on("10.0.0.7/20")] }), createNode("n2")];
  assert.deepEqual(addresses(decide({ networks: [ingress], nodes })), ["10.0.0.8/20"]);
});

test("the search begins again at the start when the end is reached", () => {
  const nodes = [createNode("n1", { attachments: [on("10.0.0.6/29")] }), createNode("n2")];
  assert.deepEqual(addresses(decide({ networks: [small], nodes })), ["10.0.0.2/29"]);
});

test("a task that is over has given its address back; one that is stopping has not", () => {
  const web = allocated(published("web"), [createPort({ publishedPort: 80 })]);
  const held = ["2", "3", "4", "5"].map((last) =>
    createTask(`h${last}`, web, { networks: [on(`10.0.0.${last}/29`)], desiredState: "SHUTDOWN" }),
  );
  const over = createTask("h6", web, { networks: [on("10.0.0.6/29")], state: "SHUTDOWN", desiredState: "SHUTDOWN" });
  const tasks = [...held, over, createTask("t1", web, { state: "NEW" })];
  assert.deepEqual(addresses(decide({ networks: [small], services: [web], tasks })), ["10.0.0.6/29"]);
});

test("exhaustion is said on the task, once, and waited for", () => {
  const web = allocated(published("web"), [createPort({ publishedPort: 80 })]);
  const held = ["2", "3", "4", "5", "6"].map((last) =>
    createTask(`h${last}`, web, { networks: [on(`10.0.0.${last}/29`)] }),
  );
  const waiting = createTask("t1", web, { state: "NEW" });
  const chosen = { ...small, spec: { ...small.spec, subnets: small.subnets } };
  const plan = decide({ networks: [chosen], services: [web], tasks: [...held, waiting] });
  const err =
    "no free address on network ingress (10.0.0.0/29: 5 of 5 addresses in use): add a subnet with `swarmctl network update --subnet-add CIDR ingress`";
  assert.deepEqual(plan.refused, [{ taskId: waiting.id, err }]);
  assert.equal(plan.isWaiting, true);
  const told = { ...waiting, status: { ...waiting.status, err } };
  const again = decide({ networks: [chosen], services: [web], tasks: [...held, told] });
  assert.deepEqual(again.refused, []);
  assert.equal(again.isWaiting, true);
});

test("ingress grows when it is full, by blocks near its first one, for hosts and for tasks", () => {
  const web = allocated(published("web"), [createPort({ publishedPort: 80 })]);
  const block6 = createSubnet("fd00:1::/64", "fd00:1::1");
  const old = createNetwork("ingress", { subnets: [createSubnet("10.7.0.0/29", "10.7.0.1"), block6] });
  const held = ["2", "3", "4", "5", "6"].map((last) =>
    createTask(`h${last}`, web, { networks: [on(`10.7.0.${last}/29`)] }),
  );
  const tasks = [...held, createTask("t1", web, { state: "NEW" })];
  const plan = decide({ networks: [old], nodes: [createNode("n1")], services: [web], tasks });
  assert.deepEqual(addresses(plan), ["10.7.16.2/20", "10.7.16.3/20"]);
  const [grown] = plan.networks;
  assert.deepEqual(
    grown?.subnets.map(({ cidr }) => cidr),
    ["10.7.0.0/29", "fd00:1::/64", "10.7.16.0/20"],
  );
  assert.ok(grown);
  const full = { ...grown, subnets: [...old.subnets, createSubnet("10.7.0.8/29", "10.7.0.9")] };
  const more = ["10", "11", "12", "13", "14"].map((last) =>
    createTask(`m${last}`, web, { networks: [on(`10.7.0.${last}/29`)] }),
  );
  const later = decide({ networks: [full], services: [web], tasks: [...tasks, ...more] });
  assert.deepEqual(addresses(later), ["10.7.16.2/20"], "and again, past a block of IPv6 between its own");
});

test("a task that gets only some of its addresses takes none", () => {
  const asked = createSubnet("10.1.0.0/29", "");
  const full = userNetwork("full", { subnets: [asked] }, { subnets: [asked] });
  const service = createService("web", {
    ports: [createPort({ publishedPort: 80 })],
    task: createTaskSpec({ networks: [{ target: full.id, aliases: [], driverOptions: {} }] }),
  });
  const held = ["2", "3", "4", "5", "6"].map((last) =>
    createTask(`h${last}`, service, { networks: [on(`10.1.0.${last}/29`, full.id)] }),
  );
  const other = published("zoo", [createPort({ publishedPort: 81 })]);
  const tasks = [...held, createTask("t1", service, { state: "NEW" }), createTask("t2", other, { state: "NEW" })];
  const plan = decide({ networks: [ingress, full], services: [service, other], tasks });
  assert.deepEqual(
    plan.refused.map(({ taskId }) => taskId),
    [testId("t1")],
  );
  assert.equal(plan.ready.length, 1);
});

test("a network that is missing is said on the task", () => {
  const lost = createTaskSpec({ networks: [{ target: testId("lost"), aliases: [], driverOptions: {} }] });
  const service = createService("web", { task: lost });
  const plan = decide({ services: [service], tasks: [createTask("t1", service, { state: "NEW" })] });
  assert.deepEqual(
    plan.refused.map(({ err }) => err),
    [`network ${testId("lost")} not found`],
  );
});

test("a port that another service has is refused in words, and had once that one is gone", () => {
  const first = allocated(published("first"), [createPort({ publishedPort: 80 })]);
  const second = published("asecond");
  const tasks = [createTask("t1", second, { state: "NEW" })];
  const plan = decide({ networks: [ingress], services: [first, second], tasks });
  assert.deepEqual(plan.services, []);
  assert.deepEqual(plan.refused, [
    { taskId: testId("t1"), err: "published port 80/tcp is already used by service first" },
  ]);
  const later = decide({ networks: [ingress], services: [second], tasks });
  assert.equal(later.ready.length, 1);
});

test("the same number is free for another protocol", () => {
  const dns = [createPort({ publishedPort: 53 })];
  const first = allocated(published("first", dns), dns);
  const second = published("second", [createPort({ publishedPort: 53, protocol: "UDP" })]);
  assert.equal(decide({ services: [first, second] }).services.length, 1);
});

test("open ports get numbers from 30000 on that nobody has, and keep them over updates", () => {
  const first = allocated(published("first", [createPort()]), [createPort({ publishedPort: 30_000 })]);
  const plan = decide({ services: [first, published("second", [createPort(), createPort({ targetPort: 81 })])] });
  const given = plan.services[0]?.endpoint.ports.map(({ publishedPort }) => publishedPort);
  assert.deepEqual(given, [30_001, 30_002]);
  const updated = published("second", [createPort({ targetPort: 81 }), createPort({ targetPort: 82 })]);
  const next = decide({ services: [first, allocated(updated, plan.services[0]?.endpoint.ports ?? [])] });
  assert.deepEqual(
    next.services[0]?.endpoint.ports.map(({ targetPort, publishedPort }) => [targetPort, publishedPort]),
    [
      [81, 30_002],
      [82, 30_001],
    ],
  );
});

test("two services may have one port at different addresses of the hosts, and open ports get neither's number", () => {
  const at = (hostIp: string, publishedPort = 30_000): PortConfig[] => [createPort({ publishedPort, hostIp })];
  const first = allocated(published("first", at("10.0.0.1")), at("10.0.0.1"));
  const outcome = (ports: PortConfig[]): readonly number[] | undefined =>
    decide({ services: [first, published("second", ports)] }).services[0]?.endpoint.ports.map((p) => p.publishedPort);
  assert.deepEqual(outcome(at("10.0.0.2")), [30_000]);
  assert.equal(outcome(at("10.0.0.0/24")), undefined);
  assert.equal(outcome(at("")), undefined);
  assert.deepEqual(outcome([createPort()]), [30_001]);
});

test("open ports do not get numbers on which programs of hosts listen", () => {
  const program = { protocol: "TCP", port: 30_000, address: "0.0.0.0", program: "nginx", clash: "NONE" } as const;
  const nodes = [createNode("n1", { listeners: [program] })];
  const plan = decide({ nodes, services: [published("web", [createPort(), createPort({ protocol: "UDP" })])] });
  const given = plan.services[0]?.endpoint.ports.map(({ publishedPort }) => publishedPort);
  assert.deepEqual(given, [30_001, 30_000]);
});

test("a service may change from one published port to another and back", () => {
  const moved = allocated(published("web", [createPort({ publishedPort: 81 })]), [createPort({ publishedPort: 80 })]);
  assert.deepEqual(
    decide({ services: [moved] }).services[0]?.endpoint.ports.map(({ publishedPort }) => publishedPort),
    [81],
  );
});

test("a long list is done in parts", () => {
  const web = published("web");
  const tasks = Array.from({ length: 30 }, (_, at) => createTask(`t${at}`, web, { state: "NEW" }));
  const plan = decide({ networks: [ingress], services: [web], tasks }, fresh(), 10);
  assert.equal(plan.isPartial, true);
  assert.equal(plan.ready.length + plan.services.length, 10);
});
