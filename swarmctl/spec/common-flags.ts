import { mustHave } from "../../shared/invariant.ts";
import type {
  ContainerSpec,
  Healthcheck,
  Resources,
  RestartPolicy,
  ServiceSpec,
  TaskSpec,
  UpdateConfig,
} from "../../shared/rpc/gen/objects.ts";
import type { Flags } from "../flags.ts";
import { parseSecurityOptions } from "../parse/security.ts";
import { usageError } from "../parse/usage.ts";
import { splitWords } from "../parse/words.ts";

const NO_RESOURCES: Resources = { nanoCpus: 0, memoryBytes: 0, pids: 0 };
const DEFAULT_RESTART: RestartPolicy = { condition: "ANY", maxAttempts: 0, windowMs: 0 };
const DEFAULT_UPDATE: UpdateConfig = {
  parallelism: 1,
  delayMs: 0,
  monitorMs: 5_000,
  failureAction: "PAUSE",
  maxFailureRatio: 0,
  order: "STOP_FIRST",
};
const NO_HEALTHCHECK: Healthcheck = { test: [], intervalMs: 0, timeoutMs: 0, retries: 0, startPeriodMs: 0 };

export function emptyContainer(image: string): ContainerSpec {
  return {
    image,
    labels: {},
    command: [],
    args: [],
    env: [],
    dir: "",
    user: "",
    hostname: "",
    mounts: [],
    stopSignal: "",
    readOnly: false,
    tty: false,
    init: false,
    healthcheck: null,
    capabilityAdd: [],
    capabilityDrop: [],
    ulimits: [],
  };
}

export function emptyTask(container: ContainerSpec): TaskSpec {
  return {
    container,
    limits: null,
    reservations: null,
    restart: null,
    placement: null,
    forceUpdate: 0,
    networks: [],
  };
}

/**
 * The spec with the options changed that mean the same on create and update. What is not given stays as it is.
 * @throws SwarmError invalidArgument.
 */
export function applyCommonFlags(spec: ServiceSpec, flags: Flags): ServiceSpec {
  const task = mustHave(spec.task, "the task of a service spec");
  return {
    ...withReplicas(spec, flags),
    update: updateConfig(spec.update, flags),
    endpoint: {
      mode: flags.choice("endpointMode", { vip: "VIP", dnsrr: "DNSRR" } as const) ?? spec.endpoint?.mode ?? "VIP",
      ports: spec.endpoint?.ports ?? [],
    },
    task: {
      ...task,
      container: container(mustHave(task.container, "the container of a task spec"), flags),
      limits: resources(task.limits, flags, "limit"),
      reservations: resources(task.reservations, flags, "reserve"),
      restart: restart(task.restart, flags),
      placement: {
        constraints: task.placement?.constraints ?? [],
        platforms: task.placement?.platforms ?? [],
        maxReplicas: flags.whole("replicasMaxPerNode") ?? task.placement?.maxReplicas ?? 0,
      },
    },
  };
}

function withReplicas(spec: ServiceSpec, flags: Flags): ServiceSpec {
  const replicas = flags.whole("replicas");
  if (replicas === undefined) return spec;
  if (spec.mode !== "replicated") throw usageError("--replicas goes only with a replicated service");
  return { ...spec, replicated: { replicas } };
}

function resources(current: Resources | null, flags: Flags, prefix: "limit" | "reserve"): Resources | null {
  const names = [`${prefix}Cpu`, `${prefix}Memory`, `${prefix}Pids`] as const;
  if (!flags.has(...names)) return current;
  const before = current ?? NO_RESOURCES;
  return {
    nanoCpus: flags.cpus(names[0]) ?? before.nanoCpus,
    memoryBytes: flags.bytes(names[1]) ?? before.memoryBytes,
    pids: flags.whole(names[2]) ?? before.pids,
  };
}

