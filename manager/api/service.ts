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
import { isJob, jobStatusAfter } from "../tasks/jobs.ts";
import { beginRun, unfinishedRuns } from "../tasks/runs.ts";
import { type ApiContext, readCommitted } from "./api-context.ts";
import { withContentIds } from "./content.ts";
import { anyOrNone, isAskedFor } from "./filters.ts";
import { takeLogin, writeLogin } from "./login.ts";
import { findObject } from "./reference.ts";
import { withDependencyNames } from "./service-dependencies.ts";
import { type PinnedSpec, pinImage } from "./service-image.ts";
import { withNetworkIds } from "./service-networks.ts";
import { countTasks, type ServiceCounts } from "./service-status.ts";
import { checkPortsFree } from "./validate-ports.ts";
import { validateServiceSpec } from "./validate-service.ts";

/** A service, as the answer to a write. */
export interface WrittenService {
  readonly service: Service;
  readonly warnings: readonly string[];
}

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
        isAskedFor("service", service, filter) &&
        hasLabels(filter.labels, service.spec.annotations.labels) &&
        anyOrNone(filter.modes, (mode) => mode === service.spec.mode),
    )
    .map((service) => ({ service, ...countTasks(view, service) }));
}

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
    tx.create("service", {
      id,
      meta: { version: 0, createdAtMs: 0, updatedAtMs: 0 },
      spec,
      generation: 1,
      previousSpec: null,
      endpoint: null,
      updateStatus: null,
      troubles: [],
      jobStatus: jobStatusAfter(null, spec, api.clock.wallNow()),
      specVersion: 0,
    });
  });
  return { service: mustHave(api.store.view().get("service", id), `service ${id}`), warnings: pinned.warnings };
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
  return { ...pinned, warnings: [...pinned.warnings, ...doubts] };
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
  if (request.runNow) return runJobNow(api, request);
  const asked = takeSpec(request.spec);
  const login = request.login === null ? null : takeLogin(request.login);
  const { id } = findObject(await readCommitted(api), "service", request.ref);
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
      tx.update("service", {
        ...service,
        spec,
        generation: service.generation + 1,
        previousSpec: service.spec,
        updateStatus: null,
        jobStatus: jobStatusAfter(service.jobStatus, spec, api.clock.wallNow()),
      });
    },
  );
  return { service: mustHave(api.store.view().get("service", id), `service ${id}`), warnings: pinned.warnings };
}

/**
 * Restores the spec from before the last update, and remembers the present one in its place: rolling back twice repeats
 * the update. The old spec is checked against other services again, since its ports may have been taken in the
 * meantime.
 */
async function rollBackService(api: ApiContext, request: UpdateServiceRequest): Promise<WrittenService> {
  const { id } = findObject(await readCommitted(api), "service", request.ref);
  await updateExpecting(
    api.store,
    "roll back service",
    { kind: "service", id, version: request.version },
    (tx, service) => {
      const { previousSpec } = service;
      if (previousSpec === null) {
        refuse(
          "failedPrecondition",
          `service ${service.spec.annotations.name} has no previous spec to go back to: it has not been updated since it was created or rolled back after a failure`,
        );
      }
      tx.update("service", {
        ...service,
        spec: checkAgainstOthers(tx, previousSpec, id),
        generation: service.generation + 1,
        previousSpec: service.spec,
        jobStatus: jobStatusAfter(service.jobStatus, previousSpec, api.clock.wallNow()),
        // A job that goes back begins a new run; there is nothing to be replaced step by step.
        updateStatus: isJob(service)
          ? null
          : {
              state: "ROLLBACK_STARTED",
              startedAtMs: api.clock.wallNow(),
              completedAtMs: 0,
              message: "manually requested rollback",
            },
      });
    },
  );
  return { service: mustHave(api.store.view().get("service", id), `service ${id}`), warnings: [] };
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
 * Begins a run of a job as it is. Of one with a schedule, what happens to a run under way is up to its concurrency.
 */
async function runJobNow(api: ApiContext, request: UpdateServiceRequest): Promise<WrittenService> {
  const { id } = findObject(await readCommitted(api), "service", request.ref);
  const named = { kind: "service", id, version: request.version } as const;
  await updateExpecting(api.store, "run job now", named, (tx, service) => {
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
  return { service: mustHave(api.store.view().get("service", id), `service ${id}`), warnings: [] };
}

/** The orchestrators stop and delete its tasks when they see that the service is gone. */
export async function removeService(api: ApiContext, ref: string): Promise<void> {
  await api.store.update("remove service", (tx) => tx.remove("service", findObject(tx, "service", ref).id));
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

/** Checks what depends on other objects. Returns the spec with its references resolved. */
function checkAgainstOthers(view: ReadView, spec: ServiceSpec, self: string): ServiceSpec {
  const { name } = spec.annotations;
  const namesake = name === "" ? undefined : view.byName("service", name);
  if (namesake !== undefined && namesake.id !== self) {
    refuse("alreadyExists", `service ${name} already exists: choose another name`);
  }
  checkPortsFree(view, spec, self);
  return withContents(view, withNetworkIds(view, withDependencyNames(view, spec, self)));
}

/** With its secrets and configs given by id, whatever the caller gave. */
function withContents(view: ReadView, spec: ServiceSpec): ServiceSpec {
  const { container } = spec.task;
  if (container.secrets.length + container.configs.length === 0) return spec;
  const secrets = withContentIds(view, "secret", container.secrets);
  const configs = withContentIds(view, "config", container.configs);
  return { ...spec, task: { ...spec.task, container: { ...container, secrets, configs } } };
}

function withName(spec: ServiceSpec, name: string): ServiceSpec {
  return { ...spec, annotations: { ...spec.annotations, name } };
}
