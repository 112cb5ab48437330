import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  createNetwork,
  getNetwork,
  listNetworks,
  removeNetwork,
  updateNetwork,
} from "../../../../manager/api/network.ts";
import { labelsOf } from "../../../../shared/objects/labels.ts";
import type { Network, NetworkSpec } from "../../../../shared/objects/types.ts";
import type { ListNetworksRequest } from "../../../../shared/rpc/gen/control.ts";
import type { NetworkSubnet } from "../../../../shared/rpc/gen/objects.ts";
import { createTestApi, type TestApi } from "../../../support/control-api.ts";
import * as make from "../../../support/objects.ts";

const EVERYTHING: ListNetworksRequest = {
  idPrefixes: [],
  namePrefixes: [],
  labels: [],
  drivers: [],
  scopes: [],
  types: [],
};

function specOf(part: Partial<NetworkSpec> & { readonly name?: string } = {}): NetworkSpec {
  const { name = "back", ...rest } = part;
  return { annotations: { name, labels: {} }, ingress: false, ...make.PLAIN_NETWORK, ...rest };
}
const subnet = (cidr: string, gateway = "", ipRange = ""): NetworkSubnet => ({
  ...{ cidr, gateway, ipRange },
  // As it comes off the wire.
  auxiliary: labelsOf([]),
});
const create = (api: TestApi, part: Parameters<typeof specOf>[0] = {}): Promise<Network> =>
  createNetwork(api, { spec: specOf(part) });
const refused = (code: string, sentence: RegExp) => (error: Error & { code?: string }) => {
  assert.equal(error.code, code, error.message);
  assert.match(error.message, sentence);
  return true;
};