function restart(current: RestartPolicy | null, flags: Flags): RestartPolicy | null {
  if (!flags.has("restartCondition", "restartDelay", "restartMaxAttempts", "restartWindow")) return current;
  const before = current ?? DEFAULT_RESTART;
  const delayMs = flags.durationMs("restartDelay");
  return {
    ...before,
    condition:
      flags.choice("restartCondition", { any: "ANY", "on-failure": "ON_FAILURE", none: "NONE" } as const) ??
      before.condition,
    maxAttempts: flags.whole("restartMaxAttempts") ?? before.maxAttempts,
    windowMs: flags.durationMs("restartWindow") ?? before.windowMs,
    ...(delayMs === undefined ? {} : { delayMs, _delayMs: "delayMs" as const }),
  };
}

function updateConfig(current: UpdateConfig | null, flags: Flags): UpdateConfig | null {
  const names = ["Parallelism", "Delay", "Monitor", "FailureAction", "MaxFailureRatio", "Order"];
  if (!flags.has(...names.map((name) => `update${name}`))) return current;
  const before = current ?? DEFAULT_UPDATE;
  return {
    parallelism: flags.whole("updateParallelism") ?? before.parallelism,
    delayMs: flags.durationMs("updateDelay") ?? before.delayMs,
    monitorMs: flags.durationMs("updateMonitor") ?? before.monitorMs,
    failureAction:
      flags.choice("updateFailureAction", { pause: "PAUSE", continue: "CONTINUE", rollback: "ROLLBACK" } as const) ??
      before.failureAction,
    maxFailureRatio: flags.ratio("updateMaxFailureRatio") ?? before.maxFailureRatio,
    order:
      flags.choice("updateOrder", { "start-first": "START_FIRST", "stop-first": "STOP_FIRST" } as const) ??
      before.order,
  };
}

function container(current: ContainerSpec, flags: Flags): ContainerSpec {
  const entrypoint = flags.text("entrypoint");
  const security = parseSecurityOptions(flags.list("securityOpt"));
  const graceMs = flags.durationMs("stopGracePeriod");
  return {
    ...current,
    command: entrypoint === undefined ? current.command : splitWords(entrypoint, "--entrypoint"),
    dir: flags.text("workdir") ?? current.dir,
    user: flags.text("user") ?? current.user,
    hostname: flags.text("hostname") ?? current.hostname,
    stopSignal: flags.text("stopSignal") ?? current.stopSignal,
    ...(graceMs === undefined ? {} : { stopGracePeriodMs: graceMs, _stopGracePeriodMs: "stopGracePeriodMs" as const }),
    readOnly: flags.is("readOnly") || current.readOnly,
    tty: flags.is("tty") || current.tty,
    init: flags.is("init") || current.init,
    healthcheck: healthcheck(current.healthcheck, flags),
    capabilityAdd: union(current.capabilityAdd, flags.list("capAdd")),
    capabilityDrop: union(current.capabilityDrop, flags.list("capDrop")),
    ...(security === null ? {} : { noNewPrivileges: security.noNewPrivileges }),
  };
}

function healthcheck(current: Healthcheck | null, flags: Flags): Healthcheck | null {
  const names = ["healthCmd", "healthInterval", "healthTimeout", "healthRetries", "healthStartPeriod"];
  if (flags.is("noHealthcheck")) {
    if (flags.has(...names)) throw usageError("--no-healthcheck conflicts with the --health-* options");
    return { ...NO_HEALTHCHECK, test: ["NONE"] };
  }
  if (!flags.has(...names)) return current;
  const before = current ?? NO_HEALTHCHECK;
  const command = flags.text("healthCmd");
  return {
    test: command === undefined ? before.test : ["CMD-SHELL", command],
    intervalMs: flags.durationMs("healthInterval") ?? before.intervalMs,
    timeoutMs: flags.durationMs("healthTimeout") ?? before.timeoutMs,
    retries: flags.whole("healthRetries") ?? before.retries,
    startPeriodMs: flags.durationMs("healthStartPeriod") ?? before.startPeriodMs,
  };
}

function union(before: readonly string[], added: readonly string[]): string[] {
  return [...new Set([...before, ...added])];
}
