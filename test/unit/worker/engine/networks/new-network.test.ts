import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toBlock } from "../../../../../shared/ip-block.ts";
import type { NetworkSpec } from "../../../../../shared/objects/types.ts";
import type { LocalNetwork } from "../../../../../shared/rpc/gen/networks.ts";
import { newLocalNetwork } from "../../../../../worker/engine/networks/new-network.ts";
import { localSpec } from "../../../../support/local-network-objects.ts";

const made = (part: Partial<NetworkSpec> = {}, taken: readonly string[] = []): LocalNetwork => {
  const about = { id: "n".repeat(25), createdAtMs: 5, taken: taken.map(toBlock).filter((block) => block !== null) };
  return newLocalNetwork(localSpec("front", part), about);
};
const blocks = ({ subnets }: LocalNetwork): readonly string[] =>
  subnets.map(({ cidr, gateway }) => `${cidr} ${gateway}`);

describe("a new local network", () => {
  it("has the first block of the pool, whose first address is its gateway", () => {
    assert.deepEqual(blocks(made()), ["172.18.0.0/22 172.18.0.1"]);
  });
  it("keeps clear of what the host can reach otherwise", () => {
    assert.deepEqual(blocks(made({}, ["172.18.0.0/16", "172.19.0.5/32"])), ["172.19.4.0/22 172.19.4.1"]);
  });
  it("has the block that people chose, whatever is taken", () => {
    const subnets = [{ cidr: "10.9.0.0/24", gateway: "10.9.0.254", ipRange: "10.9.0.128/25", auxiliary: {} }];
    const network = made({ subnets }, ["10.0.0.0/8"]);
    assert.deepEqual(network.subnets, subnets);
  });
  it("has IPv6 beside IPv4 where people want it", () => {
    const [four, six] = blocks(made({ ipv6: true }));
    assert.equal(four, "172.18.0.0/22 172.18.0.1");
    assert.match(six ?? "", /^fd[0-9a-f:]+::\/64 fd[0-9a-f:]+::1$/);
  });
  it("is of driver bridge, and its options mean what they say", () => {
    const { spec } = made({ options: { "com.docker.network.driver.mtu": "1400" } });
    assert.deepEqual([spec?.driver, spec?.mtu], ["bridge", 1_400]);
  });

  const refusals: readonly (readonly [Partial<NetworkSpec>, RegExp])[] = [
    [{ driver: "overlay" }, /^a network of one host has the driver bridge, and not overlay$/],
    [{ driver: "macvlan" }, /^unknown network driver "macvlan"/],
    [{ annotations: { name: "bridge", labels: {} } }, /^operation is not permitted on predefined bridge network$/],
    [{ ingress: true }, /^an ingress network needs the driver overlay$/],
    [{ subnets: [{ cidr: "10.9.0.0/31", gateway: "", ipRange: "", auxiliary: {} }] }, /too small/],
  ];
  for (const [part, message] of refusals)
    it(`is refused: ${message.source}`, () => assert.throws(() => made(part), { message }));
  it("is refused when no block is left", () => {
    assert.throws(() => made({}, ["172.16.0.0/12"]), { message: /^no block of addresses is left for network front/ });
  });
});
