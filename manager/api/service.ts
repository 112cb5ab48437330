import { createId, type ServiceId } from "../../shared/ids.ts";
import { mustHave } from "../../shared/invariant.ts";
import { hasLabels } from "../../shared/objects/labels.ts";
import { parseServiceSpec } from "../../shared/objects/parse.ts";
import { pickName } from "../../shared/objects/random-name.ts";
import type { Service, ServiceSpec } from "../../shared/objects/types.ts";
import { doubtOfSpreadKey } from "../../shared/placement-preference.ts";
import type {
  CheckServiceRequest,
  CreateServiceRequest,
  ListServicesRequest,
  UpdateServiceRequest,
} from "../../shared/rpc/gen/control.ts";
import type { ServiceSpec as WireServiceSpec } from "../../shared/rpc/gen/objects.ts";
import { freshMode, modeText } from "../../shared/service-spec/modes.ts";
import { check, refuse } from "../../shared/spec-checks/refuse.ts";
import type { ReadView } from "../store/store-types.ts";
import { updateExpecting } from "../store/version-check.ts";
import { chooseCanary } from "../tasks/choose-canary.ts";
import { freshService } from "../tasks/fresh-service.ts";
import { jobStatusAfter } from "../tasks/jobs.ts";
import { preDeployAfter, preDeployJob } from "../tasks/pre-deploy.ts";
import { autoscaleStatusAfter } from "../tasks/replicas.ts";
import { earlierSpecs, writeNextSpec } from "../tasks/spec-history.ts";
import { type ApiContext, readCommitted } from "./api-context.ts";
import { anyOrNone, isAskedFor } from "./filters.ts";
import { takeLogin, writeLogin } from "./login.ts";
import { findObject } from "./reference.ts";
import { dependentsOf } from "./service-dependencies.ts";
import { type PinnedSpec, pinImage } from "./service-image.ts";
import { checkAgainstOthers } from "./service-others.ts";
import {
  abortCanary,
  originNow,
  promoteCanary,
  refuseOwned,
  rollBackService,
  runJobNow,
  type WrittenService,
} from "./service-rollout.ts";
import { countTasks, type ServiceCounts } from "./service-status.ts";
import { checkGivenReplicas } from "./validate-autoscale.ts";
import { validateServiceSpec } from "./validate-service.ts";

/** @throws SwarmError invalidArgument when the spec is missing, incomplete or wrong. */
function takeSpec(wire: WireServiceSpec | null): ServiceSpec {
  check(wire !== null, "the request holds no service spec");
  const spec = parseServiceSpec({
    ...(wire.mode === undefined ? { ...wire, ...freshMode("replicated") } : wire),
    annotations: wire.annotations ?? { name: "", labels: {} },
  });
  // The name may still be missing; faults in the rest are reported first.
  validateServiceSpec(spec.annotations.name === "" ? withName(spec, "unnamed") : spec);
  return spec;
}

export async function getService(api: ApiContext, ref: string): Promise<Service> {
  return findObject(await readCommitted(api), "service", ref);
}

export async function listServices(
  api: ApiContext,
  filter: ListServicesRequest,
): Promise<readonly (ServiceCounts & { readonly service: Service })[]> {
  const view = await readCommitted(api);
  return view
    .all("service")
    .filter(
      (service) =>
        (service.preDeployOf === "" || isJobAskedFor(filter)) &&
        isAskedFor("service", service, filter) &&
        hasLabels(filter.labels, service.spec.annotations.labels) &&
        anyOrNone(filter.modes, (mode) => mode === service.spec.mode),
    )
    .map((service) => ({ service, ...countTasks(view, service) }));
}

/** A job that belongs to a service is part of that one, and listed only for whoever asks for it itself. */
const isJobAskedFor = ({ namePrefixes, idPrefixes }: ListServicesRequest): boolean =>
  idPrefixes.length > 0 || namePrefixes.some((prefix) => prefix.includes("."));

/**
 * @throws SwarmError invalidArgument, alreadyExists (name), notFound (image), unavailable (registry).
 */
export async function createService(
  api: ApiContext,
  request: CreateServiceRequest,
  signal: AbortSignal,
): Promise<WrittenService> {
  const asked = takeSpec(request.spec);
  const login = request.login === null ? null : takeLogin(request.login);
  // Checked now and again in the transaction: a wrong request should not have to wait for a registry before it is
  // refused.
  checkAgainstOthers(api.store.view(), asked, "");
  const pinned = await pin(api, asked, request, signal);
  const id = createId<ServiceId>(api.random);
  await api.store.update("create service", (tx) => {
    const { name } = pinned.spec.annotations;
    const named =
      name === ""
        ? withName(
            pinned.spec,
            pickName("service", api.random, (taken) => tx.byName("service", taken) !== undefined),
          )
        : pinned.spec;
    const spec = checkAgainstOthers(tx, named, "");
    if (login !== null) writeLogin(tx, api, login);
    tx.create("service", newService(api, id, spec));
  });
  return { service: mustHave(api.store.view().get("service", id), `service ${id}`), warnings: pinned.warnings };
}

