import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import type { ContainerKey } from "../../../../../shared/ids.ts";
import { silentLogger } from "../../../../../shared/log.ts";
import { seededRandom } from "../../../../../shared/ports/seeded-random.ts";
import type { ContainerConfig, OwnContainer } from "../../../../../shared/rpc/gen/containers.ts";
import type { ContainerEndpoint, LocalNetwork } from "../../../../../shared/rpc/gen/networks.ts";
import type { Network } from "../../../../../shared/rpc/gen/objects.ts";
import { HostNames, type LocalNames } from "../../../../../worker/dns/host-names.ts";
import { EventLog } from "../../../../../worker/engine/events/event-log.ts";
import { ContainerPlaces } from "../../../../../worker/engine/networks/container-places.ts";
import { LocalNetworks } from "../../../../../worker/engine/networks/local-networks.ts";
import { SwarmPlaces } from "../../../../../worker/engine/networks/swarm-places.ts";
import { localSpec } from "../../../../support/local-network-objects.ts";
import { VirtualClock } from "../../../../support/virtual-clock.ts";

const endpoint = (network: string, part: Partial<ContainerEndpoint> = {}): ContainerEndpoint => ({
  ...{ network, aliases: [], address: "", address6: "", links: [], driverOptions: {}, swarmNetwork: "" },
  ...part,
});

/** A host with two networks, and what it keeps on disk and tells its name server. */
function world(kept: readonly LocalNetwork[] = [], seed = 1, isInSwarm = false) {
  const disk = new Map(kept.map((network) => [network.id, network]));
  const containers: OwnContainer[] = [];
  const names = new HostNames();
  let told: LocalNames = { tables: [], views: new Map() };
  const clock = new VirtualClock();
  const events = new EventLog(clock);
  const networks: LocalNetworks = new LocalNetworks({
    book: {
      load: async () => [...disk.values()],
      put: async (network) => void disk.set(network.id, network),
      remove: async (id) => void disk.delete(id),
    },
    ...{ events, clock, random: seededRandom(seed) },
    takenBlocks: async () => ["172.18.0.0/22"],
    onTables: () => {},
    usersOf: (id) => places.usersOf(id),
  });
  const swarm = new SwarmPlaces({
    ...{ clock, random: seededRandom(seed), log: silentLogger },
    isInSwarm: () => isInSwarm,
    namesOf: (id) => [id.slice(0, 12)],
  });
  const places: ContainerPlaces = new ContainerPlaces({
    ...{ networks, swarm, isInSwarm: () => isInSwarm },
    containers: () => containers,
    events,
    onNames(local) {
      told = local;
      names.setLocal(local);
    },
  });
  /** A container that is there, and does not run. */
  const add = async (name: string, part: Partial<ContainerConfig>): Promise<OwnContainer> => {
    const blank = { name, task: null, network: "", endpoints: [] } as unknown as ContainerConfig;
    const config = await places.resolve({ ...blank, ...part });
    const id = name.charCodeAt(0).toString(16).padEnd(64, "0");
    const stored = { id, config, places: [] } as unknown as OwnContainer;
    containers.push(stored);
    return stored;
  };
  const start = async (stored: OwnContainer): Promise<readonly string[]> => {
    const leased = await places.lease(stored);
    places.publish();
    return leased.map(({ address }) => address);
  };
  /** Addresses that `name` stands for in the eyes of a container. */
  const lookUp = ({ id }: OwnContainer, name: string): readonly string[] =>
    names.viewOf(id as ContainerKey).networks.flatMap((one) => one.tasksNamed(name).map(({ address }) => address));
  /** What has happened to networks, as `connect front` for who came to one. */
  const moves = async (): Promise<readonly string[]> => {
    const found: string[] = [];
    const over = new AbortController();
    const read = events.read({ sinceMs: 1, after: 0 }, over.signal, async ({ type, action, attributes }) => {
      if (type === "network" && action.endsWith("connect")) found.push(`${action} ${attributes["name"]}`);
    });
    await new Promise(setImmediate);
    over.abort();
    await read;
    return found;
  };
  return { networks, swarm, places, containers, disk, add, start, lookUp, told: () => told, moves };
}

