import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import type { NetworkChange, NewLink, RouteEntry } from "../../worker/netlink/change.ts";
import type { ObservedState } from "../../worker/netlink/state.ts";
import type { NetworkKernel, NetworkNamespaces } from "../../worker/ports/network-kernel.ts";

const OWN_ROUTE = 83;
const TABLE = { family: "ip", name: "swarm" } as const;
const HEAD = "table ip swarm {}\ndelete table ip swarm\n";
const RULES = `${HEAD}table ip swarm {\n  set hosts {\n    typeof ip saddr\n  }\n}\n`;

const bridge = (name: string): NewLink => ({
  kind: "bridge",
  name,
  mac: "02:42:0a:00:00:01",
  mtu: 1400,
  namespace: null,
});
const route = (destination: string, device: string, more: Partial<RouteEntry> = {}): RouteEntry => ({
  ...{ kind: "unicast", destination, device, via: null, source: null, protocol: OWN_ROUTE },
  ...more,
});
const ours = (state: ObservedState): unknown => ({
  links: state.links.filter(({ name }) => name !== "lo").map(({ name, up, mtu, kind }) => ({ name, up, mtu, kind })),
  addresses: state.addresses.filter(({ cidr, device }) => device !== "lo" && !cidr.startsWith("fe80")),
  routes: state.routes
    .filter(({ protocol }) => protocol === OWN_ROUTE)
    .map(({ destination }) => destination)
    .toSorted(),
  neighbours: state.neighbours,
  forwarding: state.forwarding,
});

