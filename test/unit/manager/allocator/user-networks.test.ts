import { strict as assert } from "node:assert";
import { describe, test } from "node:test";
import type { AllocationPlan } from "../../../../manager/allocator/allocation-plan.ts";
import { type AllocatorMemory, createAllocatorMemory } from "../../../../manager/allocator/decide-allocation.ts";
import type { NetworkId } from "../../../../shared/ids.ts";
import type { Network, NetworkAttachment, NetworkSpec, TaskSpec } from "../../../../shared/objects/types.ts";
import type { Endpoint } from "../../../../shared/rpc/gen/objects.ts";
import { allocateOnce } from "../../../support/allocation.ts";
import {
  createCluster,
  createNetwork,
  createNode,
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
const joining = (...ids: readonly string[]): TaskSpec =>
  createTaskSpec({ networks: ids.map((id) => ({ target: testId(id), aliases: [], driverOptions: {} })) });
const ingress = createNetwork("ingress", {
  subnets: [createSubnet("10.0.0.0/20", ""), createSubnet("fd00:1::/64", "fd00:1::1")],
});
const fresh = (): AllocatorMemory => createAllocatorMemory();

function decide(parts: Parameters<typeof viewOf>[0], memory = fresh(), changesMax = 100): AllocationPlan {
  return allocateOnce(viewOf(parts), memory, changesMax);
}
const addresses = (plan: AllocationPlan): string[] =>
  [...plan.nodes.flatMap(({ attachments }) => attachments), ...plan.ready.flatMap(({ networks }) => networks)].map(
    ({ address }) => address,
  );

test("a new network gets the next overlay number and the first block of the pools that nothing lies in", () => {
  const used = userNetwork("a", {}, { vni: 4_200, subnets: [createSubnet("10.0.16.0/24", "10.0.16.1")] });
  const there = createNode("n1");
  const node = { ...there, status: { ...there.status, address: "10.0.17.9" } };
  const plan = decide({ networks: [ingress, used, userNetwork("b"), userNetwork("c")], nodes: [node] });
  assert.deepEqual(
    plan.networks.map(({ vni, subnets }) => [vni, subnets]),
    [
      [4_201, [{ cidr: "10.0.18.0/24", gateway: "10.0.18.1", ipRange: "", auxiliary: {} }]],
      [4_202, [{ cidr: "10.0.19.0/24", gateway: "10.0.19.1", ipRange: "", auxiliary: {} }]],
    ],
  );
});

test("overlay number, blocks, gateways and ranges that people ask for are theirs, whatever they overlap with", () => {
  const asked = [
    { cidr: "10.0.0.0/24", gateway: "10.0.0.254", ipRange: "10.0.0.128/25", auxiliary: {} },
    { cidr: "10.9.0.0/24", gateway: "", ipRange: "", auxiliary: {} },
  ];
  const options = { "com.docker.network.driver.overlay.vxlanid_list": "5000,5001" };
  const [network] = decide({ networks: [ingress, userNetwork("a", { subnets: asked, options })] }).networks;
  assert.equal(network?.vni, 5_000);
  assert.deepEqual(network?.subnets, [asked[0], { ...asked[1], gateway: "10.9.0.1" }]);
});

test("ingress gets a block of IPv6 that nobody asked for, and nobody is given an address in it", () => {
  const before = createNetwork("ingress", { subnets: [createSubnet("10.0.0.0/20", "")] });
  const plan = decide({ networks: [before], nodes: [createNode("n1")] });
  const [network] = plan.networks;
  assert.match(network?.subnets.map(({ cidr }) => cidr).join(" ") ?? "", /^10\.0\.0\.0\/20 fd[0-9a-f:]+::\/64$/);
  const [node] = decide({ networks: network === undefined ? [] : [network], nodes: [createNode("n1")] }).nodes;
  assert.match(node?.attachments[0]?.address ?? "", /^10\.0\.0\.\d+\/20$/);
  assert.equal(node?.attachments[0]?.address6, "");
});

test("a network with IPv6 gets a block of fd00::/8 that follows from the ids alone", () => {
  const blocks = (networks: readonly Network[]): unknown =>
    decide({ networks }).networks.map(({ subnets }) => subnets.map(({ cidr }) => cidr));
  const first = blocks([userNetwork("a", { ipv6: true })]);
  assert.match(JSON.stringify(first), /^\[\["10\.0\.0\.0\/24","fd[0-9a-f:]+::\/64"\]\]$/);
  assert.deepEqual(blocks([userNetwork("a", { ipv6: true })]), first);
});

test("networks of the host's own get neither numbers nor blocks, and their tasks no address", () => {
  const annotations = { name: "host", labels: {} };
  const host = userNetwork("host", { driver: "host", annotations });
  const web = createService("web", { task: joining("host") });
  const plan = decide({ networks: [host], services: [web], tasks: [createTask("t1", web, { state: "NEW" })] });
  assert.deepEqual(plan.networks, []);
  assert.deepEqual(plan.ready[0]?.networks, [
    { networkId: host.id, address: "", address6: "", aliases: [], driver: "host" },
  ]);
  assert.deepEqual(plan.services[0]?.endpoint.virtualIps, []);
});

test("virtual addresses come from the last quarter of a block and task addresses from the rest", () => {
  const back = userNetwork("back", {}, { vni: 4_097, subnets: [createSubnet("10.1.0.0/24", "10.1.0.1")] });
  const services = ["web", "db"].map((id) => createService(id, { task: joining("back") }));
  const tasks = services.map((service, at) => createTask(`t${at}`, service, { state: "NEW" }));
  const plan = decide({ networks: [back], services, tasks });
  assert.deepEqual(
    plan.services.map(({ endpoint }) => endpoint.virtualIps),
    [
      [{ networkId: back.id, address: "10.1.0.192/24", address6: "" }],
      [{ networkId: back.id, address: "10.1.0.193/24", address6: "" }],
    ],
  );
  assert.deepEqual(addresses(plan), ["10.1.0.2/24", "10.1.0.3/24"]);
});

test("a virtual address stays while its network does, and there is none in mode dnsrr", () => {
  const [a, b] = [userNetwork("a"), userNetwork("b")];
  const had = { networkId: b.id, address: "10.0.1.200/24", address6: "" };
  const endpoint: Endpoint = { mode: "VIP", ports: [], virtualIps: [had] };
  const web = createService("web", { task: joining("a", "b") }, { endpoint, generation: 2 });
  const settled = { vni: 4_097, subnets: [createSubnet("10.0.1.0/24", "10.0.1.1")] };
  const plan = decide({ networks: [a, { ...b, ...settled }], services: [web] });
  const [first, second] = plan.services[0]?.endpoint.virtualIps ?? [];
  assert.deepEqual([first?.networkId, second], [a.id, had]);
  const dnsrr = createService(
    "web",
    { task: joining("b"), endpoint: { mode: "DNSRR", stickyMs: 0, ports: [] } },
    { endpoint },
  );
  assert.deepEqual(
    decide({ networks: [{ ...b, ...settled }], services: [dnsrr] }).services[0]?.endpoint.virtualIps,
    [],
  );
});

test("a network whose blocks we chose grows when it is full, and its next address is in the new block", () => {
  const back = userNetwork("back", {}, { vni: 4_097, subnets: [createSubnet("10.1.0.0/29", "10.1.0.1")] });
  const web = createService("web", { task: joining("back") });
  const tasks = Array.from({ length: 6 }, (_, at) => createTask(`t${at}`, web, { state: "NEW" }));
  const plan = decide({ networks: [back], services: [web], tasks });
  assert.deepEqual(addresses(plan).slice(0, 5), [
    "10.1.0.2/29",
    "10.1.0.3/29",
    "10.1.0.4/29",
    "10.1.0.5/29",
    "10.0.0.2/24",
  ]);
  assert.deepEqual(
    plan.networks.map(({ subnets }) => subnets.map(({ cidr }) => cidr)),
    [["10.1.0.0/29", "10.0.0.0/24"]],
  );
});

test("a network whose blocks people chose does not grow: the task says what to do", () => {
  const asked = createSubnet("10.1.0.0/29", "10.1.0.1");
  const back = userNetwork("back", { subnets: [asked] }, { vni: 4_097, subnets: [asked] });
  const web = createService("web", { task: joining("back") });
  const tasks = Array.from({ length: 5 }, (_, at) => createTask(`t${at}`, web, { state: "NEW" }));
  const { refused } = decide({ networks: [back], services: [web], tasks });
  assert.deepEqual(
    refused.map(({ err }) => err),
    [
      "no free address on network back (10.1.0.0/29: 4 of 4 addresses in use): add a subnet with `swarmctl network update --subnet-add CIDR back`",
    ],
  );
  const more = { ...back, spec: { ...back.spec, subnets: [asked, createSubnet("10.2.0.0/29", "")] } };
  const later = decide({ networks: [more], services: [web], tasks });
  assert.deepEqual(addresses(later).at(-1), "10.2.0.2/29");
});

test("pools that are used up are said on the task", () => {
  const cluster = createCluster({ defaultAddressPools: ["10.0.0.0/24"] });
  const web = createService("web", { task: joining("b") });
  const taken = userNetwork("a", {}, { vni: 4_097, subnets: [createSubnet("10.0.0.0/24", "10.0.0.1")] });
  const tasks = [createTask("t1", web, { state: "NEW" })];
  const { refused } = decide({ cluster, networks: [taken, userNetwork("b")], services: [web], tasks });
  assert.match(refused[0]?.err ?? "", /no block of \/24 is free in 10\.0\.0\.0\/24/);
});

describe("a task that runs follows a spec that differs in networks alone", () => {
  const [a, b] = ["a", "b"].map((id, at) =>
    userNetwork(id, {}, { vni: 4_097 + at, subnets: [createSubnet(`10.1.${at}.0/24`, `10.1.${at}.1`)] }),
  ) as [Network, Network];
  const endpoint: Endpoint = {
    mode: "VIP",
    ports: [],
    virtualIps: [{ networkId: a.id, address: "10.1.0.192/24", address6: "" }],
  };
  const old = createService("web", { task: joining("a") }, { endpoint });
  const task = createTask("t1", old, { networks: [on("10.1.0.2/24", a.id)], endpoint });

  test("one that is added comes with an address, and what it has stays", () => {
    const now = createService("web", { task: joining("b", "a") }, { endpoint, generation: 2 });
    const { reconnected } = decide({ networks: [a, b], services: [now], tasks: [task] });
    assert.deepEqual(reconnected[0]?.networks, [on("10.1.1.2/24", b.id), on("10.1.0.2/24", a.id)]);
    assert.deepEqual(reconnected[0]?.specNetworks, now.spec.task.networks);
    assert.deepEqual(reconnected[0]?.endpoint.virtualIps[1], endpoint.virtualIps[0]);
  });

  test("one that is removed goes, with its virtual address", () => {
    const now = createService("web", { task: joining() }, { endpoint, generation: 2 });
    const { reconnected, services } = decide({ networks: [a, b], services: [now], tasks: [task] });
    assert.deepEqual([reconnected[0]?.networks, services[0]?.endpoint.virtualIps], [[], []]);
  });

  test("one that cannot be had is said on the task, which keeps what it has", () => {
    const now = createService("web", { task: joining("a", "lost") }, { endpoint, generation: 2 });
    const { reconnected, refused } = decide({ networks: [a], services: [now], tasks: [task] });
    assert.deepEqual([reconnected, refused.map(({ err }) => err)], [[], [`network ${testId("lost")} not found`]]);
  });

  test("nothing is done to a task that an update replaces, or that is to stop, or that is right", () => {
    const changed = { ...joining("b"), forceUpdate: 1 };
    const now = createService("web", { task: changed }, { endpoint, generation: 2 });
    assert.deepEqual(decide({ networks: [a, b], services: [now], tasks: [task] }).reconnected, []);
    const stops = { ...task, desiredState: "SHUTDOWN" } as const;
    const more = createService("web", { task: joining("a", "b") }, { endpoint, generation: 2 });
    assert.deepEqual(decide({ networks: [a, b], services: [more], tasks: [stops] }).reconnected, []);
    assert.deepEqual(decide({ networks: [a, b], services: [old], tasks: [task] }).reconnected, []);
  });
});