const WRONG: readonly (readonly [string, Parameters<typeof specOf>[0], RegExp])[] = [
  ["no name", { name: "" }, /^a network needs a name$/],
  ["a name with a blank", { name: "a b" }, /^invalid network name "a b"/],
  ["a long name", { name: "a".repeat(64) }, /at most 63/],
  ["an unknown driver", { driver: "weave" }, /^unknown network driver "weave": expected overlay or bridge$/],
  [
    "a second network of the host's own",
    { driver: "host" },
    /^there can only be one network of driver host: use .* host$/,
  ],
  ["a second network of none", { driver: "none" }, /use the network none$/],
  ["a subnet that is none", { subnets: [subnet("10.1.0.0")] }, /^invalid subnet "10\.1\.0\.0": expected a block/],
  ["a subnet of words", { subnets: [subnet("ten/24")] }, /^invalid subnet "ten\/24"/],
  ["a prefix beyond 32", { subnets: [subnet("10.1.0.0/33")] }, /^invalid subnet/],
  ["a subnet with host bits", { subnets: [subnet("10.1.0.7/24")] }, /the block of that address is 10\.1\.0\.0\/24$/],
  [
    "a subnet that is too small",
    { subnets: [subnet("10.1.0.0/30")] },
    /^subnet 10\.1\.0\.0\/30 is too small: .* a \/29/,
  ],
  ["a subnet of everything", { subnets: [subnet("0.0.0.0/0")] }, /too large/],
  [
    "subnets that overlap",
    { subnets: [subnet("10.1.0.0/16"), subnet("10.1.4.0/24")] },
    /^subnets 10\.1\.0\.0\/16 and 10\.1\.4\.0\/24 of network back overlap$/,
  ],
  ["a gateway that is none", { subnets: [subnet("10.1.0.0/24", "10.1.0.300")] }, /^invalid gateway "10\.1\.0\.300"/],
  ["a gateway with a prefix", { subnets: [subnet("10.1.0.0/24", "10.1.0.1/24")] }, /^invalid gateway/],
  [
    "a gateway outside",
    { subnets: [subnet("10.1.0.0/24", "10.2.0.1")] },
    /^gateway 10\.2\.0\.1 lies outside of its subnet 10\.1\.0\.0\/24$/,
  ],
  ["a gateway of the other family", { ipv6: true, subnets: [subnet("10.1.0.0/24", "fd00::1")] }, /lies outside/],
  ["the broadcast address as gateway", { subnets: [subnet("10.1.0.0/24", "10.1.0.255")] }, /first or last address/],
  [
    "a range outside",
    { subnets: [subnet("10.1.0.0/24", "", "10.2.0.0/25")] },
    /^ip range 10\.2\.0\.0\/25 lies outside of its subnet/,
  ],
  ["a range larger than its subnet", { subnets: [subnet("10.1.0.0/24", "", "10.0.0.0/8")] }, /lies outside/],
  ["a range that is too small", { subnets: [subnet("10.1.0.0/24", "", "10.1.0.8/30")] }, /^ip range .* is too small/],
  ["an IPv6 subnet without IPv6", { subnets: [subnet("fd00:1::/64")] }, /has no IPv6: give --ipv6 as well$/],
  ["an IPv6 subnet that is too small", { ipv6: true, subnets: [subnet("fd00:1::/126")] }, /too small/],
  [
    "a subnet of the loopback",
    { subnets: [subnet("127.1.0.0/24")] },
    /overlaps with 127\.0\.0\.0\/8, whose addresses no/,
  ],
  ["a subnet of this network", { subnets: [subnet("0.1.0.0/16")] }, /overlaps with 0\.0\.0\.0\/8/],
  ["a subnet of groups", { subnets: [subnet("239.1.0.0/16")] }, /overlaps with 224\.0\.0\.0\/3/],
  ["a subnet that is reserved", { subnets: [subnet("255.255.255.0/24")] }, /overlaps with 224\.0\.0\.0\/3/],
  ["an IPv6 subnet of one link", { ipv6: true, subnets: [subnet("fe80::/64")] }, /overlaps with fe80::\/10/],
  ["an IPv6 subnet of groups", { ipv6: true, subnets: [subnet("ff05::/64")] }, /overlaps with ff00::\/8/],
  ["an IPv6 subnet of the loopback", { ipv6: true, subnets: [subnet("::/120")] }, /overlaps with ::\/96/],
  ["an mtu that is no number", { options: { mtu: "big" } }, /^invalid mtu "big": it must be a number in 68\.\.65535$/],
  [
    "an mtu too small",
    { options: { "com.docker.network.driver.mtu": "67" } },
    /^invalid mtu 67: it must be in 68\.\.65535$/,
  ],
  ["an mtu of 0", { options: { mtu: "0" } }, /^invalid mtu 0/],
  ["an mtu too large", { mtu: 65_536 }, /^invalid mtu 65536/],
  ["an mtu too small for IPv6", { ipv6: true, mtu: 1_279 }, /^invalid mtu 1279: IPv6 needs at least 1280$/],
  ["two mtus", { mtu: 1_400, options: { mtu: "1300" } }, /^the mtu is given as 1400 and as 1300$/],
  [
    "an overlay number below Docker's range",
    { options: { "com.docker.network.driver.overlay.vxlanid_list": "4095" } },
    /must be in 4096\.\.16777215$/,
  ],
  [
    "an overlay number that is none",
    { options: { "com.docker.network.driver.overlay.vxlanid_list": "x" } },
    /^invalid overlay number "x"/,
  ],
  ["a long value of an option", { options: { mtu: "1".repeat(32_769) } }, /^too much: a label's value/],
  ["encryption", { options: { encrypted: "" } }, /^encrypted networks are not supported yet/],
  [
    "too many subnets",
    { subnets: Array.from({ length: 17 }, (_, at) => subnet(`10.${at}.0.0/16`)) },
    /^too much: subnets of a network/,
  ],
  ["a label without a key", { annotations: { name: "back", labels: { " ": "x" } } }, /^invalid network label/],
  ["an attachable ingress", { ingress: true, attachable: true }, /cannot be attachable/],
  ["an internal ingress", { ingress: true, internal: true }, /cannot be internal/],
  ["an ingress of driver bridge", { ingress: true, driver: "bridge" }, /^an ingress network needs the driver overlay$/],
];

describe("network create", () => {
  for (const [what, part, sentence] of WRONG) {
    it(`refuses ${what}, and nothing is changed`, async () => {
      const api = await createTestApi();
      await assert.rejects(create(api, part), refused("invalidArgument", sentence));
      assert.deepEqual(await listNetworks(api, EVERYTHING), []);
    });
  }

  it("takes subnets of both families with gateways and ranges, and what options mean", async () => {
    const api = await createTestApi();
    const subnets = [subnet("10.1.0.0/24", "10.1.0.254", "10.1.0.128/25"), subnet("fd00:1::/64", "fd00:1::1")];
    const { spec, vni } = await create(api, { ipv6: true, subnets, options: { mtu: "1400" } });
    assert.deepEqual([spec.driver, spec.mtu, spec.subnets, vni], ["overlay", 1_400, subnets, 0]);
  });

  it("lets blocks overlap with those of another network", async () => {
    const api = await createTestApi();
    await create(api, { name: "a", subnets: [subnet("10.1.0.0/24")] });
    await create(api, { name: "b", subnets: [subnet("10.1.0.0/24")] });
  });

  it("refuses a name, an overlay number and an ingress network that are there", async () => {
    const api = await createTestApi();
    const number = { "com.docker.network.driver.overlay.vxlanid_list": "5000" };
    await create(api, { name: "back", options: number, ingress: true });
    const cases = [
      [{ name: "BACK" }, /^network BACK already exists: choose another name$/],
      [{ name: "b", options: number }, /^overlay number 5000 is already used by network back$/],
      [{ name: "b", ingress: true }, /^network back is the ingress network: remove it first$/],
    ] as const;
    for (const [part, sentence] of cases) await assert.rejects(create(api, part), refused("alreadyExists", sentence));
  });
});

describe("network update", () => {
  it("changes labels and adds subnets behind those there are, and refuses everything else", async () => {
    const api = await createTestApi();
    const { id, spec } = await create(api, { subnets: [subnet("10.1.0.0/24")] });
    const change = async (part: Partial<NetworkSpec>): Promise<Network> => {
      const { meta } = (await getNetwork(api, id)).network;
      return updateNetwork(api, { ref: "back", version: meta.version, spec: { ...spec, ...part } });
    };
    const labels = { name: "back", labels: { a: "b" } };
    const subnets = [...spec.subnets, subnet("10.2.0.0/24")];
    const changed = await change({ annotations: labels, subnets });
    assert.deepEqual([{ ...changed.spec.annotations.labels }, changed.spec.subnets], [labels.labels, subnets]);
    const only = refused("invalidArgument", /^only the labels of network back can be changed, and subnets added/);
    for (const part of [{ internal: true }, { mtu: 1_400 }, { driver: "bridge" }, { subnets: [] }, { ipv6: true }]) {
      await assert.rejects(change({ subnets, ...part }), only);
    }
    await assert.rejects(
      change({ subnets: [...subnets, subnet("10.2.0.0/25")] }),
      refused("invalidArgument", /overlap/),
    );
  });

  it("adds a subnet to an ingress network, and none where the allocator has put one", async () => {
    const api = await createTestApi();
    const ingress = await create(api, { name: "door", ingress: true });
    const more = (network: Network, cidr: string) =>
      updateNetwork(api, {
        ...{ ref: network.id, version: network.meta.version },
        spec: { ...network.spec, subnets: [...network.spec.subnets, subnet(cidr)] },
      });
    assert.deepEqual((await more(ingress, "10.9.0.0/24")).spec.subnets, [subnet("10.9.0.0/24")]);
    const { id } = await create(api, { name: "chosen" });
    await api.store.update("allocator", (tx) => {
      const network = tx.get("network", id);
      if (network !== undefined) tx.update("network", { ...network, subnets: [subnet("10.7.0.0/24", "10.7.0.1")] });
    });
    await assert.rejects(
      more((await getNetwork(api, id)).network, "10.7.0.128/25"),
      refused("invalidArgument", /^subnet 10\.7\.0\.128\/25 overlaps with 10\.7\.0\.0\/24, which network chosen/),
    );
  });

  it("adds no subnet that another network of one of its services has", async () => {
    const api = await createTestApi();
    const { id: other } = await create(api, { name: "other", subnets: [subnet("10.8.0.0/24")] });
    const { id, meta, spec } = await create(api);
    const more = { ref: id, version: meta.version, spec: { ...spec, subnets: [subnet("10.8.0.0/16")] } };
    const networks = [id, other].map((target) => ({ target, aliases: [], driverOptions: {} }));
    const web = make.createService("web", { task: make.createTaskSpec({ networks }) });
    await api.store.update("service", (tx) => tx.create("service", web));
    const sentence =
      /^networks back \(10\.8\.0\.0\/16\) and other \(10\.8\.0\.0\/24\) overlap: a task cannot be on both$/;
    await assert.rejects(updateNetwork(api, more), refused("invalidArgument", sentence));
    await api.store.update("service", (tx) => tx.remove("service", web.id));
    await updateNetwork(api, more);
  });

  it("refuses a version that is not the newest", async () => {
    const api = await createTestApi();
    const { spec } = await create(api);
    await assert.rejects(
      updateNetwork(api, { ref: "back", version: 0, spec }),
      refused("invalidArgument", /needs the version/),
    );
    await assert.rejects(
      updateNetwork(api, { ref: "back", version: 999, spec }),
      refused("aborted", /out of sequence/),
    );
  });
});

describe("network rm", () => {
  it("removes what nothing uses", async () => {
    const api = await createTestApi();
    await create(api);
    await removeNetwork(api, "back");
    assert.deepEqual(await listNetworks(api, EVERYTHING), []);
  });

  it("refuses while services or their tasks use it, and names the services", async () => {
    const api = await createTestApi();
    const { id } = await create(api);
    const task = make.createTaskSpec({ networks: [{ target: id, aliases: [], driverOptions: {} }] });
    const web = make.createService("web", { task });
    await api.store.update("services", (tx) => {
      tx.create("service", web);
      tx.create("service", make.createService("db", { task }));
      const networks = [{ networkId: id, address: "10.0.1.2/24", address6: "", aliases: [] }];
      tx.create("task", make.createTask("t1", web, { networks }));
    });
    await assert.rejects(
      removeNetwork(api, "back"),
      refused("failedPrecondition", /^network back is in use by services db, web$/),
    );
    await api.store.update("remove", (tx) => {
      tx.remove("service", web.id);
      tx.remove("service", make.testId("db"));
    });
    await assert.rejects(
      removeNetwork(api, "back"),
      refused("failedPrecondition", /^network back is in use by a task that has not ended yet/),
    );
    assert.deepEqual(await listNetworks(api, { ...EVERYTHING, dangling: true }), []);
    await api.store.update("end", (tx) => tx.remove("task", make.testId("t1")));
    await removeNetwork(api, "back");
  });

  it("refuses while a rollout may go back to it", async () => {
    const api = await createTestApi();
    const { id } = await create(api);
    const task = make.createTaskSpec({ networks: [{ target: id, aliases: [], driverOptions: {} }] });
    const updateStatus = { state: "PAUSED", startedAtMs: 1, completedAtMs: 0, message: "", failedTask: "" } as const;
    await api.store.update("service", (tx) =>
      tx.create(
        "service",
        make.createService("web", {}, { previousSpec: make.createServiceSpec({ task }), updateStatus }),
      ),
    );
    await assert.rejects(removeNetwork(api, "back"), refused("failedPrecondition", /in use by service web$/));
  });

  it("refuses the ingress network while a service publishes ports through it, and then another can be made", async () => {
    const api = await createTestApi();
    await create(api, { name: "ingress", ingress: true });
    const web = make.createService("web", { ports: [make.createPort({ publishedPort: 80 })] });
    await api.store.update("service", (tx) => tx.create("service", web));
    await assert.rejects(
      removeNetwork(api, "ingress"),
      refused("failedPrecondition", /^network ingress carries the published ports of service web$/),
    );
    await api.store.update("remove", (tx) => tx.remove("service", web.id));
    await removeNetwork(api, "ingress");
    await create(api, { name: "mesh", ingress: true, subnets: [subnet("10.9.0.0/20")] });
  });

  it("refuses the predefined ones", async () => {
    const api = await createTestApi();
    const spec = specOf({ name: "host", driver: "host" });
    await api.store.update("predefined", (tx) =>
      tx.create("network", make.createNetwork("host", { spec, subnets: [], vni: 0 })),
    );
    await assert.rejects(
      removeNetwork(api, "host"),
      refused("failedPrecondition", /^network host is predefined: it cannot be removed$/),
    );
  });
});

describe("network ls", () => {
  it("is narrowed by driver, scope, type, label, name and use", async () => {
    const api = await createTestApi();
    await create(api, { name: "back", annotations: { name: "back", labels: { tier: "1" } } });
    await create(api, { name: "near", driver: "bridge" });
    const host = specOf({ name: "host", driver: "host" });
    await api.store.update("predefined", (tx) => tx.create("network", make.createNetwork("host", { spec: host })));
    const names = async (part: Partial<ListNetworksRequest>): Promise<string[]> =>
      (await listNetworks(api, { ...EVERYTHING, ...part })).map(({ spec }) => spec.annotations.name).sort();
    assert.deepEqual(await names({}), ["back", "host", "near"]);
    assert.deepEqual(await names({ drivers: ["overlay"] }), ["back"]);
    assert.deepEqual(await names({ scopes: ["local"] }), ["host", "near"]);
    assert.deepEqual(await names({ types: ["builtin"] }), ["host"]);
    assert.deepEqual(await names({ types: ["custom"], dangling: true }), ["back", "near"]);
    assert.deepEqual(await names({ labels: ["tier=1"] }), ["back"]);
    assert.deepEqual(await names({ namePrefixes: ["ne"] }), ["near"]);
  });
});
