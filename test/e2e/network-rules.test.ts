import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { NodeId } from "../../shared/ids.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { renderTable, renderTableChange } from "../../worker/network/rule-table.ts";
import { type NetworkRules, networkRules } from "../../worker/network/user-network/network-rules.ts";
import { type NetworkView, readNetwork } from "../../worker/network/user-network/network-view.ts";
import type { Turns } from "../../worker/network/user-network/service-rules.ts";
import { localTask, userEndpoint, userService, userTable, wireId } from "../support/user-network-objects.ts";

const SELF = wireId("node1");

function rulesOf(table: NetworkTable, before: Turns): NetworkRules {
  const view = readNetwork(table, SELF as NodeId) as NetworkView;
  const here = table.endpoints.filter(({ nodeId }) => nodeId === SELF);
  return networkRules(view, here.map(localTask), before);
}

/** What the kernel shows after the text, in an order of its own. */
function shown(text: string): readonly string[] {
  const argv = ["--net", "sh", "-c", "nft -f - && nft list table inet swarm"];
  const lines = execFileSync("unshare", argv, { input: text, encoding: "utf8" }).split("\n");
  return lines.map((line) => line.replace(/elements = \{|[},\t]/g, "").trim()).sort();
}

const table = fc
  .record({
    states: fc.array(fc.constantFrom("READY", "PENDING", "DRAINING", null), { minLength: 8, maxLength: 8 }),
    sticky: fc.constantFrom(0, 0, 60, 600),
    services: fc.subarray(["web", "db"]),
  })
  .map(({ states, sticky, services }) =>
    userTable({
      endpoints: states.flatMap((state, at) =>
        state === null ? [] : [userEndpoint(`task${at}`, at % 2 === 0 ? "web" : "db", (at % 3) + 1, at + 4, { state })],
      ),
      services: services.map((name) =>
        userService(name, name === "web" ? 130 : 131, { stickySeconds: name === "db" ? sticky : 0 }),
      ),
    }),
  );

describe("packet rules of a user network in the kernel", () => {
  it("are the same whether they were loaded whole or changed step by step", () => {
    fc.assert(
      fc.property(fc.array(table, { minLength: 2, maxLength: 6 }), ([first, ...rest]) => {
        let last = rulesOf(first as NetworkTable, new Map());
        const texts = [renderTable(last.table)];
        for (const next of rest) {
          const rules = rulesOf(next, last.turns);
          const change = renderTableChange(last.table, rules.table);
          assert.ok(change !== null);
          texts.push(change);
          last = rules;
        }
        assert.deepEqual(shown(texts.join("")), shown(renderTable(last.table)));
      }),
      { numRuns: 15, seed: 11 },
    );
  });
});
