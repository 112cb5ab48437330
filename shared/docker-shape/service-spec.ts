import { SwarmError } from "../errors.ts";
import type { ServiceMode } from "../objects/types.ts";
import type { ContainerSpec, RestartPolicy, ServiceSpec, TaskSpec } from "../rpc/gen/objects.ts";
import { RESTART_DELAY_MS_MAX } from "../service-spec/defaults.ts";
import { freshMode, SERVICE_MODES } from "../service-spec/modes.ts";
import { emptySpec } from "../service-spec/paths.ts";
import { type DockerJson, isEmpty, toNanos, unlessEmpty } from "./common.ts";
import { listShape } from "./elements.ts";
import { readFields, writeFields } from "./fields.ts";
import { onlyToldIn, toSelinux } from "./only-told.ts";
import { fromDockerPrivileges, NO_PRIVILEGES, toDockerPrivileges } from "./privileges.ts";

type Building = { [key: string]: unknown };

/**
 * A service spec as Docker has it. `withDefaults`: what it does not state is filled in (Docker's insertDefaults), as
 * people want to see it; without, it is what was said, to be changed and sent back.
 */
export function toDockerServiceSpec(spec: ServiceSpec, withDefaults = true): DockerJson {
  const template = templateOf(spec.task, withDefaults);
  const json: Building = {
    Name: spec.annotations?.name ?? "",
    Labels: {},
    TaskTemplate: template,
    Mode: modeOf(spec),
  };
  writeFields(spec, json, withDefaults);
  const selinux = toSelinux(spec);
  if (!isEmpty(selinux)) {
    const container = template["ContainerSpec"] as Building;
    container["Privileges"] = { ...NO_PRIVILEGES, ...part(container, "Privileges"), ...selinux };
  }
  if (isEmpty(template["RestartPolicy"])) delete template["RestartPolicy"];
  return json;
}

/** A task spec as the `Spec` of a task: a service's `TaskTemplate`. */
export function toDockerTaskSpec(task: TaskSpec, withDefaults = true): DockerJson {
  const spec = toDockerServiceSpec({ ...emptySpec(), task }, withDefaults);
  // Docker's tasks do not say what runs them.
  const { Runtime: _, ...template } = spec["TaskTemplate"] as DockerJson;
  return template;
}

/**
 * The service spec that Docker's JSON means. What neither our table nor the lines here know is ignored; refusing it is
 * up to whoever offers the JSON to people.
 * @throws SwarmError invalidArgument for a value without meaning.
 */
export function fromDockerServiceSpec(json: DockerJson): ServiceSpec {
  const template = part(json, "TaskTemplate");
  const container = part(template, "ContainerSpec");
  const empty = emptySpec();
  const spec: ServiceSpec = {
    annotations: { name: text(json["Name"]), labels: {} },
    task: {
      ...(empty.task as TaskSpec),
      container: {
        ...(empty.task?.container as ContainerSpec),
        image: text(container["Image"]),
        ...fromDockerPrivileges(part(container, "Privileges")),
        capabilityAdd: list(container["CapabilityAdd"]),
        capabilityDrop: list(container["CapabilityDrop"]),
        healthcheck: null,
      },
      forceUpdate: Number(template["ForceUpdate"] ?? 0),
      // Where older clients have them; the template's, if it has any, take their place.
      networks: listShape("network").fromDocker(json["Networks"] ?? []) as TaskSpec["networks"],
      limits: null,
      reservations: null,
      restart: null,
      placement: placementOf(part(template, "Placement")),
      controls: null,
      loss: null,
    },
    update: null,
    rollback: null,
    endpoint: null,
    dependsOn: [],
    schedule: null,
    maxUnavailable: "",
    onlyTold: onlyToldIn(json),
    preDeploy: null,
    ...freshMode(modeIn(part(json, "Mode"))),
  };
  const read = readFields(withoutGrownDelay(json), spec);
  return withCompletions(withHealthTest(read, list(part(container, "Healthcheck")["Test"])), part(json, "Mode"));
}

