import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { NodeId } from "../../shared/ids.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { UserNetworks } from "../../worker/network/user-network/user-networks.ts";
import { MemoryNetworkNamespaces, type NamespaceWorld } from "../support/memory-network-kernel.ts";
import { localTask, userEndpoint, userTable, wireId } from "../support/user-network-objects.ts";

const BLUE = wireId("blue");
/** Of tasks that keep their namespaces: what has left the network is removed by whoever keeps it in order. */
const ALL_LINKS = new Set(Array.from({ length: 7 }, (_, at) => localTask(userEndpoint(`t${at}`, "web", 1, at)).link));
const PATH = "/netns/blue";
const tables = fc
  .array(fc.record({ task: fc.nat({ max: 6 }), host: fc.integer({ min: 1, max: 3 }) }), { maxLength: 8 })
  .map((places) => [...new Map(places.map(({ task, host }) => [task, host]))])
  .map((places) =>
    userTable({ endpoints: places.map(([task, host]) => userEndpoint(`t${task}`, "web", host, task + 4)) }),
  );

interface Damage {
  readonly part: "links" | "addresses" | "routes" | "neighbours" | "forwarding";
  readonly at: number;
}
const damage = fc.record({
  part: fc.constantFrom<Damage["part"]>("links", "addresses", "routes", "neighbours", "forwarding"),
  at: fc.nat({ max: 20 }),
});

class Host {
  readonly namespaces = new MemoryNetworkNamespaces();
  readonly #networks = new UserNetworks({
    namespaces: this.namespaces,
    nodeId: wireId("node1") as NodeId,
    pathOf: () => PATH,
    onDisturbance: () => {},
  });

  async bring(table: NetworkTable): Promise<void> {
    const tasks = table.endpoints.filter(({ nodeId }) => nodeId === wireId("node1")).map(localTask);
    for (const { namespacePath } of tasks) await this.namespaces.make(namespacePath);
    const facts = { linkMtu: 1_500, localAddresses: new Set(["10.98.0.1"]) };
    // A task that always is there keeps the network here.
    const anchor = localTask(userEndpoint("anchor", "web", 1, 100));
    await this.namespaces.make(anchor.namespacePath);
    const wish = { tables: [table], tasks: new Map([[BLUE, [anchor, ...tasks]]]), facts, links: ALL_LINKS };
    const { byTask } = await this.#networks.bring(wish, "known");
    assert.deepEqual([...byTask], []);
  }

  get world(): NamespaceWorld {
    return this.namespaces.named.get(PATH) as NamespaceWorld;
  }

  hurt({ part, at }: Damage): void {
    const keys = [...this.world[part].keys()].filter((key) => key !== "lo");
    const key = keys[at % keys.length];
    if (key === undefined) return;
    if (part === "links") this.world.removeLink(key);
    else this.world[part].delete(key);
    this.world.tell(null, "state");
  }

  shown(): unknown {
    const { links, addresses, routes, neighbours, forwarding } = this.world;
    const keys = [addresses, routes, neighbours, forwarding].map((map) => [...map.keys()].sort());
    return [[...links.values()].map(({ name, up, mtu }) => `${name} ${up} ${mtu}`).sort(), keys];
  }
}

describe("a user network's namespace", () => {
  it("ends as if made at once, whatever tables and damage came before", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(tables, damage), { maxLength: 8 }), tables, async (steps, last) => {
        const host = new Host();
        await host.bring(last);
        for (const step of steps) {
          if ("part" in step) host.hurt(step);
          else await host.bring(step);
          await Promise.resolve();
        }
        await host.bring(last);
        const fresh = new Host();
        await fresh.bring(last);
        assert.deepEqual(host.shown(), fresh.shown());
      }),
    );
  });
});
