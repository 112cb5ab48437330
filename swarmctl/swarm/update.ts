import { mustHave } from "../../shared/invariant.ts";
import { SPEC_LIMITS } from "../../shared/objects/limits.ts";
import type { ClusterSpec } from "../../shared/rpc/gen/objects.ts";
import { ON_OFF, STRATEGIES } from "../../shared/service-spec/strategies.ts";
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

const WORDS = Object.fromEntries(STRATEGIES.map((word) => [word, word]));

/** The settings that were given, and nothing else. */
function changeOf(flags: Flags<OptionName<typeof UPDATE_OPTIONS>>): Partial<ClusterSpec> {
  const most = SPEC_LIMITS.attempts.max;
  const given: { readonly [Key in keyof ClusterSpec]?: ClusterSpec[Key] | undefined } = {
    nodeCertExpiryMs: flags.durationMs("certExpiry"),
    heartbeatPeriodMs: flags.durationMs("dispatcherHeartbeat"),
    disconnectGraceMs: flags.durationMs("disconnectGrace"),
    placementStrategy: flags.choice("placementStrategy", WORDS),
    preemption: flags.choice("preemption", ON_OFF),
    snapshotInterval: flags.whole("snapshotInterval", { min: 1, max: SPEC_LIMITS.logEntries.max }),
    taskHistoryRetentionLimit: flags.whole("taskHistoryLimit", { min: -most, max: most }),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
