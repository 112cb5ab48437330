import { mustHave } from "../../shared/invariant.ts";
import { SPEC_LIMITS } from "../../shared/objects/limits.ts";
import type { ClusterSpec } from "../../shared/rpc/gen/objects.ts";
import type { Run } from "../cli.ts";
import type { Flags } from "../flags.ts";
import type { OptionName } from "../option-spec.ts";
import { usageError } from "../parse/usage.ts";
import { againIfOutrun } from "../write-again.ts";
import type { UPDATE_OPTIONS } from "./options.ts";

export const run: Run<typeof UPDATE_OPTIONS> = async (cli, _args, flags) => {
  const change = changeOf(flags);
  if (Object.keys(change).length === 0) {
    throw usageError("nothing to change: give one of the settings that `swarmctl update --help` lists");
  }
  const control = await cli.api.control();
  await againIfOutrun(async () => {
    const { cluster } = await control.getCluster({}, { signal: cli.signal });
    const { meta, spec: before } = mustHave(cluster, "the cluster of the answer");
    const spec = { ...mustHave(before, "the cluster's spec"), ...change };
    await control.updateCluster({ spec, version: meta?.version ?? 0 }, { signal: cli.signal });
  });
  cli.output.line("Swarm updated.");
};

/** The settings that were given, and nothing else. */
function changeOf(flags: Flags<OptionName<typeof UPDATE_OPTIONS>>): Partial<ClusterSpec> {
  const most = SPEC_LIMITS.attempts.max;
  const given: Partial<Record<keyof ClusterSpec, number | undefined>> = {
    nodeCertExpiryMs: flags.durationMs("certExpiry"),
    heartbeatPeriodMs: flags.durationMs("dispatcherHeartbeat"),
    disconnectGraceMs: flags.durationMs("disconnectGrace"),
    snapshotInterval: flags.whole("snapshotInterval", { min: 1, max: SPEC_LIMITS.logEntries.max }),
    taskHistoryRetentionLimit: flags.whole("taskHistoryLimit", { min: -most, max: most }),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