/** A service that there was not before. */
export function newService(api: ApiContext, id: ServiceId, spec: ServiceSpec): Service {
  const jobStatus = jobStatusAfter(null, spec, api.clock.wallNow());
  const service = freshService(id, spec, jobStatus, originNow(api, "CREATED"));
  return { ...service, preDeploy: preDeployAfter(null, spec) };
}

async function pin(
  { images, store }: ApiContext,
  spec: ServiceSpec,
  { noResolveImage }: { readonly noResolveImage: boolean },
  signal: AbortSignal,
): Promise<PinnedSpec> {
  // What no host may ask a registry for, a manager does not ask for either: the image may be on hosts alone.
  const noResolve = noResolveImage || spec.task.container.pullPolicy === "never";
  const pinned = await pinImage(spec, { images, view: store.view(), noResolve, signal });
  // Docker takes such keys, and files that have them are deployed here too.
  const doubts = (spec.task.placement?.spread ?? []).map(doubtOfSpreadKey).filter((doubt) => doubt !== null);
  return { ...pinned, warnings: [...pinned.warnings, ...doubts, ...doubtsOfResources(store.view(), spec)] };
}

/** A host that has what a task reserves may come later; a kind that nobody has is more often a slip. */
function doubtsOfResources(view: ReadView, { task }: ServiceSpec): readonly string[] {
  const has = new Set(
    view.all("node").flatMap(({ description }) => description?.resources?.generic.map(({ kind }) => kind) ?? []),
  );
  return (task.reservations?.generic ?? [])
    .filter(({ kind }) => !has.has(kind))
    .map(({ kind }) => `no node has the generic resource ${kind}: tasks wait until one does`);
}

/**
 * @throws SwarmError as createService does; also notFound, aborted ("update out of sequence"), unimplemented for a new
 * name or mode.
 */
export async function updateService(
  api: ApiContext,
  request: UpdateServiceRequest,
  signal: AbortSignal,
): Promise<WrittenService> {
  check(request.version > 0, "an update needs the version of the service that was read (meta.version)");
  if (request.rollback) return rollBackService(api, request);
  if (request.promote) return promoteCanary(api, request);
  if (request.abort) return abortCanary(api, request);
  if (request.runNow) return runJobNow(api, request);
  const present = findObject(await readCommitted(api), "service", request.ref);
  refuseOwned(present);
  const { id } = present;
  const asked = takeSpec(request.spec);
  if (request.replicasGiven) checkGivenReplicas(asked);
  const login = request.login === null ? null : takeLogin(request.login);
  checkAgainstOthers(api.store.view(), asked, id);
  const pinned = await pin(api, asked, request, signal);
  await updateExpecting(
    api.store,
    "update service",
    { kind: "service", id, version: request.version },
    (tx, service) => {
      checkTransition(service.spec, pinned.spec);
      const spec = checkAgainstOthers(tx, pinned.spec, id);
      if (login !== null) writeLogin(tx, api, login);
      const change = {
        spec,
        previousSpec: service.spec,
        updateStatus: null,
        canary: chooseCanary(tx, service, spec),
        preDeploy: preDeployAfter(service, spec),
        jobStatus: jobStatusAfter(service.jobStatus, spec, api.clock.wallNow()),
        autoscaleStatus: autoscaleStatusAfter(service, spec, request.replicasGiven),
      };
      writeNextSpec(tx, service, change, { origin: originNow(api, "UPDATED"), random: api.random });
    },
  );
  return { service: mustHave(api.store.view().get("service", id), `service ${id}`), warnings: pinned.warnings };
}

/**
 * What a create or an update would write. It may still be refused by then: others change the cluster, too.
 * @throws SwarmError as these two do.
 */
export async function checkService(
  api: ApiContext,
  request: CheckServiceRequest,
  signal: AbortSignal,
): Promise<PinnedSpec> {
  const asked = takeSpec(request.spec);
  const view = await readCommitted(api);
  const present = request.ref === "" ? null : findObject(view, "service", request.ref);
  if (present !== null) checkTransition(present.spec, asked);
  return pin(api, checkAgainstOthers(view, asked, present?.id ?? ""), request, signal);
}

/**
 * With its history, and the job of its pre-deploy command. The orchestrators stop and delete its tasks when they see
 * that the service is gone.
 * @returns names of the services that depend on it.
 */
export async function removeService(api: ApiContext, ref: string): Promise<readonly string[]> {
  return api.store.update("remove service", (tx) => {
    const service = findObject(tx, "service", ref);
    refuseOwned(service);
    const job = preDeployJob(tx, service);
    for (const { id } of job === undefined ? [service] : [service, job]) {
      for (const earlier of earlierSpecs(tx, id)) tx.remove("earlierSpec", earlier.id);
      tx.remove("service", id);
    }
    return dependentsOf(tx, service);
  });
}

/** @throws SwarmError unimplemented for what cannot be changed in place. */
function checkTransition(from: ServiceSpec, to: ServiceSpec): void {
  if (from.annotations.name !== to.annotations.name) {
    refuse("unimplemented", "renaming services is not supported: create a new one and remove the old");
  }
  if (from.mode !== to.mode) {
    refuse("unimplemented", `service mode change is not allowed: this service is a ${modeText(from.mode)} one`);
  }
}

function withName(spec: ServiceSpec, name: string): ServiceSpec {
  return { ...spec, annotations: { ...spec.annotations, name } };
}
