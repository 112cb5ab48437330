/** `deploy` of a service: how a cluster runs it. */
export interface ComposeDeploy {
  readonly mode: DeployMode | null;
  readonly replicas: number | null;
  readonly endpointMode: "vip" | "dnsrr" | null;
  /** Of the service, not of its containers. */
  readonly labels: ReadonlyMap<string, string>;
  readonly updateConfig: RolloutConfig | null;
  readonly rollbackConfig: RolloutConfig | null;
  readonly limits: ResourceLimits | null;
  readonly reservations: ResourceReservations | null;
  readonly restartPolicy: DeployRestart | null;
  readonly placement: ComposePlacement | null;
  /** `x-swarm`: what this swarm has and Compose has no words for. */
  readonly swarm: SwarmExtension | null;
}

/** Of each what the flag of the same name of `service create` says. */
export interface SwarmExtension {
  /** `service!=NAME,topology=node.labels.zone,soft`, where NAME may be a key of the file. */
  readonly affinities: readonly string[];
  readonly priority: number | null;
  readonly strategy: "spread" | "binpack" | null;
  readonly maxUnavailable: string | null;
  readonly autoscale: string | null;
  readonly preDeploy: readonly string[] | null;
  readonly preDeployTimeoutMs: number | null;
  readonly updateCanary: string | null;
  readonly lostAfterMs: number | null;
  readonly onReturn: "keep-new" | "keep-original" | null;
  readonly stopAfterMs: number | null;
  readonly stickyMs: number | null;
  readonly maxConcurrent: number | null;
  readonly schedule: string | null;
  readonly timeZone: string | null;
  readonly concurrency: "allow" | "forbid" | "replace" | null;
  readonly startDeadlineMs: number | null;
  readonly history: number | null;
}

export type DeployMode = "replicated" | "global" | "replicated-job" | "global-job";

export interface RolloutConfig {
  /** 0 = all at once. */
  readonly parallelism: number | null;
  readonly delayMs: number | null;
  readonly failureAction: "continue" | "pause" | "rollback" | null;
  readonly monitorMs: number | null;
  /** 0..1. */
  readonly maxFailureRatio: number | null;
  readonly order: "start-first" | "stop-first" | null;
}

export interface ResourceLimits {
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
  readonly pids: number | null;
}

export interface ResourceReservations {
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
  readonly genericResources: readonly { readonly kind: string; readonly value: number }[];
  readonly devices: readonly DeviceWish[];
}

/** Devices by what they can do, as `gpus` and `deploy.resources.reservations.devices` ask for them. */
export interface DeviceWish {
  readonly capabilities: readonly string[];
  readonly driver: string | null;
  /** -1 = all; null = not said (with `deviceIds`, or one). */
  readonly count: number | null;
  readonly deviceIds: readonly string[];
  readonly options: ReadonlyMap<string, string>;
}

export interface DeployRestart {
  readonly condition: "none" | "on-failure" | "any" | null;
  readonly delayMs: number | null;
  readonly maxAttempts: number | null;
  readonly windowMs: number | null;
}

export interface ComposePlacement {
  /** `node.role==manager`. */
  readonly constraints: readonly string[];
  /** What tasks are spread over, in order: `node.labels.zone`. */
  readonly spread: readonly string[];
  readonly maxReplicasPerNode: number | null;
}
