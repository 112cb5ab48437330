import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { silentLogger } from "../../../../shared/log.ts";
import { KernelNetwork } from "../../../../worker/network/kernel-network.ts";
import { FakeHostNetwork } from "../../../support/fake-host-network.ts";
import { hostOf, ingressTable, listener, nodeIdOf, taskIdOf } from "../../../support/network-objects.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const hosts = [hostOf(1), hostOf(2), hostOf(3)];
const remote = { id: taskIdOf("web1"), host: hostOf(2) };

describe("a host with programs that listen", () => {
  let kernel: FakeHostNetwork;
  let network: KernelNetwork;
  const restart = (): KernelNetwork =>
    new KernelNetwork(
      { nodeId: nodeIdOf(1) },
      { namespaces: kernel.namespaces, files: kernel, clock: new VirtualClock(), log: silentLogger },
    );

  beforeEach(() => {
    kernel = new FakeHostNetwork();
    network = restart();
  });

  it("leaves a newly published port to the program that listens on it, for as long as it does", async () => {
    kernel.host.listeners = [listener("tcp", 80), listener("udp", 53, "127.0.0.53")];
    kernel.owners.set(80, { program: "nginx", isSelf: false });
    await network.apply([ingressTable(hosts, { tasks: [remote] })]);
    const rules = (): string => kernel.host.rules ?? "";
    assert.doesNotMatch(rules(), /dport 80|tcp \. 80/);
    assert.match(rules(), /ip daddr \{ 127\.0\.0\.53 \} meta l4proto udp th dport 53 return/);
    assert.deepEqual(network.hostListeners(), [
      { protocol: "UDP", port: 53, address: "127.0.0.53", program: "", clash: "LEFT" },
      { protocol: "TCP", port: 80, address: "0.0.0.0", program: "nginx", clash: "LEFT" },
    ]);
    kernel.host.listeners = [];
    await network.lookAtPorts();
    assert.match(rules(), /tcp \. 80 : goto/);
    assert.doesNotMatch(rules(), /127\.0\.0\.53/);
    kernel.host.listeners = [listener("tcp", 80)];
    await network.lookAtPorts();
    assert.match(rules(), /tcp \. 80 : goto/);
    assert.deepEqual(
      network.hostListeners().map(({ clash }) => clash),
      ["TAKEN"],
    );
  });

  it("knows after its daemon's restart which ports it had left, and which not", async () => {
    const tables = [ingressTable(hosts, { tasks: [remote] })];
    kernel.host.listeners = [listener("udp", 53)];
    await network.apply(tables);
    kernel.host.listeners = [listener("udp", 53), listener("tcp", 80)];
    network = restart();
    await network.apply(tables);
    assert.deepEqual(
      network.hostListeners().map(({ port, clash }) => [port, clash]),
      [
        [53, "LEFT"],
        [80, "TAKEN"],
      ],
    );
    await network.teardown();
    assert.equal(kernel.claims, null);
  });

  it("tells nothing of its own sockets, and of a client's that asks by UDP only once it stays", async () => {
    kernel.owners.set(7946, { program: "swarmd", isSelf: true });
    kernel.host.listeners = [listener("tcp", 7946)];
    await network.lookAtPorts();
    kernel.host.listeners = [listener("tcp", 7946), listener("udp", 51_820), listener("tcp", 51_821)];
    const told = async (): Promise<readonly number[]> => {
      await network.lookAtPorts();
      return network.hostListeners().map(({ port }) => port);
    };
    assert.deepEqual(await told(), [51_821]);
    assert.deepEqual(await told(), [51_820, 51_821]);
  });
});
