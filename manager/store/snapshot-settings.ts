import { DEFAULT_SNAPSHOT_SETTINGS, type SnapshotSettings } from "../../raft/node/node-options.ts";
import type { ReadView } from "./store-types.ts";

/** When Raft cuts the log, as the cluster's settings say. Before they have arrived here, the defaults hold. */
export function snapshotSettingsOf(view: ReadView): SnapshotSettings {
  const spec = view.all("cluster")[0]?.spec;
  if (spec === undefined) return DEFAULT_SNAPSHOT_SETTINGS;
  return { interval: spec.snapshotInterval, keepEntries: spec.logEntriesForSlowFollowers };
}
