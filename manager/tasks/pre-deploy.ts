import type { PreDeployStatus, Service, ServiceSpec, TaskSpec } from "../../shared/objects/types.ts";
import { PRE_DEPLOY_TIMEOUT_MS } from "../../shared/service-spec/defaults.ts";
import type { ReadView } from "../store/store-types.ts";
import { followed, heldBase, isAwaited } from "./canary.ts";
import { sameData } from "./same-data.ts";
import { runsTheSame } from "./task-dirty.ts";

// A service's pre-deploy command: when one has to run, and the job that runs it. Until it has succeeded, tasks are made
// of the spec before (canary.ts), or wait where there is none.

/** Names of services that people choose have no dots. */
export const preDeployName = ({ spec }: Service): string => `${spec.annotations.name}.pre-deploy`;

/** The job that runs a service's pre-deploy command, or ran it last. */
export function preDeployJob(view: ReadView, service: Service): Service | undefined {
  const job = view.byName("service", preDeployName(service));
  return job?.preDeployOf === service.id ? job : undefined;
}

export const timeoutMsOf = ({ preDeploy }: ServiceSpec): number => preDeploy?.timeoutMs || PRE_DEPLOY_TIMEOUT_MS;

/**
 * What has to be done before tasks are made of a service's next spec; null = nothing. It is said when the spec is
 * written, not when the updater comes to it: a task that crashes in between must not get the new spec.
 *
 * A command runs once for what tasks run: a spec with another number of replicas, other labels, networks or
 * constraints begins none, and does not end one that is at work. One that has failed is tried again by any further
 * spec.
 * @param service null = it is created with this spec.
 */
export function preDeployAfter(service: Service | null, spec: ServiceSpec): PreDeployStatus | null {
  if (spec.preDeploy === null) return null;
  if (service === null) return waiting(null, 0);
  const { preDeploy: present } = service;
  const isSame = runsTheSame(service.spec.task, spec.task);
  if (!isAwaited(present)) {
    if (isSame) return present;
    const held = heldBase(service);
    if (held === null) return waiting(service.spec, service.generation);
    const base = followed(held.base, service.spec, spec);
    return runsTheSame(base.task, spec.task) ? null : waiting(base, held.baseGeneration);
  }
  const base = present.base === null ? null : followed(present.base, service.spec, spec);
  // Nothing of what was tried was ever made: to go back to what all tasks run is to change nothing.
  if (base !== null && runsTheSame(base.task, spec.task)) return null;
  const goesOn = isSame && present.state !== "FAILED" && sameData(service.spec.preDeploy, spec.preDeploy);
  return goesOn ? { ...present, base } : waiting(base, present.baseGeneration);
}

function waiting(base: ServiceSpec | null, baseGeneration: number): PreDeployStatus {
  return { state: "WAITING", startedAtMs: 0, failure: "", base, baseGeneration, jobId: "" };
}

/** Whether its first tasks have to wait, since there is no spec before that they could be made of. */
export const awaitsFirstDeploy = ({ preDeploy }: Service): boolean => isAwaited(preDeploy) && preDeploy.base === null;

/** "waiting for its pre-deploy command: ..."; "" = it has succeeded, or there is none. */
export function preDeploySentence(view: ReadView, service: Service): string {
  const { preDeploy } = service;
  if (!isAwaited(preDeploy)) return "";
  if (preDeploy.state === "FAILED") return `its pre-deploy command failed: ${preDeploy.failure}`;
  const job = preDeploy.state === "RUNNING" ? preDeployJob(view, service) : undefined;
  const task = job === undefined ? undefined : view.tasksOfService(job.id).findLast(isOf(job));
  const what = "waiting for its pre-deploy command";
  const { err, state } = task?.status ?? { err: "", state: "NEW" };
  if (err !== "") return `${what}: ${err}`;
  // Each task that waits says it: what passes in a moment is not told.
  return state === "RUNNING" ? `${what}, which runs` : what;
}

const isOf =
  (job: Service) =>
  ({ generation }: { readonly generation: number }): boolean =>
    generation === job.generation;

/**
 * The job for a service's present spec: one task, once, like those of the service but for what would make it one of
 * them: ports, names, steps and health checks; and without what is set aside for those that serve, so that it fits
 * beside them.
 */
export function preDeployJobSpec(service: Service): ServiceSpec {
  const { spec } = service;
  return {
    annotations: { name: preDeployName(service), labels: {} },
    task: jobTask(spec),
    mode: "replicatedJob",
    replicatedJob: { maxConcurrent: 1, totalCompletions: 1 },
    update: null,
    rollback: null,
    // Without a virtual address: nobody connects to it.
    endpoint: { mode: "DNSRR", stickyMs: 0, ports: [] },
    dependsOn: [],
    schedule: null,
    maxUnavailable: "",
    onlyTold: null,
    preDeploy: null,
  };
}

function jobTask({ task, preDeploy }: ServiceSpec): TaskSpec {
  const container = {
    ...task.container,
    command: preDeploy?.command ?? [],
    args: [],
    healthcheck: { ...NO_HEALTHCHECK, test: ["NONE"] },
    initSteps: [],
    postStart: [],
    preStop: [],
    openStdin: false,
    tty: false,
  };
  return {
    ...task,
    container,
    reservations: null,
    // Work that was half done is not begun anew behind people's backs.
    restart: { condition: "NONE", maxAttempts: 0, windowMs: 0 },
    placement: task.placement && { ...task.placement, maxReplicas: 0, affinities: [] },
    networks: task.networks.map((network) => ({ ...network, aliases: [] })),
    loss: null,
  };
}

const NO_HEALTHCHECK = {
  intervalMs: 0,
  timeoutMs: 0,
  retries: 0,
  startPeriodMs: 0,
  startIntervalMs: 0,
} as const;
