import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Backend } from "../../../http-api/backend.ts";
import { SwarmError } from "../../../shared/errors.ts";
import type { LocalNetwork } from "../../../shared/rpc/gen/networks.ts";
import { askApi } from "../../support/ask-api.ts";
import { fakeBackend } from "../../support/fake-backend.ts";
import { localSpec } from "../../support/local-network-objects.ts";
import { createNetwork, testId } from "../../support/objects.ts";

const back = createNetwork("back");
const front: LocalNetwork = {
  ...{ id: testId("front"), createdAtMs: 1_000, users: 1 },
  spec: localSpec("front", { driver: "bridge", annotations: { name: "front", labels: { a: "b" } } }),
  subnets: [{ cidr: "172.18.0.0/22", gateway: "172.18.0.1", ipRange: "", auxiliary: {} }],
  members: [{ containerId: "c".repeat(64), name: "web", address: "172.18.0.2/22", address6: "" }],
};

const refuse = (code: "notFound" | "failedPrecondition", sentence: string) => async (): Promise<never> => {
  throw new SwarmError(code, sentence);
};

/** A host with a network of its own, in a swarm with another one; what it is asked for is noted. */
function host({ isManager = true } = {}): {
  readonly backend: Backend;
  readonly asked: (readonly [string, unknown])[];
} {
  const asked: (readonly [string, unknown])[] = [];
  const noting =
    (name: string, answer: object = {}) =>
    async (request: unknown): Promise<object> => {
      asked.push([name, request]);
      return answer;
    };
  const no = refuse("failedPrecondition", "This node is not a swarm manager.");
  const backend = fakeBackend({
    control: isManager
      ? {
          listNetworks: async () => ({ networks: [back] }),
          getNetwork: async ({ ref }: { ref: string }) =>
            [back.id, "back"].includes(ref) ? { network: back } : await refuse("notFound", "no")(),
          listTasks: async () => ({ tasks: [] }),
          createNetwork: noting("swarm.create", { network: back }),
          removeNetwork: noting("swarm.remove"),
        }
      : { listNetworks: no, getNetwork: no, listTasks: no, createNetwork: no },
    networks: {
      list: async () => ({ networks: [front] }),
      inspect: async ({ ref }: { ref: string }) =>
        [front.id, "front"].includes(ref) ? { network: front } : await refuse("notFound", "no")(),
      create: noting("local.create", { network: front }),
      remove: refuse("failedPrecondition", "network front has active endpoints (web)"),
      prune: async () => ({ removed: ["old"] }),
      connect: noting("local.connect"),
      disconnect: noting("local.disconnect"),
    },
  });
  return { backend, asked };
}

const names = (json: unknown): readonly string[] => (json as readonly { Name: string }[]).map(({ Name }) => Name);
const filtered = (filters: object): string => `GET /networks?filters=${encodeURIComponent(JSON.stringify(filters))}`;

describe("the networks that Docker's clients see", () => {
  test("are the swarm's and the host's in one list", async () => {
    const { backend } = host();
    const rows: readonly (readonly [object, readonly string[]])[] = [
      [{}, ["back", "front"]],
      [{ scope: ["swarm"] }, ["back"]],
      [{ driver: { bridge: true } }, ["front"]],
      [{ name: ["ron"] }, ["front"]],
      [{ label: ["a=b"] }, ["front"]],
      [{ dangling: ["true"] }, ["back"]],
      [{ type: ["builtin"] }, []],
      [{ id: [front.id.slice(0, 8)] }, ["front"]],
    ];
    for (const [filters, expected] of rows)
      assert.deepEqual(names((await askApi(backend, filtered(filters))).json), expected, JSON.stringify(filters));
    assert.equal((await askApi(backend, filtered({ odd: ["x"] }))).status, 400);
  });

  test("of a host in no swarm are its own and the predefined ones", async () => {
    const { backend } = host({ isManager: false });
    assert.deepEqual(names((await askApi(backend, "GET /networks")).json), ["bridge", "host", "none", "front"]);
    const { status, json } = await askApi(backend, "GET /networks/bridge");
    assert.deepEqual([status, (json as { Driver: string }).Driver], [200, "bridge"]);
    assert.equal((await askApi(backend, "GET /networks/back")).status, 404);
  });

  test("are inspected with who is on them", async () => {
    const { backend } = host();
    const { json } = await askApi(backend, "GET /networks/front");
    const { Scope, Containers, IPAM } = json as { Scope: string; Containers: object; IPAM: { Config: unknown } };
    assert.deepEqual([Scope, Object.keys(Containers)], ["local", ["c".repeat(64)]]);
    assert.deepEqual(IPAM.Config, [{ Subnet: "172.18.0.0/22", Gateway: "172.18.0.1" }]);
    assert.equal((await askApi(backend, "GET /networks/back?verbose=0")).status, 200);
    assert.deepEqual((await askApi(backend, "GET /networks/front?scope=swarm")).status, 404);
    assert.deepEqual((await askApi(backend, "GET /networks/nobody")).json, { message: "network nobody not found" });
  });
});

