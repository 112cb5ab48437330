/** `deploy` of a service. Its three nested levels of resources and placement become one in our types. */
import { PRIORITY_MAX } from "../objects/priority.ts";
import { field, labels, listOf, many, map, maybe, must, object, oneOrMore, orNothing } from "./collection-kinds.ts";
import type {
  ComposeDeploy,
  ComposePlacement,
  DeployRestart,
  ResourceLimits,
  ResourceReservations,
  RolloutConfig,
  SwarmExtension,
} from "./deploy.ts";
import type { Kind } from "./kind.ts";
import { bytes, choice, duration, real, text, textOrNumber, whole } from "./scalar-kinds.ts";
import { command, deviceWishes } from "./service-forms.ts";

const rollout: Kind<RolloutConfig> = object<RolloutConfig>({
  parallelism: maybe("parallelism", whole({ min: 0 })),
  delayMs: maybe("delay", duration),
  failureAction: maybe("failure_action", choice("continue", "pause", "rollback")),
  monitorMs: maybe("monitor", duration),
  maxFailureRatio: maybe("max_failure_ratio", real({ min: 0, max: 1 })),
  order: maybe("order", choice("start-first", "stop-first")),
});

interface GenericResource {
  readonly kind: string;
  readonly value: number;
}

/** With the one kind of generic resource that there is, in a mapping of its own. */
const genericResource: Kind<{ readonly discrete: GenericResource }> = object<{ readonly discrete: GenericResource }>({
  discrete: must(
    "discrete_resource_spec",
    object<GenericResource>({ kind: must("kind", text), value: must("value", whole({ min: 0 })) }),
  ),
});

const genericResources: Kind<readonly GenericResource[]> = {
  ...listOf(genericResource),
  read: (tree, at) =>
    listOf(genericResource)
      .read(tree, at)
      .map(({ discrete }) => discrete),
};

const resources = object<{
  readonly limits: ResourceLimits | null;
  readonly reservations: ResourceReservations | null;
}>({
  limits: maybe(
    "limits",
    object<ResourceLimits>({
      cpus: maybe("cpus", real({ min: 0 })),
      memoryBytes: maybe("memory", bytes()),
      pids: maybe("pids", whole({ min: -1 })),
    }),
  ),
  reservations: maybe(
    "reservations",
    object<ResourceReservations>({
      cpus: maybe("cpus", real({ min: 0 })),
      memoryBytes: maybe("memory", bytes()),
      genericResources: many("generic_resources", genericResources),
      devices: many("devices", deviceWishes),
    }),
  ),
});

const restartPolicy: Kind<DeployRestart> = object<DeployRestart>({
  condition: maybe("condition", choice("none", "on-failure", "any")),
  delayMs: maybe("delay", duration),
  maxAttempts: maybe("max_attempts", whole({ min: 0 })),
  windowMs: maybe("window", duration),
});

const preference = object<{ readonly spread: string }>({ spread: must("spread", text) });

const placement: Kind<ComposePlacement> = object<ComposePlacement>({
  constraints: many("constraints", listOf(text)),
  spread: {
    ...many("preferences", listOf(text)),
    kind: listOf(preference),
    read: (tree, at) =>
      listOf(preference)
        .read(tree, at)
        .map(({ spread }) => spread),
  },
  maxReplicasPerNode: maybe("max_replicas_per_node", whole({ min: 0 })),
});

/** Keys are the flags of `service create`, with _ for -. What texts say is checked with the rest of the service. */
const swarm: Kind<SwarmExtension> = object<SwarmExtension>({
  affinities: many("affinity", oneOrMore(text)),
  priority: maybe("priority", whole({ min: 0, max: PRIORITY_MAX })),
  strategy: maybe("placement_strategy", choice("spread", "binpack")),
  maxUnavailable: maybe("max_unavailable", textOrNumber),
  autoscale: maybe("autoscale", text),
  preDeploy: field<readonly string[] | null>("pre_deploy", command, null),
  preDeployTimeoutMs: maybe("pre_deploy_timeout", duration),
  updateCanary: maybe("update_canary", textOrNumber),
  lostAfterMs: maybe("lost_after", duration),
  onReturn: maybe("on_return", choice("keep-new", "keep-original")),
  stopAfterMs: maybe("stop_after", duration),
  stickyMs: maybe("sticky", duration),
  maxConcurrent: maybe("max_concurrent", whole({ min: 0 })),
  schedule: maybe("schedule", text),
  timeZone: maybe("timezone", text),
  concurrency: maybe("concurrency", choice("allow", "forbid", "replace")),
  startDeadlineMs: maybe("start_deadline", duration),
  history: maybe("history", whole({ min: 0 })),
});

/** As it is written; our type has what is in `resources` beside the others. */
interface WrittenDeploy extends Omit<ComposeDeploy, "limits" | "reservations"> {
  readonly resources: Pick<ComposeDeploy, "limits" | "reservations">;
}

const written: Kind<WrittenDeploy> = object<WrittenDeploy>({
  mode: maybe("mode", choice("replicated", "global", "replicated-job", "global-job")),
  replicas: maybe("replicas", whole({ min: 0 })),
  endpointMode: maybe("endpoint_mode", choice("vip", "dnsrr")),
  labels: map("labels", labels),
  updateConfig: maybe("update_config", rollout),
  rollbackConfig: maybe("rollback_config", rollout),
  resources: field<WrittenDeploy["resources"]>("resources", resources, { limits: null, reservations: null }),
  restartPolicy: maybe("restart_policy", restartPolicy),
  placement: maybe("placement", placement),
  swarm: maybe("x-swarm", swarm),
});

export const deploy: Kind<ComposeDeploy | null> = orNothing<ComposeDeploy>({
  ...written,
  read: (tree, at) => {
    const { resources: parts, ...rest } = written.read(tree, at);
    return { ...rest, ...parts };
  },
});
