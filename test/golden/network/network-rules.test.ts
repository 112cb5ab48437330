/** The packet rules of a user network's namespace as text; UPDATE_GOLDEN=1 rewrites the files. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { NodeId } from "../../../shared/ids.ts";
import { renderTable, renderTableChange } from "../../../worker/network/rule-table.ts";
import { type NetworkRules, networkRules } from "../../../worker/network/user-network/network-rules.ts";
import { type NetworkView, readNetwork } from "../../../worker/network/user-network/network-view.ts";
import type { Turns } from "../../../worker/network/user-network/service-rules.ts";
import {
  localTask,
  type UserTableOptions,
  userEndpoint,
  userService,
  userTable,
  wireId,
} from "../../support/user-network-objects.ts";

const web = [userEndpoint("web1", "web", 1, 4), userEndpoint("web2", "web", 2, 5), userEndpoint("web3", "web", 3, 6)];
const database = userEndpoint("db1", "db", 1, 7);
const services = [userService("web", 130), userService("db", 131, { stickySeconds: 600 })];

function rulesOf(options: UserTableOptions, before: Turns = new Map()): NetworkRules {
  const view = readNetwork(userTable(options), wireId("node1") as NodeId) as NetworkView;
  const here = (options.endpoints ?? []).filter(({ nodeId }) => nodeId === wireId("node1"));
  return networkRules(view, here.map(localTask), before);
}

const scenarios: Record<string, UserTableOptions> = {
  "network-alone": { hosts: 1 },
  "network-services": { endpoints: [...web, database], services: [...services, userService("empty", 132)] },
  "network-ipv4": {
    blocks: [{ cidr: "10.5.0.0/24", gateway: "10.5.0.1" }],
    endpoints: web.map((endpoint) => ({ ...endpoint, address6: "" })),
    services: [userService("web", 130, { virtualIp6: "" })],
  },
};

describe("packet rules of a user network", () => {
  for (const [name, options] of Object.entries(scenarios))
    it(`are as reviewed for ${name}`, () => {
      const file = join(import.meta.dirname, `${name}.nft`);
      const text = renderTable(rulesOf(options).table);
      if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, text);
      assert.equal(text, readFileSync(file, "utf8"));
    });

  const before = rulesOf({ endpoints: [...web, database], services });
  const changeTo = (options: UserTableOptions): readonly string[] => {
    const after = rulesOf(options, before.turns);
    return (renderTableChange(before.table, after.table) ?? "null").trimEnd().split("\n");
  };

  it("change by the elements of one task when a task of another host is gone", () => {
    assert.deepEqual(
      changeTo({ endpoints: [web[0], web[1], database].filter((line) => line !== undefined), services }),
      [
        ...["4", "6"].flatMap((suffix) => [
          `flush chain inet swarm turn${suffix}_web0000000000000000000000`,
          `add rule inet swarm turn${suffix}_web0000000000000000000000 meta mark set numgen inc mod 2`,
          `add rule inet swarm turn${suffix}_web0000000000000000000000 dnat ip${suffix === "6" ? "6" : ""} to ` +
            `ip${suffix === "6" ? "6" : ""} daddr . meta mark map @backends${suffix}`,
        ]),
        "delete element inet swarm peers4 { 0a:c1:b9:ff:2d:17 . 10.5.0.6 }",
        "delete element inet swarm reach4 { 10.5.0.6 }",
        "delete element inet swarm peers6 { 0a:c1:b9:ff:2d:17 . fd00:5::6 }",
        "delete element inet swarm reach6 { fd00:5::6 }",
        "delete element inet swarm backends4 { 10.5.0.130 . 2 : 10.5.0.6 }",
        "delete element inet swarm backends6 { fd00:5::130 . 2 : fd00:5::6 }",
      ],
    );
  });

  it("keep a task that drains within reach, and take new connections from it by elements", () => {
    const draining = web.map((line, at) => (at === 0 ? { ...line, state: "DRAINING" as const } : line));
    const lines = changeTo({ endpoints: [...draining, database], services });
    assert.deepEqual(
      lines.filter((line) => line.includes("element")),
      [
        "delete element inet swarm backends4 { 10.5.0.130 . 0 : 10.5.0.4, 10.5.0.130 . 2 : 10.5.0.6 }",
        "add element inet swarm backends4 { 10.5.0.130 . 0 : 10.5.0.6 }",
        "delete element inet swarm backends6 { fd00:5::130 . 0 : fd00:5::4, fd00:5::130 . 2 : fd00:5::6 }",
        "add element inet swarm backends6 { fd00:5::130 . 0 : fd00:5::6 }",
      ],
    );
  });

  it("change by one chain and its elements when a service comes, and the other way when it goes", () => {
    const more = rulesOf({ endpoints: [...web, database], services: [...services, userService("db", 133)] });
    assert.deepEqual(
      (renderTableChange(more.table, before.table) ?? "null").trimEnd().split("\n").slice(-2),
      [
        "delete element inet swarm services6 { fd00:5::133 : goto turn6_db00000000000000000000000 }",
        "delete element inet swarm backends6 { fd00:5::133 . 0 : fd00:5::7 }",
      ].toReversed(),
    );
  });

  it("do not change when nothing did", () => {
    assert.deepEqual(changeTo({ endpoints: [...web, database], services }), [""]);
  });

  it("deal at random in shared chains beyond the number of services that have one of their own", () => {
    const many = Array.from({ length: 200 }, (_, at) => userService(`s${at}x`, at, {}));
    const endpoints = many.map(({ serviceId }, at) => userEndpoint(`t${at}x`, serviceId, 2, at));
    const chains = rulesOf({ endpoints, services: many }).table.chains;
    const dealing = chains.filter(({ rules: [first = ""] }) => first.includes("numgen"));
    assert.deepEqual(
      dealing.map(({ name, rules }) => [name, rules[0]]),
      [
        ["any4_1", "meta mark set numgen random mod 1"],
        ["any6_1", "meta mark set numgen random mod 1"],
      ],
    );
  });
});
