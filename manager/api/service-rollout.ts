import { mustHave } from "../../shared/invariant.ts";
import type { Canary, Service, ServiceSpec } from "../../shared/objects/types.ts";
import type { UpdateServiceRequest } from "../../shared/rpc/gen/control.ts";
import type { SpecOrigin, UpdateStatus } from "../../shared/rpc/gen/objects.ts";
import { refuse } from "../../shared/spec-checks/refuse.ts";
import type { ReadView, WriteTx } from "../store/store-types.ts";
import { updateExpecting } from "../store/version-check.ts";
import { heldBase, isAwaited } from "../tasks/canary.ts";
import { isJob, jobStatusAfter } from "../tasks/jobs.ts";
import { awaitsFirstDeploy } from "../tasks/pre-deploy.ts";
import { beginRun, unfinishedRuns } from "../tasks/runs.ts";
import { earlierSpecs, generationOf, writeNextSpec } from "../tasks/spec-history.ts";
import { type ApiContext, readCommitted } from "./api-context.ts";
import { findObject } from "./reference.ts";
import { checkAgainstOthers } from "./service-others.ts";

// What people do with a service's specs besides writing one: go back, promote or abort a canary, run a job again.

/** A service, as the answer to a write. */
export interface WrittenService {
  readonly service: Service;
  readonly warnings: readonly string[];
}

/** What changes of this kind need of the API's world: no registry is asked. */
export type RolloutContext = Pick<ApiContext, "store" | "raft" | "clock" | "random">;

type Request = Pick<UpdateServiceRequest, "ref" | "version" | "rollbackTo">;

export const originNow = (api: RolloutContext, cause: SpecOrigin["cause"], fromGeneration = 0): SpecOrigin => ({
  cause,
  atMs: api.clock.wallNow(),
  fromGeneration,
});

/** The specs that a service had, and the service as it is. */
export async function listEarlierSpecs(api: RolloutContext, ref: string) {
  const view = await readCommitted(api);
  const service = findObject(view, "service", ref);
  return { service, specs: earlierSpecs(view, service.id) };
}

/**
 * Restores an earlier spec and remembers the present one as the one before: going back twice without a number repeats
 * the update. The old spec is checked against other services again, since its ports may have been taken in the
 * meantime. While a canary waits, the spec before is what the other slots run.
 */
export function rollBackService(api: RolloutContext, request: Request): Promise<WrittenService> {
  return writeTo(api, request, "roll back service", (tx, service) => {
    const { spec, generation } = specToRestore(tx, service, request.rollbackTo);
    const isAbort = generation === heldBase(service)?.baseGeneration;
    goBackTo(api, tx, service, { spec, generation, cause: isAbort ? "ABORTED" : "ROLLED_BACK" });
  });
}

/**
 * The spec of that generation, or with 0 the one before the present one; while a canary waits, that is the one that the
 * other slots run.
 * @throws SwarmError when it is not there.
 */
export function specToRestore(
  view: ReadView,
  service: Service,
  generation: number,
): { readonly spec: ServiceSpec; readonly generation: number } {
  const { name } = service.spec.annotations;
  const held = heldBase(service);
  if (held !== null && (generation === 0 || generation === held.baseGeneration)) {
    return { spec: held.base, generation: held.baseGeneration };
  }
  if (awaitsFirstDeploy(service)) {
    refuse("failedPrecondition", `service ${name} has never been deployed: there is nothing to go back to`);
  }
  if (generation === 0) {
    const { previousSpec } = service;
    if (previousSpec !== null) return { spec: previousSpec, generation: generationOf(view, service.id, previousSpec) };
    return refuse(
      "failedPrecondition",
      `service ${name} has no previous spec to go back to: it has not been updated since it was created or rolled back after a failure`,
    );
  }
  if (generation === service.generation) {
    refuse(
      "failedPrecondition",
      `spec ${generation} is the present one of service ${name}: there is nothing to restore`,
    );
  }
  const earlier = earlierSpecs(view, service.id).find((each) => each.generation === generation);
  if (earlier !== undefined) return earlier;
  return refuse(
    "notFound",
    `service ${name} has no spec ${generation} in its history: see \`swarmctl service history ${name}\``,
  );
}

