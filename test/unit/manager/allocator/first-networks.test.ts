import assert from "node:assert/strict";
import { test } from "node:test";
import { addMissingNetworks, createFirstNetworks } from "../../../../manager/allocator/first-networks.ts";
import { type IpBlock, toBlock } from "../../../../shared/ip-block.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { createMemoryStore } from "../../../support/memory-store.ts";
import { createCluster } from "../../../support/objects.ts";

const cidrOf = (routes: readonly string[], pools: readonly string[] = [], prefix = 0): string => {
  const cluster = createCluster({ defaultAddressPools: pools, defaultSubnetPrefix: prefix });
  const blocks = routes.map((text) => toBlock(text) as IpBlock);
  const { networks, warnings } = createFirstNetworks(cluster, blocks, seededRandom(1));
  const ingress = networks.find(({ spec }) => spec.ingress);
  return [ingress?.subnets[0]?.cidr, ingress?.subnets[0]?.gateway, ...warnings].join(" ");
};

test("a new cluster has ingress, bridge, host and none", () => {
  const { networks } = createFirstNetworks(createCluster(), [], seededRandom(1));
  assert.deepEqual(
    networks.map(({ spec, vni, subnets }) => [spec.annotations.name, spec.driver, vni, subnets.length]),
    [
      ["ingress", "overlay", 4_096, 1],
      ["bridge", "bridge", 0, 0],
      ["host", "host", 0, 0],
      ["none", "null", 0, 0],
    ],
  );
});

test("ingress takes the first large block of the pools, and steps aside for what the host reaches", () => {
  assert.equal(cidrOf([]), "10.0.0.0/20 10.0.0.1");
  assert.equal(cidrOf(["172.16.0.0/16"]), "10.0.0.0/20 10.0.0.1");
  assert.match(
    cidrOf(["10.0.5.0/24"]),
    /^10\.0\.16\.0\/20 10\.0\.16\.1 The ingress network has the addresses 10\.0\.16\.0\/20: 10\.0\.0\.0\/20 would overlap/,
  );
  assert.equal(cidrOf([], ["172.28.0.0/16"]), "172.28.0.0/20 172.28.0.1");
  assert.equal(cidrOf([], ["172.28.0.0/22"], 26), "172.28.0.0/22 172.28.0.1");
  // Where there is no way round it, the usual block is better than none.
  assert.equal(cidrOf(["10.0.0.0/8"]), "10.0.0.0/20 10.0.0.1");
});

test("a leader makes the predefined networks that a store of an earlier release lacks, once", async () => {
  using store = createMemoryStore();
  for (let times = 0; times < 2; times++) await store.update("start", (tx) => addMissingNetworks(tx, seededRandom(1)));
  const names = store
    .view()
    .all("network")
    .map(({ spec }) => spec.annotations.name);
  assert.deepEqual(names.sort(), ["bridge", "host", "none"]);
});
