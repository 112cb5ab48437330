import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Level } from "level";
import type { ClusterId, NodeId } from "../../../../shared/ids.ts";
import { exitCodes, FatalError } from "../../../../swarmd/exit-codes.ts";
import type { NodeRecord } from "../../../../swarmd/node-record.ts";
import { NodeDatabase } from "../../../../swarmd/ports/node-database.ts";
import { testId } from "../../../support/objects.ts";

const RECORD: NodeRecord = {
  format: 1,
  nodeId: testId<NodeId>("n1"),
  clusterId: testId<ClusterId>("c1"),
  role: "WORKER",
  advertiseAddress: "10.77.0.1:2377",
  listenAddress: "0.0.0.0:2377",
  dataPathAddress: "10.77.0.1",
  managers: ["10.77.0.2:2377"],
};
const { managers: _managers, ...WITHOUT_MANAGERS } = RECORD;

/** What a daemon loads from a node database that holds `text`. */
async function loaded(text: string): Promise<NodeRecord | null> {
  const directory = await mkdtemp(join(tmpdir(), "node-db-"));
  try {
    const db = new Level<string, string>(join(directory, "node"));
    await db.put("record", text);
    await db.close();
    await using database = await NodeDatabase.open(directory);
    return await database.load();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

test("the record is loaded as it was written", async () => {
  assert.deepEqual(await loaded(JSON.stringify(RECORD)), RECORD);
});

// Without it nobody knows which node this host is: no part of the daemon could go on.
for (const [text, says] of [
  ["{", /damaged: not JSON; restore the data directory/],
  ["null", /has format undefined/],
  [JSON.stringify({ ...RECORD, format: 2 }), /has format 2, this swarmd understands 1; use the newer swarmd/],
  [JSON.stringify(WITHOUT_MANAGERS), /damaged: it has no managers/],
] as const) {
  test(`the node's own record ends the daemon as a fault of the data directory when it reads ${text.slice(0, 30)}`, async () => {
    await assert.rejects(loaded(text), (error: unknown) => {
      assert.ok(error instanceof FatalError, String(error));
      assert.match(error.message, says);
      return error.exitCode === exitCodes.dataDir;
    });
  });
}
