/** The packet rules as text; UPDATE_GOLDEN=1 rewrites the files, whose difference is then reviewed. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type RuleSet, renderNft } from "../../../worker/network/render-nft.ts";

const egress = { subnet: "172.31.240.0/20", gateway: "172.31.240.1" };
const ingress = { device: "sw-vx4096", subnet: "10.0.0.0/24", address: "10.0.0.2" };
const entries = [
  { mac: "02:42:0a:00:00:04", zone: 4, address: "10.0.0.4" },
  { mac: "02:42:0a:00:00:03", zone: 3, address: "10.0.0.3" },
];

const scenarios: Readonly<Record<string, RuleSet>> = {
  "no-network": { ingress: null, egress, ports: [] },
  "single-host": { ingress: { ...ingress, entries: [] }, egress, ports: [] },
  mesh: {
    ingress: { ...ingress, entries },
    egress,
    ports: [
      { protocol: "sctp", port: 36412, backends: [{ address: "10.0.0.9", port: 36412 }] },
      { protocol: "tcp", port: 80, backends: ["10.0.0.5", "10.0.0.6"].map((address) => ({ address, port: 8080 })) },
      { protocol: "tcp", port: 443, backends: [] },
      { protocol: "udp", port: 53, backends: [{ address: "10.0.0.7", port: 5353 }] },
      { protocol: "udp", port: 123, backends: [] },
    ],
  },
};

describe("packet rules", () => {
  for (const [name, rules] of Object.entries(scenarios))
    it(`are as reviewed for ${name}`, () => {
      const file = join(import.meta.dirname, `${name}.nft`);
      const text = renderNft(rules);
      if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, text);
      assert.equal(text, readFileSync(file, "utf8"));
    });
});
