import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SwarmError } from "../../../shared/errors.ts";
import type { TaskId } from "../../../shared/ids.ts";
import { containerIdOf } from "../../../shared/objects/container-id.ts";
import type { Service } from "../../../shared/objects/types.ts";
import type {
  CreateNetworkRequest,
  ListNetworksRequest,
  UpdateNetworkRequest,
  UpdateServiceRequest,
} from "../../../shared/rpc/gen/control.ts";
import type { LocalNetwork } from "../../../shared/rpc/gen/networks.ts";
import { unary } from "../../../shared/rpc/handler.ts";
import { createNetwork, createService, createTask, PLAIN_NETWORK, testId } from "../../support/objects.ts";
import { createFakeDaemon, runCli } from "./fake-daemon.ts";

const back = createNetwork("back");
const spec = { annotations: { name: "host", labels: {} }, ingress: false, ...PLAIN_NETWORK, driver: "host" };
const host = createNetwork("host", { spec, vni: 0, subnets: [] });

describe("swarmctl network", () => {
  test("create matches gateways and ranges to their subnets and sends everything", async () => {
    const asked: CreateNetworkRequest[] = [];
    const create = unary(async (request: CreateNetworkRequest) => {
      asked.push(request);
      return { network: back };
    });
    await using daemon = createFakeDaemon({ control: { createNetwork: create } });
    await daemon.listen();
    const words =
      "network create -d overlay --subnet 10.1.0.0/24 --subnet fd00::/64 --gateway fd00::9 --gateway 10.1.0.9 " +
      "--ip-range 10.1.0.128/25 --aux-address router=10.1.0.7 --ipv6 --internal --attachable --label a=b -o mtu=1400 back";
    assert.deepEqual((await runCli(words.split(" "), daemon)).out, [back.id]);
    const sent = asked[0]?.spec;
    assert.deepEqual(JSON.parse(JSON.stringify(sent?.subnets)), [
      { cidr: "10.1.0.0/24", gateway: "10.1.0.9", ipRange: "10.1.0.128/25", auxiliary: { router: "10.1.0.7" } },
      { cidr: "fd00::/64", gateway: "fd00::9", ipRange: "", auxiliary: {} },
    ]);
    assert.deepEqual([sent?.ipv6, sent?.internal, sent?.attachable, sent?.driver], [true, true, true, "overlay"]);
    assert.deepEqual([{ ...sent?.options }, { ...sent?.annotations?.labels }], [{ mtu: "1400" }, { a: "b" }]);
  });

  const refusals: readonly (readonly [string, RegExp])[] = [
    ["--gateway 10.1.0.1", /^Error: --gateway 10\.1\.0\.1 needs the subnet that it belongs to: give --subnet as well$/],
    ["--subnet 10.1.0.0/24 --gateway 10.2.0.1", /lies in none of the subnets 10\.1\.0\.0\/24$/],
    [
      "--subnet 10.1.0.0/24 --gateway 10.1.0.1 --gateway 10.1.0.2",
      /has two values for --gateway: 10\.1\.0\.1 and 10\.1\.0\.2$/,
    ],
    ["--aux-address x=10.1.0.1", /^Error: --aux-address 10\.1\.0\.1 needs the subnet that it belongs to/],
    ["--subnet 10.1.0.0/24 --aux-address x=10.2.0.1", /--aux-address 10\.2\.0\.1 lies in none of the subnets/],
    ["--config-only", /--config-only is not supported/],
    ["--scope odd", /invalid value "odd" for --scope: expected swarm or local$/],
    ["--scope local -d overlay", /has the driver bridge, and not overlay$/],
    ["-d bridge --ingress", /an ingress network is one of the swarm/],
    ["--ipam-driver dhcp", /unknown value "dhcp" for --ipam-driver/],
    ["--ipv4=false", /every network has IPv4 addresses/],
  ];
  for (const [words, sentence] of refusals) {
    test(`create ${words} is refused in one sentence`, async () => {
      await using daemon = createFakeDaemon();
      await daemon.listen();
      const { err, ok } = await runCli(["network", "create", ...words.split(" "), "back"], daemon);
      assert.ok(!ok);
      assert.equal(err.length, 1);
      assert.match(err[0] ?? "", sentence);
    });
  }

  test("ls shows a table, ids and templates, and sends filters", async () => {
    const asked: ListNetworksRequest[] = [];
    const list = unary(async (request: ListNetworksRequest) => {
      asked.push(request);
      return { networks: [host, back] };
    });
    await using daemon = createFakeDaemon({ control: { listNetworks: list } });
    await daemon.listen();
    assert.deepEqual((await runCli(["network", "ls"], daemon)).out, [
      "NETWORK ID     NAME   DRIVER    SCOPE",
      "backzzzzzzzz   back   overlay   swarm",
      "hostzzzzzzzz   host   host      local",
    ]);
    assert.deepEqual((await runCli(["network", "ls", "-q", "--no-trunc"], daemon)).out, [back.id, host.id]);
    assert.deepEqual((await runCli(["network", "ls", "--format", "{{.Name}} {{.IPv6}}"], daemon)).out, [
      "back false",
      "host false",
    ]);
    const words = "network ls -f driver=overlay -f type=custom -f dangling=true -f scope=swarm -f label=a -f name=b";
    await runCli(words.split(" "), daemon);
    const { drivers, types, dangling, scopes, labels, namePrefixes } = asked.at(-1) as ListNetworksRequest;
    assert.deepEqual(
      [drivers, types, dangling, scopes, labels, namePrefixes],
      [["overlay"], ["custom"], true, ["swarm"], ["a"], ["b"]],
    );
    assert.match((await runCli(["network", "ls", "-f", "type=odd"], daemon)).err[0] ?? "", /invalid value "odd"/);
  });

  describe("of one host", () => {
    const front: LocalNetwork = {
      ...{ id: testId("front"), createdAtMs: 1_000, users: 1 },
      spec: { ...spec, driver: "bridge", annotations: { name: "front", labels: { a: "b" } } },
      subnets: [{ cidr: "172.18.0.0/22", gateway: "172.18.0.1", ipRange: "", auxiliary: {} }],
      members: [{ containerId: "c".repeat(64), name: "web", address: "172.18.0.2/22", address6: "" }],
    };
    const asked: unknown[] = [];
    const noted = unary(async (request: unknown) => {
      asked.push(request);
      return {};
    });
    const createDaemon = (isManager: boolean) =>
      createFakeDaemon({
        control: {
          listNetworks: unary(async () => {
            if (!isManager) throw new SwarmError("failedPrecondition", "This node is not a swarm manager.");
            return { networks: [back] };
          }),
        },
        networks: {
          create: unary(async (request) => {
            asked.push(request.spec?.driver);
            return { network: front };
          }),
          list: unary(async () => ({ networks: [front] })),
          inspect: unary(async () => ({ network: front })),
          ...{ remove: noted, connect: noted, disconnect: noted },
        },
      });

    test("ls shows them beside the swarm's, and alone with the predefined ones where there is no swarm", async () => {
      await using manager = createDaemon(true);
      await manager.listen();
      const names = ["network", "ls", "--format", "{{.Name}} {{.Scope}}"];
      assert.deepEqual((await runCli(names, manager)).out, ["back swarm", "front local"]);
      assert.deepEqual((await runCli([...names, "-f", "dangling=true"], manager)).out, ["back swarm"]);
      await using alone = createDaemon(false);
      await alone.listen();
      assert.deepEqual((await runCli(names, alone)).out, ["bridge local", "front local", "host local", "none local"]);
      assert.deepEqual((await runCli([...names, "-f", "type=custom", "-f", "label=a=b"], alone)).out, ["front local"]);
    });

    test("create, rm, connect and disconnect are for them where one is meant", async () => {
      await using daemon = createDaemon(false);
      await daemon.listen();
      asked.length = 0;
      const lines = [
        "create -d bridge front",
        "connect --alias db --ip 172.18.0.9 front web",
        "disconnect -f front web",
      ];
      for (const words of [...lines, "rm front"]) await runCli(["network", ...words.split(" ")], daemon);
      const endpoint = { network: front.id, aliases: ["db"], address: "172.18.0.9", address6: "", links: [] };
      assert.deepEqual(structuredClone(asked), [
        "bridge",
        { container: "web", endpoint: { ...endpoint, driverOptions: {}, swarmNetwork: "" } },
        { container: "web", network: front.id, force: true },
        { ref: front.id },
      ]);
    });

    test("inspect shows the containers on them", async () => {
      await using daemon = createDaemon(false);
      await daemon.listen();
      const [shown] = JSON.parse((await runCli(["network", "inspect", "front"], daemon)).out.join("\n"));
      assert.deepEqual([shown.Scope, shown.Driver], ["local", "bridge"]);
      assert.equal(shown.Containers["c".repeat(64)].IPv4Address, "172.18.0.2/22");
    });
  });

  test("inspect shows Docker's shape, with the addresses of tasks, and services when asked", async () => {
    const web = createService(
      "web",
      {},
      {
        endpoint: {
          mode: "VIP",
          ports: [],
          virtualIps: [{ networkId: back.id, address: "10.0.0.200/20", address6: "" }],
        },
      },
    );
    const networks = [{ networkId: back.id, address: "10.0.0.5/20", address6: "", aliases: [] }];
    const task = createTask("t1", web, { networks, nodeId: testId("n1") });
    await using daemon = createFakeDaemon({
      control: {
        getNetwork: unary(async () => ({ network: back })),
        listTasks: unary(async () => ({ tasks: [task, createTask("t2", web, { networks, state: "FAILED" })] })),
        listServices: unary(async () => ({ services: [{ service: web, runningTasks: 1, desiredTasks: 1 }] })),
      },
    });
    await daemon.listen();
    const shown = JSON.parse((await runCli(["network", "inspect", "back"], daemon)).out.join("\n"))[0];
    assert.deepEqual(shown.IPAM.Config, [{ Subnet: "10.0.0.0/20", Gateway: "10.0.0.1" }]);
    assert.equal(shown.Options["com.docker.network.driver.overlay.vxlanid_list"], "4096");
    const id = containerIdOf(task.id as TaskId);
    assert.deepEqual(Object.keys(shown.Containers), [id]);
    assert.equal(shown.Containers[id].IPv4Address, "10.0.0.5/20");
    assert.equal(shown.Containers[id].MacAddress, "02:42:0a:00:00:05");
    assert.equal(shown.Services, undefined);
    const words = ["network", "inspect", "-v", "--format", "{{json .Services}}", "back"];
    const services = JSON.parse((await runCli(words, daemon)).out.join("\n"));
    assert.equal(services.web.VIP, "10.0.0.200");
    assert.equal(services.web.Tasks[0].EndpointIP, "10.0.0.5");
  });

  test("update sends the spec with other labels and further subnets", async () => {
    const asked: UpdateNetworkRequest[] = [];
    const update = unary(async (request: UpdateNetworkRequest) => {
      asked.push(request);
      return { network: back };
    });
    await using daemon = createFakeDaemon({
      control: { getNetwork: unary(async () => ({ network: back })), updateNetwork: update },
    });
    await daemon.listen();
    await runCli("network update --label-add a=b --subnet-add 10.3.0.0/24 --gateway 10.3.0.9 back".split(" "), daemon);
    assert.deepEqual(JSON.parse(JSON.stringify(asked[0]?.spec?.subnets)), [
      { cidr: "10.3.0.0/24", gateway: "10.3.0.9", ipRange: "", auxiliary: {} },
    ]);
    assert.deepEqual({ ...asked[0]?.spec?.annotations?.labels }, { a: "b" });
    assert.match((await runCli(["network", "update", "back"], daemon)).err[0] ?? "", /nothing to change/);
  });

  test("rm asks before it removes the ingress network, prune before it removes anything", async () => {
    const removed: string[] = [];
    const ingress = createNetwork("ingress");
    await using daemon = createFakeDaemon({
      control: {
        getNetwork: unary(async ({ ref }) => ({ network: ref === "ingress" ? ingress : back })),
        listNetworks: unary(async () => ({ networks: [back] })),
        removeNetwork: unary(async ({ ref }) => {
          removed.push(ref);
          return {};
        }),
      },
    });
    await daemon.listen();
    await runCli(["network", "rm", "ingress"], daemon, { answer: "n" });
    await runCli(["network", "prune"], daemon, { answer: "" });
    for (const words of [
      ["network", "rm", "ingress"],
      ["network", "prune"],
    ]) {
      const { ok, err } = await runCli(words, daemon);
      assert.ok(!ok);
      assert.deepEqual(err, ["Error: nothing was removed, because nobody answered: use --force in scripts"]);
    }
    assert.deepEqual(removed, []);
    await runCli(["network", "rm", "back", "ingress"], daemon, { answer: "y" });
    assert.deepEqual(removed, ["back", "ingress"]);
    const { out } = await runCli(["network", "prune", "-f"], daemon);
    assert.deepEqual(out, ["Deleted Networks:", "back"]);
  });

  describe("connect and disconnect", () => {
    const web = createService("web");
    const on = createService("web", {
      task: { ...web.spec.task, networks: [{ target: back.id, aliases: ["db"], driverOptions: {} }] },
    });
    const asked: UpdateServiceRequest[] = [];
    const daemonWith = (service: Service) =>
      createFakeDaemon({
        control: {
          getNetwork: unary(async () => ({ network: back })),
          getService: unary(async ({ ref }) => {
            if (![web.id, "web"].includes(ref)) throw new SwarmError("notFound", `service ${ref} not found`);
            return { service };
          }),
          listTasks: unary(async ({ namePrefixes }) => ({
            tasks: namePrefixes?.[0] === "web.1" ? [createTask("t1", web)] : [],
          })),
          updateService: unary(async (request: UpdateServiceRequest) => {
            asked.push(request);
            return { service, warnings: [] };
          }),
        },
      });

    test("put a service on a network, under further names, and take it off", async () => {
      await using daemon = daemonWith(web);
      await daemon.listen();
      const words = "network connect -d --alias db --alias sql --driver-opt a=b back web".split(" ");
      assert.deepEqual((await runCli(words, daemon)).err, []);
      const wish = { target: back.id, aliases: ["db", "sql"], driverOptions: { a: "b" } };
      assert.deepEqual(structuredClone(asked.at(-1)?.spec?.task?.networks), [wish]);
      assert.equal(asked.at(-1)?.noResolveImage, true);
      await using other = daemonWith(on);
      await other.listen();
      assert.deepEqual((await runCli(["network", "disconnect", "-d", "back", "web"], other)).err, []);
      assert.deepEqual(asked.at(-1)?.spec?.task?.networks, []);
    });

    const refused: readonly (readonly [service: Service, words: string, sentence: RegExp])[] = [
      [on, "connect -d back web", /^Error: service web is on network back already$/],
      [web, "disconnect -d back web", /^Error: service web is not on network back$/],
      [web, "connect -d back nobody", /^Error: service nobody not found$/],
      [
        web,
        "connect -d back web.1",
        /is a task, which is on the networks of its service: use `swarmctl network connect back web`/,
      ],
      [web, "connect -d --ip 10.0.0.9 back web", /^Error: --ip is not supported: the swarm chooses the addresses/],
      [web, "connect -d --driver-opt a back web", /expected KEY=VALUE$/],
    ];
    for (const [service, words, sentence] of refused) {
      test(`${words} is refused in one sentence`, async () => {
        await using daemon = daemonWith(service);
        await daemon.listen();
        const before = asked.length;
        const { err, ok } = await runCli(["network", ...words.split(" ")], daemon);
        assert.ok(!ok);
        assert.match(err[0] ?? "", sentence);
        assert.equal(asked.length, before, "nothing is changed");
      });
    }

    test("are for a container of this host where no service is called so", async () => {
      const seen: unknown[] = [];
      const noted = unary(async (request: unknown) => {
        seen.push(structuredClone(request));
        return {};
      });
      await using daemon = createFakeDaemon({
        control: { getService: unary(() => Promise.reject(new SwarmError("notFound", "service own not found"))) },
        containers: { inspect: unary(async () => ({ container: { summary: { id: "c", taskId: "" } } })) },
        networks: { connect: noted, disconnect: noted },
      });
      await daemon.listen();
      for (const words of ["connect --alias db --ip 10.4.0.9 back own", "disconnect back own"])
        assert.deepEqual((await runCli(["network", ...words.split(" ")], daemon)).err, []);
      const endpoint = { network: "back", aliases: ["db"], address: "10.4.0.9", address6: "", links: [] };
      assert.deepEqual(seen, [
        { container: "own", endpoint: { ...endpoint, driverOptions: {}, swarmNetwork: "" } },
        { container: "own", network: "back", force: false },
      ]);
    });

    test("disconnect --force is content where there is nothing to do", async () => {
      await using daemon = daemonWith(web);
      await daemon.listen();
      assert.ok((await runCli(["network", "disconnect", "-d", "-f", "back", "web"], daemon)).ok);
    });
  });
});
