import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mustHave } from "../../../../shared/invariant.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { type RouteEntry, routeText } from "../../../../worker/netlink/change.ts";
import { KernelNetwork } from "../../../../worker/network/kernel-network.ts";
import { FakeHostNetwork } from "../../../support/fake-host-network.ts";
import { hostOf, ingressTable, networkTask, nodeIdOf, taskIdOf } from "../../../support/network-objects.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

type Damage = (kernel: FakeHostNetwork) => void;

const cases: readonly (readonly [string, Damage, readonly RegExp[]])[] = [
  ["a device was removed", (kernel) => kernel.host.removeLink("sw-vx4096"), [/^device sw-vx4096 was missing$/]],
  [
    "a task's link was removed",
    (kernel) => kernel.host.removeLink("swi-web2xxxxxxx"),
    [/^device swi-web2x+ was missing$/],
  ],
  [
    "a device was replaced by another of its name",
    (kernel) => {
      kernel.host.removeLink("sw-egress");
      kernel.host.links.set("sw-egress", {
        name: "sw-egress",
        up: true,
        mtu: 1500,
        mac: "",
        kind: "dummy",
        vxlan: null,
      });
    },
    [/^device sw-egress had other properties$/],
  ],
  [
    "a device was set down",
    (kernel) => void Object.assign(kernel.host.links.get("sw-vx4096") ?? {}, { up: false }),
    [/^device sw-vx4096 was down$/],
  ],
  [
    "an MTU was changed",
    (kernel) => void Object.assign(kernel.host.links.get("sw-vx4096") ?? {}, { mtu: 900 }),
    [/MTU 900 instead of 1450$/],
  ],
  [
    "an address was removed",
    (kernel) => void kernel.host.addresses.delete("10.0.0.2/24 sw-vx4096"),
    [/^address 10\.0\.0\.2\/24 .*missing$/],
  ],
  [
    "an address was added",
    (kernel) => void kernel.host.addresses.set("10.0.0.77/24 sw-vx4096", { cidr: "10.0.0.77/24", device: "sw-vx4096" }),
    [/^address 10\.0\.0\.77\/24 .*does not belong here$/],
  ],
  [
    "a route leads elsewhere",
    (kernel) => {
      const [key, route] = [...kernel.host.routes].find(([text]) => text.startsWith("10.0.0.11 ")) ?? [];
      const elsewhere: RouteEntry = { ...mustHave(route, "route"), via: "10.0.0.4" };
      kernel.host.routes.delete(key ?? "");
      kernel.host.routes.set(routeText(elsewhere), elsewhere);
    },
    [/^route 10\.0\.0\.11 via 10\.0\.0\.4 .*does not belong here$/, /^route 10\.0\.0\.11 via 10\.0\.0\.3 .*missing$/],
  ],
  [
    "all neighbours were flushed",
    (kernel) => kernel.host.neighbours.clear(),
    [/neighbour 10\.0\.0\.3 /, /neighbour 10\.0\.0\.4 /, /neighbour 10\.0\.0\.12 /],
  ],
  [
    "all forwarding entries were flushed",
    (kernel) => kernel.host.forwarding.clear(),
    [/forwarding entry .*10\.98\.0\.2/, /forwarding entry .*10\.98\.0\.3/],
  ],
  [
    "a setting was changed",
    (kernel) => void kernel.host.settings.set("net/ipv4/ip_forward", "0"),
    [/^setting net\/ipv4\/ip_forward was 0 instead of 1$/],
  ],
  [
    "our rules were removed",
    (kernel) => {
      kernel.host.rules = null;
      kernel.host.touchRules(null);
    },
    [/^our table of packet rules was missing$/],
  ],
  [
    "our rules were changed",
    (kernel) => {
      kernel.host.rules += "\n# more";
      kernel.host.touchRules(null);
    },
    [/^our packet rules had been changed$/],
  ],
  [
    "many routes were lost",
    (kernel) => {
      for (const route of kernel.host.routes.keys())
        if (!route.startsWith("unreachable")) kernel.host.routes.delete(route);
    },
    [/^4 times: route was missing \(.* and others\)$/],
  ],
];

describe("repair", () => {
  for (const [what, damage, words] of cases)
    it(`undoes it when ${what}, and says so in as many words`, async () => {
      const kernel = new FakeHostNetwork();
      const network = new KernelNetwork(
        { nodeId: nodeIdOf(1) },
        { namespaces: kernel.namespaces, files: kernel, clock: new VirtualClock(), log: silentLogger },
      );
      const tasks = [
        { id: taskIdOf("web1"), host: hostOf(2) },
        { id: taskIdOf("web2"), host: hostOf(1) },
      ];
      await network.apply([ingressTable([hostOf(1), hostOf(2), hostOf(3)], { tasks })]);
      await network.attach(networkTask("web2", { ingressAddress: "10.0.0.12/24" }));
      assert.deepEqual(await network.repair(), []);
      const before = { ours: kernel.ours().toSorted(), rules: kernel.host.rules };

      damage(kernel);
      const findings = await network.repair();
      assert.equal(findings.length, words.length, findings.join("\n"));
      for (const word of words)
        assert.ok(
          findings.some((finding) => word.test(finding)),
          `${word} in ${findings}`,
        );
      assert.deepEqual({ ours: kernel.ours().toSorted(), rules: kernel.host.rules }, before);
      assert.deepEqual(await network.repair(), []);
    });
});