describe("a change of networks", () => {
  test("makes one of this host, or of the swarm for driver overlay", async () => {
    const { backend, asked } = host();
    const config = [{ Subnet: "10.9.0.0/24", Gateway: "10.9.0.1" }];
    const body = { Name: "mine", CheckDuplicate: true, Driver: "", IPAM: { Driver: "default", Config: config } };
    const made = await askApi(backend, "POST /networks/create", {
      body: { ...body, Internal: true, Labels: { a: "b" } },
    });
    assert.deepEqual([made.status, made.json], [201, { Id: front.id, Warning: "" }]);
    await askApi(backend, "POST /networks/create", { body: { Name: "theirs", Driver: "overlay", Attachable: true } });
    const [[first, local], [second, swarm]] = structuredClone(asked) as never as [
      [string, { spec: typeof front.spec }],
      [string, { spec: typeof front.spec }],
    ];
    assert.deepEqual([first, local.spec?.driver, local.spec?.internal], ["local.create", "bridge", true]);
    assert.deepEqual(local.spec?.subnets, [{ cidr: "10.9.0.0/24", gateway: "10.9.0.1", ipRange: "", auxiliary: {} }]);
    assert.deepEqual([second, swarm.spec?.attachable], ["swarm.create", true]);
  });

  const refusals: readonly (readonly [string, object, number, RegExp])[] = [
    ["create", { Name: "front" }, 409, /^network with name front already exists$/],
    ["create", { Name: "x", ConfigOnly: true }, 400, /^ConfigOnly is not possible/],
    ["create", { Name: "x", EnableIPv4: false }, 400, /^EnableIPv4 cannot be false/],
    ["create", { Name: "x", IPAM: { Config: [{ Gateway: "10.0.0.1" }] } }, 400, /needs the subnet/],
    ["create", { Name: "x", Labels: [] }, 400, /^Labels must be an object$/],
    ["bridge/connect", { Container: "web" }, 501, /^network bridge is none that people made/],
  ];
  for (const [path, body, status, sentence] of refusals) {
    test(`POST /networks/${path} ${JSON.stringify(body)} is ${status}`, async () => {
      const { backend, asked } = host();
      const told = await askApi(backend, `POST /networks/${path}`, { body });
      assert.equal(told.status, status);
      assert.match((told.json as { message: string }).message, sentence);
      assert.deepEqual(asked, [], "nothing is changed");
    });
  }

  test("removes one of the swarm, forbids what is in use, and prunes both kinds", async () => {
    const { backend, asked } = host();
    assert.equal((await askApi(backend, "DELETE /networks/back")).status, 204);
    assert.deepEqual(asked, [["swarm.remove", { ref: back.id }]]);
    assert.equal((await askApi(backend, "DELETE /networks/front")).status, 403);
    assert.deepEqual((await askApi(backend, "POST /networks/prune")).json, { NetworksDeleted: ["old", "back"] });
  });

  test("connects and disconnects a container", async () => {
    const { backend, asked } = host();
    const endpoint = { Aliases: ["db"], IPAMConfig: { IPv4Address: "172.18.0.9" }, Links: null };
    const body = { Container: "web", EndpointConfig: endpoint };
    assert.equal((await askApi(backend, "POST /networks/front/connect", { body })).status, 200);
    await askApi(backend, "POST /networks/front/disconnect", { body: { Container: "web", Force: true } });
    const place = { network: front.id, aliases: ["db"], address: "172.18.0.9", address6: "", links: [] };
    assert.deepEqual(structuredClone(asked), [
      ["local.connect", { container: "web", endpoint: { ...place, driverOptions: {}, swarmNetwork: "" } }],
      ["local.disconnect", { container: "web", network: front.id, force: false }],
    ]);
  });
});