/** Docker's default: as many completions as tasks may run at once. */
function withCompletions(spec: ServiceSpec, mode: DockerJson): ServiceSpec {
  if (spec.mode !== "replicatedJob") return spec;
  const isStated = typeof part(mode, "ReplicatedJob")["TotalCompletions"] === "number";
  const { replicatedJob } = spec;
  return isStated
    ? spec
    : { ...spec, replicatedJob: { ...replicatedJob, totalCompletions: replicatedJob.maxConcurrent } };
}

function templateOf(task: TaskSpec | null, withDefaults: boolean): Building {
  const container = task?.container ?? null;
  const { healthcheck } = container ?? { healthcheck: null };
  return {
    ContainerSpec: {
      Image: container?.image ?? "",
      ...unlessEmpty("Healthcheck", unlessEmpty("Test", healthcheck?.test)),
      DNSConfig: {},
      Isolation: "default",
      ...unlessEmpty("Privileges", container === null ? null : toDockerPrivileges(container)),
      ...unlessEmpty("CapabilityAdd", container?.capabilityAdd),
      ...unlessEmpty("CapabilityDrop", container?.capabilityDrop),
    },
    Resources: { Limits: {}, Reservations: {} },
    // Not Docker's, where the delay is always the same.
    RestartPolicy: withDefaults && growsDelay(task?.restart ?? null) ? { MaxDelay: toNanos(RESTART_DELAY_MS_MAX) } : {},
    Placement: {
      ...unlessEmpty(
        "Platforms",
        task?.placement?.platforms.map(({ architecture, os }) => ({
          ...unlessEmpty("Architecture", architecture),
          OS: os,
        })),
      ),
    },
    ForceUpdate: task?.forceUpdate ?? 0,
    Runtime: "container",
  };
}

/** What a client that has asked the registry itself says of the image; the rest of it is in the table of fields. */
function placementOf(placement: DockerJson): TaskSpec["placement"] {
  const platforms = list<DockerJson>(placement["Platforms"]);
  const empty = emptySpec().task?.placement ?? null;
  if (platforms.length === 0 || empty === null) return null;
  return {
    ...empty,
    platforms: platforms.map((each) => ({ architecture: text(each["Architecture"]), os: text(each["OS"]) })),
  };
}

function modeOf(spec: ServiceSpec): DockerJson {
  // This build has no name for a mode of a newer manager.
  return spec.mode === undefined ? {} : { [SERVICE_MODES[spec.mode].docker]: {} };
}

function modeIn(json: DockerJson): ServiceMode {
  const name = Object.keys(json)[0];
  if (name === undefined) return "replicated";
  const modes = Object.entries(SERVICE_MODES) as [ServiceMode, { readonly docker: string }][];
  const known = modes.find(([, { docker }]) => docker === name);
  if (known === undefined) throw new SwarmError("invalidArgument", `services of mode ${name} are not supported`);
  return known[0];
}

/**
 * A Delay beside a MaxDelay was filled in by our `inspect`: it is where the default begins, and was not set by anyone.
 */
function withoutGrownDelay(json: DockerJson): DockerJson {
  const template = part(json, "TaskTemplate");
  const { Delay: _, ...restart } = part(template, "RestartPolicy");
  if (restart["MaxDelay"] === undefined) return json;
  return { ...json, TaskTemplate: { ...template, RestartPolicy: restart } };
}

function growsDelay(policy: RestartPolicy | null): boolean {
  if (policy === null) return true;
  return policy.delayMs === undefined && (policy.maxAttempts === 0 || policy.windowMs === 0);
}

function withHealthTest(spec: ServiceSpec, test: readonly string[]): ServiceSpec {
  const container = spec.task?.container;
  if (spec.task === null || !container || test.length === 0) return spec;
  const healthcheck = container.healthcheck ?? emptySpec().task?.container?.healthcheck ?? null;
  return {
    ...spec,
    task: { ...spec.task, container: { ...container, healthcheck: healthcheck && { ...healthcheck, test } } },
  };
}

function part(json: DockerJson, key: string): DockerJson {
  return (json[key] ?? {}) as DockerJson;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function list<Item = string>(value: unknown): readonly Item[] {
  return Array.isArray(value) ? (value as readonly Item[]) : [];
}
