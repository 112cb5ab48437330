import { DEFAULT_SNAPSHOT_SETTINGS, type SnapshotSettings } from "../../raft/node/node-options.ts";
import type { ReadView } from "./store-types.ts";

/** When Raft cuts the log, according to the cluster's settings. Until they have arrived here, the defaults apply. */
export function snapshotSettingsOf(view: ReadView): SnapshotSettings {
  const spec = view.all("cluster")[0]?.spec;
  if (spec === undefined) return DEFAULT_SNAPSHOT_SETTINGS;
  return { interval: spec.snapshotInterval, keepEntries: spec.logEntriesForSlowFollowers };
}