describe("containers on local networks", () => {
  let host: ReturnType<typeof world>;
  beforeEach(async () => {
    host = world();
    await host.networks.create(localSpec("front"));
    await host.networks.create(
      localSpec("back", { subnets: [{ cidr: "10.9.0.0/29", gateway: "", ipRange: "", auxiliary: {} }] }),
    );
  });

  it("are on the network that their mode names, and on others behind it, by the networks' ids", async () => {
    const { config } = await host.add("web", {
      network: "front",
      endpoints: [endpoint("back"), endpoint("front", { aliases: ["a"] })],
    });
    const ids = ["front", "back"].map((name) => host.networks.find(name).id);
    assert.deepEqual(
      config?.endpoints.map(({ network }) => network),
      ids,
    );
    assert.deepEqual(config?.endpoints[0]?.aliases, ["a"]);
  });

  it("hold addresses from their start to their end, and have the same again where nobody took them", async () => {
    const web = await host.add("web", { network: "back" });
    const peer = await host.add("peer", { network: "back" });
    assert.deepEqual([await host.start(web), await host.start(peer)], [["10.9.0.2/29"], ["10.9.0.3/29"]]);
    assert.deepEqual(await host.start(web), ["10.9.0.2/29"], "asked for twice, it is the same one");
    const had = await host.places.lease(web);
    host.places.release(web.id);
    host.places.release(peer.id);
    assert.deepEqual(await host.start(peer), ["10.9.0.2/29"]);
    assert.deepEqual(await host.start({ ...web, places: had }), ["10.9.0.3/29"]);
  });

  it("find each other by name, alias and short id, on their own networks alone, and only while they run", async () => {
    const web = await host.add("web", { network: "front", endpoints: [endpoint("front", { aliases: ["shop"] })] });
    const near = await host.add("near", { network: "front" });
    const far = await host.add("far", { network: "back" });
    for (const one of [web, near, far]) await host.start(one);
    const [address = ""] = (await host.places.lease(web)).map((place) => place.address);
    for (const name of ["web", "shop", web.id.slice(0, 12)]) assert.deepEqual(host.lookUp(near, name), [address], name);
    assert.deepEqual(host.lookUp(far, "web"), []);
    host.places.release(web.id);
    assert.deepEqual(host.lookUp(near, "web"), []);
  });

  it("are told of when they come to a network and leave it, but not when the daemon finds them there", async () => {
    const web = await host.add("web", { network: "front" });
    await host.start(web);
    host.places.publish();
    assert.deepEqual(await host.moves(), ["connect front"], "told once");
    host.places.release(web.id);
    assert.deepEqual(await host.moves(), ["connect front", "disconnect front"]);
    const [place] = await host.places.lease(web);
    const after = world([...host.disk.values()]);
    await after.networks.open();
    const there = { ...web, places: place === undefined ? [] : [place] };
    after.containers.push(there);
    after.places.adopt(there);
    after.places.publish();
    assert.deepEqual(await after.moves(), []);
    after.containers.pop();
    after.places.release(web.id);
    assert.deepEqual(await after.moves(), ["disconnect front"]);
  });

  it("know linked ones by names that nobody else knows", async () => {
    const web = await host.add("web", { network: "front" });
    const near = await host.add("near", {
      network: "front",
      endpoints: [endpoint("front", { links: ["web:linked"] })],
    });
    const other = await host.add("other", { network: "front" });
    for (const one of [web, near, other]) await host.start(one);
    assert.equal(host.lookUp(near, "linked").length, 1);
    assert.deepEqual(host.lookUp(other, "linked"), []);
  });

  it("keep their addresses when the daemon returns, before anybody else is given one", async () => {
    const web = await host.add("web", { network: "back" });
    const places = await host.places.lease(web);
    host.places.release(web.id);
    host.places.adopt({ ...web, places });
    assert.deepEqual(await host.start(await host.add("late", { network: "back" })), ["10.9.0.3/29"]);
  });

  it("keep a network from being removed while they run, and from being pruned as long as they are there", async () => {
    const web = await host.add("web", { network: "front" });
    await host.start(web);
    await assert.rejects(host.networks.remove("front"), { message: /network front has active endpoints \(web\)$/ });
    host.places.release(web.id);
    const all = { untilMs: 0, labels: [], withoutLabels: [] };
    assert.deepEqual(await host.networks.prune(all), ["back"]);
    await host.networks.remove("front");
    await assert.rejects(() => host.start(web), { message: /^network \w+ not found/ });
    assert.equal(host.disk.size, 0);
  });

  const refusals: readonly (readonly [Partial<ContainerConfig>, RegExp])[] = [
    [{ network: "nowhere" }, /^network nowhere not found/],
    [
      { network: "host", endpoints: [endpoint("front")] },
      /^conflicting options: network mode host and other networks$/,
    ],
    [
      { network: "front", endpoints: [endpoint("back"), endpoint("back")] },
      /^a container can be on a network only once$/,
    ],
    [{ network: "back", endpoints: [endpoint("back", { address: "10.8.0.1" })] }, /contains IP address 10\.8\.0\.1$/],
    [{ network: "back", endpoints: [endpoint("back", { address: "ten" })] }, /^invalid IP address: ten$/],
  ];
  for (const [part, message] of refusals)
    it(`are refused: ${message.source}`, () => assert.rejects(() => host.add("x", part), { message }));
});

