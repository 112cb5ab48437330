import assert from "node:assert/strict";
import { test } from "node:test";
import { snapshotSettingsOf } from "../../../../manager/store/snapshot-settings.ts";
import { Tables } from "../../../../manager/store/tables.ts";
import { DEFAULT_SNAPSHOT_SETTINGS } from "../../../../raft/node/node-options.ts";
import { createCluster, createClusterSpec } from "../../../support/objects.ts";

test("Raft cuts its log as the cluster's settings say, and by default before they have arrived", () => {
  const tables = new Tables();
  assert.deepEqual(snapshotSettingsOf(tables), DEFAULT_SNAPSHOT_SETTINGS);
  const spec = createClusterSpec({ snapshotInterval: 77, logEntriesForSlowFollowers: 0 });
  tables.put("cluster", createCluster({ spec }));
  assert.deepEqual(snapshotSettingsOf(tables), { interval: 77, keepEntries: 0 });
});
