/** The packet rules of a task's own namespace as text; UPDATE_GOLDEN=1 rewrites the files. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { renderTaskDns } from "../../../worker/network/task-dns-rules.ts";

describe("packet rules that lead a task to its DNS server", () => {
  for (const [name, mayHaveRules] of [
    ["task-dns", false],
    ["task-dns-beside-own-rules", true],
  ] as const)
    it(`are as reviewed for ${name}`, () => {
      const file = join(import.meta.dirname, `${name}.nft`);
      const text = renderTaskDns({ gateway: "172.31.240.1", mayHaveRules });
      if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, text);
      assert.equal(text, readFileSync(file, "utf8"));
    });
});
