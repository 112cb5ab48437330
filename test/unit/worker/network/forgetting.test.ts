import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { silentLogger } from "../../../../shared/log.ts";
import { KernelNetwork } from "../../../../worker/network/kernel-network.ts";
import { FakeHostNetwork } from "../../../support/fake-host-network.ts";
import { hostOf, ingressTable, networkTask, nodeIdOf, port, taskIdOf } from "../../../support/network-objects.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const hosts = [hostOf(1), hostOf(2), hostOf(3)];
const remote = { id: taskIdOf("web1"), host: hostOf(2) };

describe("the host's network", () => {
  let kernel: FakeHostNetwork;
  let network: KernelNetwork;

  beforeEach(() => {
    kernel = new FakeHostNetwork();
    const parts = { namespaces: kernel.namespaces, files: kernel, clock: new VirtualClock(), log: silentLogger };
    network = new KernelNetwork({ nodeId: nodeIdOf(1) }, parts);
  });

  it("forgets the connections of a backend when it goes, and when it drains only those it has not answered", async () => {
    const { forgotten } = kernel.host;
    await network.apply([ingressTable(hosts, { tasks: [remote] })]);
    forgotten.length = 0;
    await network.apply([ingressTable(hosts, { tasks: [{ ...remote, state: "DRAINING" }] })]);
    const unanswered = { kind: "backend", address: "10.0.0.11", unanswered: true };
    assert.deepEqual(forgotten, [unanswered]);
    await network.apply([ingressTable(hosts)]);
    assert.deepEqual(forgotten, [unanswered, { ...unanswered, unanswered: false }]);
  });

  it("forgets unanswered UDP exchanges when a port opens", async () => {
    await network.apply([ingressTable(hosts)]);
    await network.apply([ingressTable(hosts, { tasks: [remote] })]);
    assert.deepEqual(kernel.host.forgotten, [{ kind: "udpPort", port: 53 }]);
  });

  it("forgets at its start, and after a failure, UDP exchanges with published ports that lead to nobody there", async () => {
    const { host } = kernel;
    const table = ingressTable(hosts, { tasks: [remote] });
    const stray = { kind: "udpStray", port: 53, known: new Set(["10.0.0.11"]) };
    await network.apply([table]);
    assert.deepEqual(host.forgotten, [stray]);
    host.forgotten.length = 0;
    await network.apply([table]);
    assert.deepEqual(host.forgotten, []);
    host.refusesToForget = true;
    await network.apply([ingressTable(hosts)]);
    host.refusesToForget = false;
    host.forgotten.length = 0;
    await network.apply([table]);
    assert.deepEqual(host.forgotten, [stray]);
  });

  it("forgets UDP exchanges with a port of the host whose task gets another address beside the one it had", async () => {
    const ports = [port("UDP", 5300, 53, "HOST")];
    await network.apply([ingressTable(hosts)]);
    await network.attach(networkTask("web3", { ports }));
    kernel.host.forgotten.length = 0;
    await network.update(networkTask("web3", { ports, ingressAddress: "10.0.0.13/24" }));
    const first = { kind: "backend", address: "172.31.240.2", unanswered: true };
    assert.deepEqual(kernel.host.forgotten, [first, { kind: "udpPort", port: 5300 }]);
  });
});
