import assert from "node:assert/strict";
import { test } from "node:test";
import { restingRow, STATS_COLUMNS } from "../../../../swarmctl/stream/stats-row.ts";

test("a container that does not run uses nothing, in the words of those that do", () => {
  const row = restingRow("ab12", "web", "host1");
  const cells = STATS_COLUMNS.map(({ cell }) => cell(row));
  assert.deepEqual(cells, ["ab12", "web", "host1", "0.00%", "0B / 0B", "0.00%", "0B / 0B", "0B / 0B", "0"]);
});
