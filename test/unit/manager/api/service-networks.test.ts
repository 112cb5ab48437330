import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createNetwork } from "../../../../manager/api/network.ts";
import { createService } from "../../../../manager/api/service.ts";
import type { Service, ServiceSpec } from "../../../../shared/objects/types.ts";
import type { NetworkAttachmentConfig, PortConfig } from "../../../../shared/rpc/gen/objects.ts";
import { createTestApi, never, type TestApi } from "../../../support/control-api.ts";
import * as make from "../../../support/objects.ts";

type Wish = string | Partial<NetworkAttachmentConfig>;

async function world(): Promise<TestApi> {
  const api = await createTestApi();
  for (const name of ["front", "back"]) {
    await createNetwork(api, { spec: { annotations: { name, labels: {} }, ingress: false, ...make.PLAIN_NETWORK } });
  }
  await api.store.update("networks", (tx) => {
    tx.create("network", make.createNetwork("ingress"));
    for (const [name, driver] of [
      ["host", "host"],
      ["none", "null"],
      ["bridge", "bridge"],
    ] as const) {
      const spec = { annotations: { name, labels: {} }, ingress: false, ...make.PLAIN_NETWORK, driver };
      tx.create("network", make.createNetwork(name, { spec, vni: 0, subnets: [] }));
    }
  });
  return api;
}

function specOf(
  wishes: readonly Wish[],
  ports: readonly PortConfig[] = [],
  mode: "VIP" | "DNSRR" = "VIP",
): ServiceSpec {
  const networks = wishes.map((wish) => ({
    ...{ target: "", aliases: [], driverOptions: {} },
    ...(typeof wish === "string" ? { target: wish } : wish),
  }));
  return make.createServiceSpec({ task: make.createTaskSpec({ networks }), endpoint: { mode, stickyMs: 0, ports } });
}

const create = (api: TestApi, spec: ServiceSpec): Promise<Service> =>
  createService(api, { spec, noResolveImage: true, login: null }, never).then(({ service }) => service);
const ingressPort = make.createPort({ publishedPort: 80 });
const hostPort = make.createPort({ publishedPort: 80, publishMode: "HOST" });

describe("the networks of a service", () => {
  const wrong: readonly (readonly [string, ServiceSpec, RegExp])[] = [
    ["one that there is not", specOf(["lost"]), /^network lost not found$/],
    ["one twice", specOf(["front", "FRONT"]), /^network front is given twice$/],
    ["ingress by name", specOf(["ingress"]), /^network ingress cannot be joined by name: publish a port to use it$/],
    ["one without a name", specOf([""]), /needs a name$/],
    [
      "an alias that is no name",
      specOf([{ target: "front", aliases: ["a b"] }]),
      /^invalid alias "a b" on network "front"/,
    ],
    [
      "an alias twice",
      specOf([{ target: "front", aliases: ["a", "A"] }]),
      /^an alias is given twice on network "front"$/,
    ],
    [
      "more aliases than names are worth",
      specOf([{ target: "front", aliases: Array.from({ length: 17 }, (_, at) => `a${at}`) }]),
      /^too much: aliases/,
    ],
    ["host beside another", specOf(["host", "front"]), /^network host cannot be combined with other networks$/],
    ["another beside none", specOf(["front", "none"]), /^network none cannot be combined with other networks$/],
    [
      "host with a port in the mesh",
      specOf(["host"], [ingressPort]),
      /^ports cannot be published through the routing mesh/,
    ],
    [
      "host with a port of the host",
      specOf(["host"], [hostPort]),
      /^ports need not be published for tasks on network host/,
    ],
    ["none with a port", specOf(["none"], [hostPort]), /^ports cannot be published for tasks on network none/],
    ["an alias on host", specOf([{ target: "host", aliases: ["x"] }]), /^network host has no names/],
    ["dnsrr with a port in the mesh", specOf(["front"], [ingressPort], "DNSRR"), /endpoint mode dnsrr; use mode=host$/],
  ];
  for (const [what, spec, sentence] of wrong) {
    it(`are refused with ${what}`, async () => {
      const api = await world();
      await assert.rejects(create(api, spec), { message: sentence });
      assert.deepEqual(api.store.view().all("service"), []);
    });
  }

  it("are refused when two of them have the same addresses, also that of published ports", async () => {
    const api = await world();
    const network = (name: string, cidr: string) => {
      const subnets = [{ cidr, gateway: "", ipRange: "", auxiliary: {} }];
      return { spec: { annotations: { name, labels: {} }, ingress: false, ...make.PLAIN_NETWORK, subnets } };
    };
    await createNetwork(api, network("one", "10.3.0.0/24"));
    await createNetwork(api, network("two", "10.3.0.128/25"));
    await createNetwork(api, network("three", "10.0.1.0/24"));
    await assert.rejects(create(api, specOf(["one", "front", "two"])), {
      message: "networks one (10.3.0.0/24) and two (10.3.0.128/25) overlap: a task cannot be on both",
    });
    await assert.rejects(create(api, specOf(["three"], [ingressPort])), {
      message: "networks ingress (10.0.0.0/20) and three (10.0.1.0/24) overlap: a task cannot be on both",
    });
    await create(api, specOf(["one", "three"], [hostPort]));
  });

  it("are taken by name, by id and by the beginning of an id, and written as ids", async () => {
    const api = await world();
    const id = api.store.view().byName("network", "back")?.id ?? "";
    const { spec } = await create(api, specOf(["front", id.slice(0, 12)]));
    const front = api.store.view().byName("network", "front")?.id;
    assert.deepEqual(
      spec.task.networks.map(({ target }) => target),
      [front, id],
    );
  });

  it("may be host, none or bridge alone, bridge beside others, and dnsrr with host ports", async () => {
    const api = await world();
    for (const [at, spec] of [
      specOf(["host"]),
      specOf(["none"]),
      specOf(["bridge"], [hostPort]),
      specOf(["bridge", "front"], [make.createPort({ publishedPort: 81 })]),
      specOf(["front"], [make.createPort({ publishedPort: 82, publishMode: "HOST" })], "DNSRR"),
    ].entries()) {
      await create(api, { ...spec, annotations: { name: `s${at}`, labels: {} } });
    }
  });
});
