import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  chooseEgressSubnet,
  EGRESS_SUBNETS,
  egressGateway,
  nextEgressAddress,
} from "../../../../worker/network/egress.ts";

describe("egress", () => {
  it("takes the first block when the host has no route near it", () => {
    assert.equal(chooseEgressSubnet(["10.0.0.0/24", "192.168.1.0/24", "172.17.0.0/16"]), "172.31.240.0/20");
  });

  it("goes round what the host already reaches, host routes and wide blocks alike", () => {
    assert.equal(chooseEgressSubnet(["172.31.255.255"]), "172.31.224.0/20");
    assert.equal(chooseEgressSubnet(["172.16.0.0/12"]), "192.168.240.0/20");
  });

  it("refuses with a sentence when every block is taken", () => {
    assert.throws(() => chooseEgressSubnet(EGRESS_SUBNETS), /overlaps a route of this host/);
  });

  it("gives addresses in turn, never the network's, the host's or the broadcast address", () => {
    const given = new Set<string>();
    let last: string | null = null;
    for (let count = 0; count < 5; count++) {
      last = nextEgressAddress("192.168.1.0/29", given, last);
      given.add(last);
    }
    assert.deepEqual(
      [...given],
      ["2", "3", "4", "5", "6"].map((byte) => `192.168.1.${byte}`),
    );
    assert.ok(!given.has(egressGateway("192.168.1.0/29")));
    assert.throws(() => nextEgressAddress("192.168.1.0/29", given, last), /no free address left/);
  });

  it("gives an address that came back only after all others", () => {
    const taken = new Set(["192.168.1.2", "192.168.1.3"]);
    taken.delete("192.168.1.2");
    assert.equal(nextEgressAddress("192.168.1.0/29", taken, "192.168.1.3"), "192.168.1.4");
    assert.equal(nextEgressAddress("192.168.1.0/29", taken, "192.168.1.6"), "192.168.1.2");
  });
});
