import type { ContainerSpec, Healthcheck, Mount, Resources, RestartPolicy, TaskSpec } from "../rpc/gen/objects.ts";
import { type DockerJson, dashed, toNanos, unlessEmpty } from "./common.ts";

/** Docker's defaults, which `inspect` fills in where the spec says nothing (insertDefaults=true). */
const STOP_GRACE_PERIOD_MS = 10_000;
const RESTART_DELAY_MS = 5_000;
/** What a delay that nobody chose grows to while tasks end quickly. */
const RESTART_DELAY_MS_MAX = 60_000;

/** A task spec as the `TaskTemplate` of a service or the `Spec` of a task. */
export function toDockerTaskSpec(spec: TaskSpec): DockerJson {
  return {
    ...(spec.container === null ? {} : { ContainerSpec: containerSpec(spec.container) }),
    Resources: {
      Limits: resources(spec.limits),
      Reservations: resources(spec.reservations),
    },
    RestartPolicy: restartPolicy(spec.restart),
    Placement: {
      ...unlessEmpty("Constraints", spec.placement?.constraints),
      ...unlessEmpty("MaxReplicas", spec.placement?.maxReplicas),
      ...unlessEmpty(
        "Platforms",
        spec.placement?.platforms.map(({ architecture, os }) => ({
          ...unlessEmpty("Architecture", architecture),
          OS: os,
        })),
      ),
    },
    ...unlessEmpty(
      "Networks",
      spec.networks.map(({ target, aliases }) => ({ Target: target, ...unlessEmpty("Aliases", aliases) })),
    ),
    ForceUpdate: spec.forceUpdate,
    Runtime: "container",
  };
}

function containerSpec(spec: ContainerSpec): DockerJson {
  return {
    Image: spec.image,
    ...unlessEmpty("Labels", spec.labels),
    ...unlessEmpty("Command", spec.command),
    ...unlessEmpty("Args", spec.args),
    ...unlessEmpty("Hostname", spec.hostname),
    ...unlessEmpty("Env", spec.env),
    ...unlessEmpty("Dir", spec.dir),
    ...unlessEmpty("User", spec.user),
    Init: spec.init,
    ...unlessEmpty("StopSignal", spec.stopSignal),
    StopGracePeriod: toNanos(spec.stopGracePeriodMs ?? STOP_GRACE_PERIOD_MS),
    ...unlessEmpty("TTY", spec.tty),
    ...unlessEmpty("ReadOnly", spec.readOnly),
    ...unlessEmpty("Mounts", spec.mounts.map(mount)),
    ...(spec.healthcheck === null ? {} : { Healthcheck: healthcheck(spec.healthcheck) }),
    DNSConfig: {},
    Isolation: "default",
    ...unlessEmpty("CapabilityAdd", spec.capabilityAdd),
    ...unlessEmpty("CapabilityDrop", spec.capabilityDrop),
    ...unlessEmpty(
      "Ulimits",
      spec.ulimits.map(({ name, soft, hard }) => ({ Name: name, Hard: hard, Soft: soft })),
    ),
    ...(spec.noNewPrivileges === undefined ? {} : { Privileges: { NoNewPrivileges: spec.noNewPrivileges } }),
  };
}

function mount(wire: Mount): DockerJson {
  return {
    Type: wire.type.toLowerCase(),
    ...unlessEmpty("Source", wire.source),
    Target: wire.target,
    ...unlessEmpty("ReadOnly", wire.readOnly),
    ...unlessEmpty("TmpfsOptions", {
      ...unlessEmpty("SizeBytes", wire.tmpfsSizeBytes),
      ...unlessEmpty("Mode", wire.tmpfsMode),
    }),
  };
}

function healthcheck(wire: Healthcheck): DockerJson {
  return {
    ...unlessEmpty("Test", wire.test),
    ...unlessEmpty("Interval", toNanos(wire.intervalMs)),
    ...unlessEmpty("Timeout", toNanos(wire.timeoutMs)),
    ...unlessEmpty("StartPeriod", toNanos(wire.startPeriodMs)),
    ...unlessEmpty("Retries", wire.retries),
  };
}

function resources(wire: Resources | null): DockerJson {
  return {
    ...unlessEmpty("NanoCPUs", wire?.nanoCpus),
    ...unlessEmpty("MemoryBytes", wire?.memoryBytes),
    ...unlessEmpty("Pids", wire?.pids),
  };
}

function restartPolicy(wire: RestartPolicy | null): DockerJson {
  return {
    Condition: dashed(wire?.condition ?? "ANY"),
    Delay: toNanos(wire?.delayMs ?? RESTART_DELAY_MS),
    // Not Docker's, where the delay is always the same.
    ...(growsDelay(wire) ? { MaxDelay: toNanos(RESTART_DELAY_MS_MAX) } : {}),
    MaxAttempts: wire?.maxAttempts ?? 0,
    ...unlessEmpty("Window", toNanos(wire?.windowMs ?? 0)),
  };
}

function growsDelay(wire: RestartPolicy | null): boolean {
  if (wire === null) return true;
  return wire.delayMs === undefined && (wire.maxAttempts === 0 || wire.windowMs === 0);
}