describe("containers on networks of the swarm", () => {
  it("have the leader's address there and this host's on its own networks, and see the names of both", async () => {
    const host = world([], 1, true);
    await host.networks.create(localSpec("front"));
    const network = { id: "n".repeat(25), spec: localSpec("wide"), subnets: [] } as unknown as Network;
    host.swarm.onSession({
      findNetwork: async () => network,
      tellGuests: async (guests) => guests.map((guest) => ({ ...guest, address: "10.44.0.9/24" })),
    });
    const web = await host.add("web", { network: "wide", endpoints: [endpoint("front")] });
    assert.deepEqual(
      web.config?.endpoints.map(({ swarmNetwork }) => swarmNetwork),
      ["wide", ""],
    );
    assert.deepEqual(await host.start(web), ["10.44.0.9/24", "172.18.4.2/22"]);
    assert.deepEqual(host.told().views.get(web.id as ContainerKey)?.networkIds[0], network.id);
    assert.deepEqual(
      host.places.describe(web).map(({ name, address }) => [name, address]),
      [
        ["wide", "10.44.0.9/24"],
        ["front", "172.18.4.2/22"],
      ],
    );
    const off = host.places.withoutSwarm(web.config as ContainerConfig);
    assert.deepEqual(off?.endpoints.length, 1);
    assert.equal(host.places.withoutEndpoint(web.config as ContainerConfig, "wide")?.endpoints.length, 1);
  });
});

describe("local networks", () => {
  it("are there again when the daemon returns, with their blocks, and keep clear of each other", async () => {
    const first = world();
    const made = await first.networks.create(localSpec("front"));
    assert.deepEqual(made.subnets, [{ cidr: "172.18.4.0/22", gateway: "172.18.4.1", ipRange: "", auxiliary: {} }]);
    const second = world([...first.disk.values()], 2);
    await second.networks.open();
    assert.equal(second.networks.find(made.id.slice(0, 6)).id, made.id);
    assert.equal((await second.networks.create(localSpec("back"))).subnets[0]?.cidr, "172.18.8.0/22");
    await assert.rejects(second.networks.create(localSpec("front")), {
      message: /^network with name front already exists$/,
    });
    await assert.rejects(second.networks.remove("host"), { message: /pre-defined network and cannot be removed$/ });
  });
});
