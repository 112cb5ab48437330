import type { ComposeProject } from "../../../shared/compose/project.ts";
import { mustHave } from "../../../shared/invariant.ts";
import type { ServiceSpec } from "../../../shared/rpc/gen/objects.ts";
import { fillPart } from "../../../shared/service-spec/fill-part.ts";
import { freshMode, SERVICE_MODES } from "../../../shared/service-spec/modes.ts";
import { withValueAt } from "../../../shared/service-spec/paths.ts";
import { blankRunSpec } from "../../../shared/service-spec/run-spec.ts";
import { inStack } from "../names.ts";
import { CONTAINER_ROWS } from "./container-rows.ts";
import { wantedContents } from "./contents.ts";
import { DEPLOY_ROWS } from "./deploy-rows.ts";
import { type FieldRow, isUnset, type Reading } from "./field-row.ts";
import { wantedNetworks } from "./networks.ts";
import { type Fault, Notes } from "./notes.ts";
import { dependenciesOf, inOrder } from "./order.ts";
import { SWARM_ROWS, suitsMode } from "./swarm-rows.ts";
import { noteUnsupported } from "./unsupported.ts";
import type { WantedService, WantedStack } from "./wanted.ts";

/** Every field of a service's spec that a Compose file can say. */
export const FIELD_ROWS: readonly FieldRow[] = [...CONTAINER_ROWS, ...DEPLOY_ROWS, ...SWARM_ROWS];

type Mode = Parameters<typeof freshMode>[0];

/** What a project wants of the swarm as a stack of this name, and everything that is wrong with it. */
export function translate(
  project: ComposeProject,
  stack: string,
  readTextFile: (path: string) => string,
): { readonly wanted: WantedStack; readonly faults: readonly Fault[] } {
  const notes = new Notes(project);
  const services = [...project.services.values()].map((service) =>
    wantedService({ project, stack, service, notes, readTextFile, path: ["services", service.name] }),
  );
  for (const service of services) noteImpossible(service, services, notes);
  const ordered = inOrder(services, (names) =>
    notes.wrong(
      ["services", names[0] ?? "", "depends_on"],
      `services depend on each other in a ring: ${names.join(", ")}`,
    ),
  );
  const networks = wantedNetworks(project, stack, notes);
  const contents = wantedContents(project, stack, notes);
  return { wanted: { stack, networks, contents, services: ordered }, faults: notes.faults };
}

function wantedService(reading: Reading): WantedService {
  const { service, project, stack, notes, path } = reading;
  noteUnsupported(reading);
  const name = inStack(stack, service.name);
  const image = service.image ?? (service.build === null ? "" : name);
  if (image === "") notes.wrong(path, `service ${service.name} has neither an image nor a build`);
  let spec: ServiceSpec = withReplicas(withMode(blankRunSpec(image), name, modeOf(reading)), reading);
  const dependsOn = dependenciesOf(service, project, notes);
  spec = {
    ...spec,
    dependsOn: [...dependsOn].map(([key, { condition }]) => dependencyOn(inStack(stack, key), condition)),
  };
  for (const field of FIELD_ROWS) {
    const value = field.read(reading);
    if (!isUnset(value) && suitsMode(field, spec, reading)) spec = withValueAt(spec, field.path, value, fillPart);
  }
  return {
    key: service.name,
    spec,
    build: service.build,
    isImageLocal: service.build !== null || service.pullPolicy?.kind === "never",
    dependsOn,
  };
}

function withMode(spec: ServiceSpec, name: string, mode: Mode): ServiceSpec {
  const { annotations, task, update, rollback, endpoint, dependsOn, schedule, maxUnavailable, onlyTold, preDeploy } =
    spec;
  const labels = annotations?.labels ?? {};
  const kept = { task, update, rollback, endpoint, dependsOn, schedule, maxUnavailable, onlyTold, preDeploy };
  return { annotations: { name, labels }, ...kept, ...freshMode(mode) };
}

function modeOf({ service }: Reading): Mode {
  const word = service.deploy?.mode ?? "replicated";
  const [mode] = Object.entries(SERVICE_MODES).find(([, traits]) => traits.word === word) ?? [];
  return mustHave(mode, `the mode ${word}`) as Mode;
}

/** `deploy.replicas` is what the cluster is told; `scale` is the word of a single host. Of a job, completions. */
function withReplicas(spec: ServiceSpec, { service: { deploy, scale, name }, notes, path }: Reading): ServiceSpec {
  const asked = deploy?.replicas ?? null;
  const replicas = asked ?? scale;
  if (replicas === null) return spec;
  if (asked !== null && scale !== null && scale !== asked)
    notes.wrong([...path, "scale"], `service ${name} has ${asked} replicas by deploy.replicas and ${scale} by scale`);
  switch (spec.mode) {
    case "replicated":
      return { ...spec, replicated: { ...spec.replicated, replicas } };
    case "replicatedJob":
      return { ...spec, replicatedJob: { maxConcurrent: replicas, totalCompletions: replicas } };
    default: {
      const at = asked === null ? ["scale"] : ["deploy", "replicas"];
      notes.wrong([...path, ...at], `service ${name} is ${deploy?.mode}: only a replicated one has a number of tasks`);
      return spec;
    }
  }
}

const CONDITIONS = {
  service_started: "STARTED",
  service_healthy: "HEALTHY",
  service_completed_successfully: "COMPLETED",
} as const;

function dependencyOn(service: string, condition: keyof typeof CONDITIONS): ServiceSpec["dependsOn"][number] {
  return { service, condition: CONDITIONS[condition] };
}

/** Managers refuse these, too, but only when the other service is there: then a half of the stack would be made. */
function noteImpossible({ key, dependsOn }: WantedService, services: readonly WantedService[], notes: Notes): void {
  for (const [name, { condition }] of dependsOn) {
    const spec = services.find((service) => service.key === name)?.spec;
    if (spec?.mode === undefined) continue;
    const { isJob } = SERVICE_MODES[spec.mode];
    const at = ["services", key, "depends_on", name];
    if (condition === "service_healthy" && isJob)
      notes.wrong(at, `service ${key} waits for ${name} to be healthy, but ${name} is a job, whose tasks end`);
    const isEndless = !isJob && (spec.task?.restart?.condition ?? "ANY") === "ANY";
    if (condition === "service_completed_successfully" && isEndless)
      notes.wrong(
        at,
        `service ${key} waits for ${name} to complete, but ${name} is started again whenever it ends: ` +
          "give it restart: on-failure, or deploy.mode: replicated-job",
      );
  }
}