/** What every implementation of the port does. Paths are below `directory`, which need not be there. */
export function networkKernelContract(name: string, namespaces: NetworkNamespaces, directory: string): void {
  describe(`network kernel (${name})`, () => {
    const host = `${directory}/host`;
    const task = `${directory}/task`;
    let kernel: NetworkKernel;
    let somebody: NetworkKernel;
    const must = async (who: NetworkKernel, ...changes: readonly NetworkChange[]): Promise<void> =>
      assert.deepEqual(
        (await who.change(changes)).filter((result) => result !== null),
        [],
      );

    before(async () => {
      assert.equal(await namespaces.make(host), true);
      kernel = await namespaces.open(host);
      somebody = await namespaces.open(host);
      await kernel.observe();
    });
    after(async () => {
      kernel.close();
      somebody.close();
      await namespaces.remove(host);
      await namespaces.remove(task);
    });

    it("makes devices, addresses, routes, neighbours and forwarding entries of both protocols, and sees them", async () => {
      const local = {
        kind: "vxlan",
        mac: "02:42:0a:00:00:02",
        mtu: 1430,
        namespace: null,
        vni: 4097,
        port: 4789,
      } as const;
      await must(
        kernel,
        { kind: "addLink", link: bridge("sw-a") },
        { kind: "addLink", link: { ...local, name: "sw-vx1", local: "fd00::1" } },
        { kind: "setUp", device: "sw-a" },
        { kind: "setUp", device: "sw-vx1" },
        { kind: "setMtu", device: "sw-a", mtu: 1300 },
        { kind: "addAddress", address: { device: "sw-a", cidr: "10.0.0.2/24" }, scope: "global" },
        { kind: "addAddress", address: { device: "sw-a", cidr: "fd00:1::2/64" }, scope: "global" },
        { kind: "addRoute", route: route("10.0.0.12", "sw-a", { source: "10.0.0.2" }), onlink: false },
        { kind: "addRoute", route: route("10.0.0.13", "sw-a", { via: "10.0.0.12" }), onlink: true },
        { kind: "addRoute", route: route("fd00:1::12", "sw-a"), onlink: false },
        { kind: "addRoute", route: route("10.1.0.0/24", "", { kind: "unreachable" }), onlink: false },
        { kind: "addRoute", route: route("fd00:2::/64", "", { kind: "unreachable" }), onlink: false },
        { kind: "addNeighbour", neighbour: { device: "sw-a", address: "10.0.0.12", mac: "02:42:0a:00:00:0c" } },
        { kind: "addNeighbour", neighbour: { device: "sw-a", address: "fd00:1::12", mac: "02:42:0a:00:00:0c" } },
        { kind: "addForwarding", forwarding: { device: "sw-vx1", mac: "02:42:0a:00:00:03", destination: "fd00::3" } },
      );
      const expected = {
        links: [
          { name: "sw-a", up: true, mtu: 1300, kind: "bridge" },
          { name: "sw-vx1", up: true, mtu: 1430, kind: "vxlan" },
        ],
        addresses: [
          { device: "sw-a", cidr: "10.0.0.2/24" },
          { device: "sw-a", cidr: "fd00:1::2/64" },
        ],
        routes: ["10.0.0.12", "10.0.0.13", "10.1.0.0/24", "fd00:1::12", "fd00:2::/64"],
        neighbours: [
          { address: "10.0.0.12", mac: "02:42:0a:00:00:0c", device: "sw-a" },
          { address: "fd00:1::12", mac: "02:42:0a:00:00:0c", device: "sw-a" },
        ],
        forwarding: [{ mac: "02:42:0a:00:00:03", destination: "fd00::3", device: "sw-vx1" }],
      };
      assert.deepEqual(ours(await kernel.observe()), expected);
      assert.deepEqual(ours(await kernel.observeAnew()), expected);
      const vxlan = (await kernel.observe()).links.find((link) => link.name === "sw-vx1");
      assert.deepEqual(vxlan?.vxlan, { vni: 4097, port: 4789, local: "fd00::1" });
      const seen = (await kernel.observe()).routes.find(({ destination }) => destination === "10.0.0.13");
      assert.deepEqual(seen, route("10.0.0.13", "sw-a", { via: "10.0.0.12" }));
    });

    it("says what was refused, and does the rest", async () => {
      const results = await kernel.change([
        { kind: "removeLink", device: "sw-none" },
        { kind: "addLink", link: bridge("sw-a") },
        { kind: "addRoute", route: route("10.0.0.14", "sw-a"), onlink: false },
        { kind: "removeRoute", route: route("10.0.0.14", "sw-a") },
      ]);
      assert.deepEqual(results, [
        "cannot remove device sw-none: there is no such device",
        "cannot make bridge device sw-a: File exists",
        null,
        null,
      ]);
    });

    it("knows what somebody else did without reading everything anew, and says that it happened", async () => {
      const heard = Promise.withResolvers<string>();
      await kernel.observe();
      kernel.onDisturbance(heard.resolve);
      await must(somebody, { kind: "removeRoute", route: route("10.0.0.13", "sw-a", { via: "10.0.0.12" }) });
      assert.equal(await heard.promise, "state");
      kernel.onDisturbance(null);
      const { routes } = await kernel.observe();
      assert.ok(!routes.some(({ destination }) => destination === "10.0.0.13"));
    });

    it("calls nobody for routes of its own", async () => {
      kernel.onDisturbance(() => assert.fail("nobody else did anything"));
      await must(kernel, { kind: "addRoute", route: route("10.0.0.15", "sw-a"), onlink: false });
      await kernel.observe();
      await new Promise((resolve) => setImmediate(resolve));
      kernel.onDisturbance(null);
    });

    it("puts the far end of a link into another namespace, with which it goes", async () => {
      assert.equal(await namespaces.make(task), true);
      assert.equal(await namespaces.make(task), false);
      const ends = { mac: "02:42:0a:00:00:01", mtu: 1400 };
      const peer = { ...ends, name: "eth0", namespace: task };
      await must(kernel, { kind: "addLink", link: { kind: "veth", ...ends, name: "sw-t", namespace: null, peer } });
      const inside = await namespaces.open(task);
      await must(
        inside,
        { kind: "setUp", device: "eth0" },
        { kind: "addAddress", address: { device: "eth0", cidr: "10.0.0.12/24" }, scope: "global" },
      );
      const { links, addresses } = await inside.observe();
      assert.deepEqual(links.find((link) => link.name === "eth0")?.kind, "veth");
      assert.ok(addresses.some(({ cidr }) => cidr === "10.0.0.12/24"));
      inside.close();
      const gone = Promise.withResolvers<void>();
      kernel.onDisturbance(async () => {
        if (!(await kernel.observe()).links.some((link) => link.name === "sw-t")) gone.resolve();
      });
      await namespaces.remove(task);
      if ((await kernel.observe()).links.some((link) => link.name === "sw-t")) await gone.promise;
      kernel.onDisturbance(null);
      await assert.rejects(namespaces.open(task), { code: "notFound" });
      await namespaces.remove(task);
    });

    it("reads and writes settings of its own namespace, and takes those that are not there", async () => {
      kernel.writeSetting("net/ipv4/conf/sw-a/arp_ignore", "8");
      assert.equal(kernel.readSetting("net/ipv4/conf/sw-a/arp_ignore"), "8");
      kernel.writeSetting("net/ipv4/conf/sw-none/arp_ignore", "8");
      assert.equal(kernel.readSetting("net/ipv4/conf/sw-none/arp_ignore"), null);
      kernel.writeSetting("net/ipv4/conf/sw-a/rp_filter", "2");
      assert.equal((await kernel.observe()).settings.get("net/ipv4/conf/sw-a/rp_filter"), "2");
    });

    it("tells its own packet rules from those that somebody changed", async () => {
      await assert.rejects(kernel.loadRules("add element ip swarm hosts { 10.0.0.1 }\n", null), {
        code: "internal",
        message: /^the kernel refuses the packet rules: .*No such file or directory/,
      });
      await kernel.loadRules(RULES, [TABLE]);
      assert.equal(await kernel.rulesSinceLoad(), "asLoaded");
      await kernel.loadRules("add element ip swarm hosts { 10.0.0.1 }\n", null);
      assert.equal(await kernel.rulesSinceLoad(), "asLoaded");
      const heard = Promise.withResolvers<string>();
      kernel.onDisturbance((what) => what === "rules" && heard.resolve(what));
      await somebody.loadRules("delete element ip swarm hosts { 10.0.0.1 }\n", null);
      assert.equal(await heard.promise, "rules");
      assert.equal(await kernel.rulesSinceLoad(), "perhapsChanged");
      await kernel.loadRules(RULES, [TABLE]);
      assert.equal(await kernel.rulesSinceLoad(), "asLoaded");
      await somebody.loadRules(HEAD, []);
      assert.equal(await kernel.rulesSinceLoad(), "missing");
      kernel.onDisturbance(null);
      for (const hook of ["forward", "input"] as const) assert.deepEqual(await kernel.drops(hook, "swarm"), []);
    });

    it("is asked who listens and to forget connections where there is nobody and none", async () => {
      // A VXLAN device has a socket of its own.
      assert.deepEqual(
        (await kernel.listeners()).filter(({ protocol, port }) => protocol !== "udp" || port !== 4789),
        [],
      );
      await kernel.forgetConnections([
        { kind: "backend", address: "10.0.0.12", unanswered: true },
        { kind: "backend", address: "fd00:1::12", unanswered: false },
        { kind: "udpPort", port: 53 },
        { kind: "udpStray", port: 53, known: new Set(["10.0.0.12"]) },
        { kind: "udpStray", port: null, known: new Set() },
      ]);
      assert.equal(await kernel.endConnections(["10.0.0.12", "fd00:1::12"]), 0);
    });

    it("knows after any changes what it would read anew", async () => {
      const device = fc.constantFrom("sw-a", "sw-b");
      const destination = fc.constantFrom("10.0.0.20", "10.0.0.21", "10.2.0.0/16", "fd00:1::20", "fd00:3::/64");
      // Not of IPv6: the kernel says a moment later that somebody added one.
      const address = fc.constantFrom("10.0.0.2/24", "10.0.0.3/32");
      const kinds = fc.oneof(
        fc.record({ kind: fc.constant("addLink" as const), link: device.map(bridge) }),
        fc.record({ kind: fc.constantFrom("removeLink" as const, "setUp" as const), device }),
        fc.record({ kind: fc.constant("setUp" as const), device }),
        fc.record({
          kind: fc.constantFrom("addAddress" as const, "removeAddress" as const),
          address: fc.record({ device, cidr: address }),
          scope: fc.constant("global" as const),
        }),
        fc.record({
          kind: fc.constantFrom("addRoute" as const, "removeRoute" as const),
          route: fc
            .tuple(destination, device, fc.constantFrom(null, "10.0.0.2"))
            .map(([to, by, source]) => route(to, by, { source: to.includes(":") ? null : source })),
          onlink: fc.constant(false),
        }),
        fc.record({
          kind: fc.constantFrom("addNeighbour" as const, "removeNeighbour" as const),
          neighbour: fc.record({ device, address: fc.constant("10.0.0.20"), mac: fc.constant("02:42:0a:00:00:14") }),
        }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(kinds, { maxLength: 12 }), fc.boolean(), async (changes, bySomebody) => {
          await (bySomebody ? somebody : kernel).change(changes);
          const known = ours(await kernel.observe());
          assert.deepEqual(sorted(known), sorted(ours(await kernel.observeAnew())));
        }),
        { numRuns: 60 },
      );
    });
  });
}

function sorted(state: unknown): unknown {
  return Object.entries(state as Record<string, readonly unknown[]>).map(([part, entries]) => [
    part,
    entries.map((entry) => JSON.stringify(entry, Object.keys(Object(entry)).toSorted())).toSorted(),
  ]);
}
