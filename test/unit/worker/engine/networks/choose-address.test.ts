import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LocalNetwork } from "../../../../../shared/rpc/gen/networks.ts";
import { chooseAddress } from "../../../../../worker/engine/networks/choose-address.ts";
import { newLocalNetwork } from "../../../../../worker/engine/networks/new-network.ts";
import { localSpec } from "../../../../support/local-network-objects.ts";

const network = (cidr: string, ipRange = ""): LocalNetwork =>
  newLocalNetwork(localSpec("front", { subnets: [{ cidr, gateway: "", ipRange, auxiliary: {} }] }), {
    ...{ id: "n".repeat(25), createdAtMs: 0, taken: [] },
  });
const NOTHING = { wanted: "", before: "", used: [], reserved: [] };

describe("the address of a container on a local network", () => {
  const small = network("10.9.0.0/29");
  const rows: readonly (readonly [string, LocalNetwork, Partial<typeof NOTHING> & object, string])[] = [
    ["is the first behind the gateway", small, {}, "10.9.0.2/29"],
    ["is none that somebody has", small, { used: ["10.9.0.2/29"] as never }, "10.9.0.3/29"],
    ["is the one it had", small, { before: "10.9.0.5/29" }, "10.9.0.5/29"],
    [
      "is another where somebody took the one it had",
      small,
      { before: "10.9.0.2/29", used: ["10.9.0.2/29"] as never },
      "10.9.0.3/29",
    ],
    ["leaves what others will ask for", small, { reserved: ["10.9.0.2"] as never }, "10.9.0.3/29"],
    [
      "is what others will ask for where nothing else is left",
      small,
      { reserved: ["10.9.0.6"] as never, used: ["10.9.0.2", "10.9.0.3", "10.9.0.4", "10.9.0.5"] as never },
      "10.9.0.6/29",
    ],
    ["is the one that was asked for", small, { wanted: "10.9.0.4", before: "10.9.0.5/29" }, "10.9.0.4/29"],
    ["lies in the range", network("10.9.0.0/24", "10.9.0.128/25"), {}, "10.9.0.128/24"],
    [
      "may be asked for outside of the range",
      network("10.9.0.0/24", "10.9.0.128/25"),
      { wanted: "10.9.0.7" },
      "10.9.0.7/24",
    ],
  ];
  for (const [name, on, wish, address] of rows)
    it(name, () => assert.equal(chooseAddress(on, 4, { ...NOTHING, ...wish }), address));

  it("is none of a family that the network has not", () => assert.equal(chooseAddress(small, 6, NOTHING), ""));

  const refusals: readonly (readonly [string, object, RegExp])[] = [
    ["outside", { wanted: "10.8.0.4" }, /^no configured subnet of network front contains IP address 10\.8\.0\.4$/],
    ["the gateway's", { wanted: "10.9.0.1" }, /^Address already in use: 10\.9\.0\.1 on network front$/],
    ["another's", { wanted: "10.9.0.4", used: ["10.9.0.4/29"] }, /^Address already in use/],
    ["of a full network", { used: [2, 3, 4, 5, 6].map((last) => `10.9.0.${last}`) }, /network front: it is full$/],
  ];
  for (const [name, wish, message] of refusals)
    it(`is refused: ${name}`, () => assert.throws(() => chooseAddress(small, 4, { ...NOTHING, ...wish }), { message }));
});
