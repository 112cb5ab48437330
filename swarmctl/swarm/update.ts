import { mustHave } from "../../shared/invariant.ts";
import { SPEC_LIMITS } from "../../shared/objects/limits.ts";
import type { ClusterSpec, RebalanceSettings } from "../../shared/rpc/gen/objects.ts";
import { ON_OFF, STRATEGIES } from "../../shared/service-spec/strategies.ts";
import type { Cli, Run } from "../cli.ts";
import type { Flags } from "../flags.ts";
import type { OptionName } from "../option-spec.ts";
import { usageError } from "../parse/usage.ts";
import { againIfOutrun } from "../write-again.ts";
import type { UPDATE_OPTIONS } from "./options.ts";
import { printUnlockKey, readUnlockKey } from "./unlock-words.ts";

export const run: Run<typeof UPDATE_OPTIONS> = async (cli, _args, flags) => {
  const change = settingsOf(flags);
  if (change === null) {
    throw usageError("nothing to change: give one of the settings that `swarmctl update --help` lists");
  }
  const { before, after } = await changeSettings(cli, change);
  cli.output.line("Swarm updated.");
  if (before.autoLockManagers || !after.autoLockManagers) return;
  printUnlockKey(cli, await readUnlockKey(cli));
};

/** From the settings of a swarm to those that it is to have. */
export type SettingsChange = (old: ClusterSpec) => ClusterSpec;

/** What the options ask for; null when none of them was given. @throws SwarmError invalidArgument */
export function settingsOf(flags: Flags<OptionName<typeof UPDATE_OPTIONS>>): SettingsChange | null {
  const change = changeOf(flags);
  // Here already, so that a wrong value is refused before anything is asked or made.
  changedRebalance(null, flags);
  if (Object.keys(change).length === 0 && !flags.has(...REBALANCE_FLAGS)) return null;
  return (old) => ({ ...old, ...change, rebalance: changedRebalance(old.rebalance, flags) });
}

export async function changeSettings(
  cli: Cli,
  change: SettingsChange,
): Promise<{ readonly before: ClusterSpec; readonly after: ClusterSpec }> {
  const control = await cli.api.control();
  return await againIfOutrun(async () => {
    const { cluster } = await control.getCluster({}, { signal: cli.signal });
    const { meta, spec } = mustHave(cluster, "the cluster of the answer");
    const before = mustHave(spec, "the cluster's spec");
    const after = change(before);
    await control.updateCluster({ spec: after, version: meta?.version ?? 0 }, { signal: cli.signal });
    return { before, after };
  });
}

const WORDS = Object.fromEntries(STRATEGIES.map((word) => [word, word]));

/** The settings that were given, and nothing else. */
function changeOf(flags: Flags<OptionName<typeof UPDATE_OPTIONS>>): Partial<ClusterSpec> {
  const most = SPEC_LIMITS.attempts.max;
  const given: { readonly [Key in keyof ClusterSpec]?: ClusterSpec[Key] | undefined } = {
    nodeCertExpiryMs: flags.durationMs("certExpiry"),
    heartbeatPeriodMs: flags.durationMs("dispatcherHeartbeat"),
    disconnectGraceMs: flags.durationMs("disconnectGrace"),
    placementStrategy: flags.choice("placementStrategy", WORDS),
    autoLockManagers: flags.switched("autolock"),
    preemption: flags.choice("preemption", ON_OFF),
    snapshotInterval: flags.whole("snapshotInterval", { min: 1, max: SPEC_LIMITS.logEntries.max }),
    taskHistoryRetentionLimit: flags.whole("taskHistoryLimit", { min: -most, max: most }),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

const REBALANCE_FLAGS = ["rebalance", "rebalanceParallelism", "rebalanceMinGain", "rebalanceCooldown"] as const;
/** 0 stands for the default, on the wire as well. */
const REBALANCE_UNSET: RebalanceSettings = { background: false, parallelism: 0, gainMin: 0, cooldownMs: 0 };

/** What is not given stays. */
function changedRebalance(
  old: RebalanceSettings | null,
  flags: Flags<OptionName<typeof UPDATE_OPTIONS>>,
): RebalanceSettings | null {
  if (!flags.has(...REBALANCE_FLAGS)) return old;
  const before = old ?? REBALANCE_UNSET;
  return {
    background: flags.choice("rebalance", { on: true, off: false }) ?? before.background,
    parallelism: flags.whole("rebalanceParallelism", { min: 1, max: 1_000 }) ?? before.parallelism,
    gainMin: flags.whole("rebalanceMinGain", { min: 1, max: SPEC_LIMITS.replicas.max }) ?? before.gainMin,
    cooldownMs: flags.durationMs("rebalanceCooldown") ?? before.cooldownMs,
  };
}