/** Gives the spec that a canary tries to all slots. It has been watched: the other slots follow step by step. */
export function promoteCanary(api: RolloutContext, request: Request): Promise<WrittenService> {
  return writeTo(api, request, "promote canary", (tx, service) => {
    const { name } = service.spec.annotations;
    const { base } = mustHaveCanary(service);
    const state = service.updateStatus?.state;
    if (state === "PAUSED") {
      refuse(
        "failedPrecondition",
        `the canary of service ${name} has failed: abort it, or update the service (${service.updateStatus?.message})`,
      );
    }
    if (state !== "CANARY") {
      refuse(
        "failedPrecondition",
        `the canary of service ${name} is not ready yet: wait until its tasks have run for their monitor time, or abort it`,
      );
    }
    const updateStatus = underWay("UPDATING", api.clock.wallNow(), "canary promoted");
    // Should the others fail, what all slots ran is gone back to, and not what was tried before this spec.
    tx.update("service", { ...service, canary: null, previousSpec: base, updateStatus });
  });
}

/**
 * Takes back the spec that a canary tries, whether it waits, is under way or has failed, and one whose pre-deploy
 * command has not succeeded.
 */
export function abortCanary(api: RolloutContext, request: Request): Promise<WrittenService> {
  return writeTo(api, request, "abort canary", (tx, service) => {
    const held = isAwaited(service.preDeploy) ? heldBase(service) : null;
    const { base, baseGeneration } = held ?? mustHaveCanary(service);
    goBackTo(api, tx, service, { spec: base, generation: baseGeneration, cause: "ABORTED" });
  });
}

/**
 * Begins a run of a job as it is. Of one with a schedule, what happens to a run under way is up to its concurrency.
 */
export function runJobNow(api: RolloutContext, request: Request): Promise<WrittenService> {
  return writeTo(api, request, "run job now", (tx, service) => {
    const { name } = service.spec.annotations;
    if (!isJob(service)) refuse("invalidArgument", `service ${name} is no job: only jobs have runs`);
    const busy = unfinishedRuns(tx, service);
    const concurrency = service.spec.schedule?.concurrency ?? "REPLACE";
    if (concurrency === "FORBID" && busy.length > 0) {
      refuse(
        "failedPrecondition",
        `job ${name} is at work, and its schedule forbids a second run beside it: wait for it`,
      );
    }
    const jobStatus = beginRun(service.jobStatus, api.clock.wallNow(), concurrency === "ALLOW" ? busy : []);
    tx.update("service", { ...service, jobStatus });
  });
}

async function writeTo(
  api: RolloutContext,
  { ref, version }: Request,
  label: string,
  write: (tx: WriteTx, service: Service) => void,
): Promise<WrittenService> {
  const service = findObject(await readCommitted(api), "service", ref);
  refuseOwned(service);
  const { id } = service;
  await updateExpecting(api.store, label, { kind: "service", id, version }, write);
  return { service: mustHave(api.store.view().get("service", id), `service ${id}`), warnings: [] };
}

/** The job of a pre-deploy command is made, changed and removed with its service. */
export function refuseOwned({ preDeployOf, spec: { annotations } }: Service): void {
  if (preDeployOf === "") return;
  const { name } = annotations;
  const owner = name.slice(0, name.lastIndexOf("."));
  refuse(
    "invalidArgument",
    `service ${name} runs the pre-deploy command of service ${owner}: change or remove that one`,
  );
}

function goBackTo(
  api: RolloutContext,
  tx: WriteTx,
  service: Service,
  to: {
    readonly spec: ServiceSpec;
    readonly generation: number;
    readonly cause: Extract<SpecOrigin["cause"], "ROLLED_BACK" | "ABORTED">;
  },
): void {
  const nowMs = api.clock.wallNow();
  const message = to.cause === "ABORTED" ? "canary aborted" : "manually requested rollback";
  const change = {
    spec: checkAgainstOthers(tx, to.spec, service.id),
    previousSpec: service.spec,
    jobStatus: jobStatusAfter(service.jobStatus, to.spec, nowMs),
    // A job that goes back begins a new run; there is nothing to be replaced step by step.
    updateStatus: isJob(service) ? null : underWay("ROLLBACK_STARTED", nowMs, message),
    canary: null,
    // What was there before has been through it.
    preDeploy: null,
  };
  writeNextSpec(tx, service, change, { origin: originNow(api, to.cause, to.generation), random: api.random });
}

function underWay(state: UpdateStatus["state"], startedAtMs: number, message: string): UpdateStatus {
  return { state, startedAtMs, completedAtMs: 0, message, failedTask: "" };
}

function mustHaveCanary(service: Service): Canary {
  if (service.canary !== null) return service.canary;
  const { name } = service.spec.annotations;
  if (isJob(service)) refuse("invalidArgument", `service ${name} is a job: it has no canary, each change begins a run`);
  return refuse(
    "failedPrecondition",
    `service ${name} has no canary: begin one with \`swarmctl service update --update-canary N ...\``,
  );
}
