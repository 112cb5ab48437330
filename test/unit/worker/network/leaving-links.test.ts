import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { mustHave } from "../../../../shared/invariant.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { KernelNetwork } from "../../../../worker/network/kernel-network.ts";
import { FakeHostNetwork } from "../../../support/fake-host-network.ts";
import { networkTask, nodeIdOf, taskIdOf } from "../../../support/network-objects.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

/** Somebody is in them: a link stays when its namespace has lost its name. */
function holdNamespaces({ host, namespaces }: FakeHostNetwork): void {
  for (const world of [host, ...namespaces.named.values()]) world.farEnds.clear();
}

describe("a task's link, when the task goes", () => {
  let kernel: FakeHostNetwork;
  let network: KernelNetwork;
  beforeEach(() => {
    kernel = new FakeHostNetwork();
    network = new KernelNetwork(
      { nodeId: nodeIdOf(1) },
      { namespaces: kernel.namespaces, files: kernel, clock: new VirtualClock(), log: silentLogger },
    );
  });

  it("goes with its namespace in the kernel's own time, but does not stay for ever", async () => {
    await network.apply([]);
    await network.attach(networkTask("plain"));
    const link = mustHave(kernel.host.links.get("swe-plainxxxxxx"), "link");
    holdNamespaces(kernel);
    await network.detach(taskIdOf("plain"));
    assert.equal(kernel.host.links.get("swe-plainxxxxxx"), link);
    assert.ok(!kernel.host.log.includes("remove device swe-plainxxxxxx"));
    assert.ok(![...kernel.host.routes.keys()].some((route) => route.includes("swe-plain")));
    assert.deepEqual([...(await network.repair()), ...(await network.repair("known"))], []);
    assert.deepEqual(await network.repair(), ["device swe-plainxxxxxx does not belong here"]);
    assert.ok(!kernel.host.links.has("swe-plainxxxxxx"));
  });

  it("is made anew when it is wanted again while it leaves", async () => {
    await network.apply([]);
    await network.attach(networkTask("plain"));
    holdNamespaces(kernel);
    await network.detach(taskIdOf("plain"));
    const old = kernel.host.links.get("swe-plainxxxxxx");
    await network.attach(networkTask("plain"));
    assert.notEqual(kernel.host.links.get("swe-plainxxxxxx"), old);
    assert.deepEqual([...(await network.repair()), ...(await network.repair())], []);
  });
});
