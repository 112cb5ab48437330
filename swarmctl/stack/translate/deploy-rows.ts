import type { RolloutConfig } from "../../../shared/compose/deploy.ts";
import type { ComposeService, RestartWord } from "../../../shared/compose/service.ts";
import { labelsOf } from "../../../shared/objects/labels.ts";
import type { RestartPolicy } from "../../../shared/rpc/gen/objects.ts";
import { IMAGE_LABEL, STACK_LABEL } from "../names.ts";
import { attachmentsOf } from "./attachments.ts";
import { choice } from "./choice.ts";
import { type FieldRow, type Reading, row, wholeMs } from "./field-row.ts";
import { constraintsOf } from "./placement.ts";
import { portsOf } from "./ports.ts";
import { limitCpus, limitMemory, limitPids, reserveMemory, swapBytes, toNano } from "./resources.ts";

/** How the swarm runs a service: where, how many, what follows an end, how it is reached. */
export const DEPLOY_ROWS: readonly FieldRow[] = [
  row("deploy.labels", "annotations.labels", ({ deploy, image }, { stack }) =>
    labelsOf([
      ...(deploy?.labels ?? []),
      [STACK_LABEL, stack],
      ...(image === null ? [] : [[IMAGE_LABEL, image] as const]),
    ]),
  ),
  row("deploy.placement.constraints", "task.placement.constraints", constraintsOf),
  row("deploy.placement.preferences", "task.placement.spread", ({ deploy }) => deploy?.placement?.spread),
  row(
    "deploy.placement.max_replicas_per_node",
    "task.placement.maxReplicas",
    ({ deploy }) => deploy?.placement?.maxReplicasPerNode,
  ),
  ...rollout("update", "update_config", ({ deploy }) => deploy?.updateConfig),
  ...rollout("rollback", "rollback_config", ({ deploy }) => deploy?.rollbackConfig),
  row("deploy.resources.limits.cpus", "task.limits.nanoCpus", limitCpus),
  row("deploy.resources.limits.memory", "task.limits.memoryBytes", limitMemory),
  row("deploy.resources.limits.pids", "task.limits.pids", limitPids),
  row("deploy.resources.reservations.cpus", "task.reservations.nanoCpus", ({ deploy }) =>
    toNano(deploy?.reservations?.cpus),
  ),
  row("deploy.resources.reservations.memory", "task.reservations.memoryBytes", reserveMemory),
  row("deploy.resources.reservations.generic_resources", "task.reservations.generic", ({ deploy }) =>
    deploy?.reservations?.genericResources.map(({ kind, value }) => ({ kind, value, names: [] })),
  ),
  row("memswap_limit", "task.swapBytes", (_service, reading) => swapBytes(reading)),
  row("mem_swappiness", "task.memorySwappiness", ({ memSwappiness }) => memSwappiness),
  row("cpu_shares", "task.controls.cpuShares", ({ cpuShares }) => cpuShares),
  row("cpu_period", "task.controls.cpuPeriodUs", ({ cpuPeriodUs }) => cpuPeriodUs),
  row("cpu_quota", "task.controls.cpuQuotaUs", ({ cpuQuotaUs }) => cpuQuotaUs),
  row("cpu_rt_period", "task.controls.cpuRtPeriodUs", ({ cpuRtPeriodUs }) => cpuRtPeriodUs),
  row("cpu_rt_runtime", "task.controls.cpuRtRuntimeUs", ({ cpuRtRuntimeUs }) => cpuRtRuntimeUs),
  row("cpuset", "task.controls.cpusetCpus", ({ cpuset }) => cpuset),
  row("oom_kill_disable", "task.controls.oomKillDisable", ({ oomKillDisable }) => oomKillDisable),
  row("blkio_config", "task.controls.blkioWeight", ({ blkioConfig }) => blkioConfig?.weight),
  row("blkio_config", "task.controls.blkioWeightDevices", ({ blkioConfig }) =>
    blkioConfig?.weightDevices.map(({ path, weight }) => ({ path, rate: weight })),
  ),
  row("blkio_config", "task.controls.readBps", ({ blkioConfig }) => blkioConfig?.deviceReadBps),
  row("blkio_config", "task.controls.writeBps", ({ blkioConfig }) => blkioConfig?.deviceWriteBps),
  row("blkio_config", "task.controls.readIops", ({ blkioConfig }) => blkioConfig?.deviceReadIops),
  row("blkio_config", "task.controls.writeIops", ({ blkioConfig }) => blkioConfig?.deviceWriteIops),
  row("deploy.restart_policy", "task.restart", restartOf),
  row("logging", "task.logDriver", ({ logging }) =>
    logging === null ? null : { name: logging.driver ?? "", options: labelsOf(logging.options) },
  ),
  row("networks", "task.networks", (_service, reading) => attachmentsOf(reading)),
  row("deploy.endpoint_mode", "endpoint.mode", ({ deploy }) => {
    const mode = deploy?.endpointMode ?? null;
    return mode === null ? null : choice("endpoint.mode", mode);
  }),
  row("ports", "endpoint.ports", (_service, reading) => portsOf(reading)),
];

function rollout(
  part: "update" | "rollback",
  key: string,
  of: (service: ComposeService) => RolloutConfig | null | undefined,
): readonly FieldRow[] {
  const at = (name: string) => `deploy.${key}.${name}`;
  return [
    row(at("parallelism"), `${part}.parallelism`, (service) => of(service)?.parallelism ?? (of(service) ? 1 : null)),
    row(at("delay"), `${part}.delayMs`, (service) => wholeMs(of(service)?.delayMs)),
    row(at("monitor"), `${part}.monitorMs`, (service) => wholeMs(of(service)?.monitorMs)),
    row(at("max_failure_ratio"), `${part}.maxFailureRatio`, (service) => of(service)?.maxFailureRatio),
    row(at("failure_action"), `${part}.failureAction`, (service) => {
      const word = of(service)?.failureAction ?? null;
      return word === null ? null : choice(`${part}.failureAction`, word);
    }),
    row(at("order"), `${part}.order`, (service) => {
      const word = of(service)?.order ?? null;
      return word === null ? null : choice(`${part}.order`, word);
    }),
  ];
}

/** `deploy.restart_policy`, or what `restart` says where there is none. */
function restartOf({ deploy, restart }: ComposeService, { notes, path }: Reading): RestartPolicy | null {
  const policy = deploy?.restartPolicy ?? null;
  if (policy === null) return restart === null ? null : restartWord(restart);
  if (restart !== null) {
    notes.wrong(
      [...path, "restart"],
      "restart and deploy.restart_policy say the same in two ways: give only one of them",
    );
  }
  const { condition, delayMs, maxAttempts, windowMs } = policy;
  const base = {
    condition: choice<RestartPolicy["condition"]>("task.restart.condition", condition ?? "any"),
    maxAttempts: maxAttempts ?? 0,
    windowMs: wholeMs(windowMs) ?? 0,
  };
  return delayMs === null ? base : { ...base, delayMs: wholeMs(delayMs) ?? 0 };
}

function restartWord(restart: RestartWord): RestartPolicy {
  const policy = { condition: "ANY" as const, maxAttempts: 0, windowMs: 0 };
  switch (restart.kind) {
    case "no":
      return { ...policy, condition: "NONE" };
    case "on-failure":
      return { ...policy, condition: "ON_FAILURE", maxAttempts: restart.maxRetries ?? 0 };
    default:
      return policy;
  }
}
