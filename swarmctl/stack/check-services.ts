import { SwarmError } from "../../shared/errors.ts";
import { mustHave } from "../../shared/invariant.ts";
import { labelOf } from "../../shared/objects/labels.ts";
import type { PortConfig, Service, ServiceSpec } from "../../shared/rpc/gen/objects.ts";
import { ANYWHERE } from "../../shared/service-spec/defaults.ts";
import type { Cli } from "../cli.ts";
import { isSame } from "../same.ts";
import { IMAGE_LABEL } from "./names.ts";
import { newNames, type ServicePlan, type StackPlan } from "./plan.ts";
import type { Fault } from "./translate/notes.ts";

/** When managers ask registries for the digests of images. */
export type ResolveImage = "always" | "changed" | "never";

/** A service, and what of it is to be written. */
export interface CheckedService extends ServicePlan {
  readonly action: "create" | "update" | "keep";
  /** What a manager would store, with what is not there yet by name. */
  readonly spec: ServiceSpec;
}

/** A manager may have to ask a slow registry for the image's digest. */
const CHECK_TIMEOUT_MS = 60_000;

/**
 * Has managers check every service before anything is written, and compares what they would store with what they have:
 * one that is the same is not touched.
 */
export async function checkServices(
  cli: Cli,
  plan: StackPlan,
  options: { readonly resolve: ResolveImage; readonly prunes: boolean },
  place: (...path: readonly string[]) => Fault["place"],
): Promise<{ readonly services: readonly CheckedService[]; readonly faults: readonly Fault[] }> {
  const control = await cli.api.control();
  const fresh = newNames(plan);
  const freed = options.prunes ? plan.prunable.services.flatMap(({ endpoint }) => endpoint?.ports ?? []) : [];
  const faults: Fault[] = [];
  const services: CheckedService[] = [];
  for (const service of plan.services) {
    const { wanted, present } = service;
    const asked = carryOver(wanted.spec, present, options.resolve);
    const { known, unknown } = split(asked, fresh, freed);
    try {
      const { spec, warnings } = await control.checkService(
        { ref: present?.id ?? "", spec: known, noResolveImage: wanted.isImageLocal || options.resolve === "never" },
        { signal: cli.signal, timeoutMs: CHECK_TIMEOUT_MS },
      );
      for (const warning of warnings) cli.output.warn(`Warning: ${warning}`);
      const checked = join(mustHave(spec, "the spec of the answer"), asked, unknown);
      const isKept = present !== null && isSame(checked, present.spec);
      services.push({ ...service, spec: checked, action: present === null ? "create" : isKept ? "keep" : "update" });
    } catch (error) {
      if (!(error instanceof SwarmError) || !isAboutSpec(error)) throw error;
      const sentence = `service ${wanted.key}: ${sentenceOf(error)}`;
      faults.push({ place: place("services", wanted.key), sentence, isUnsupported: false });
    }
  }
  return { services, faults };
}

/** Not the connection, nor the state of the cluster. */
function isAboutSpec({ code, detail }: SwarmError): boolean {
  if (detail?.kind === "imageNotLookedUp") return true;
  return code === "invalidArgument" || code === "notFound" || code === "alreadyExists" || code === "failedPrecondition";
}

/** With the flag that stacks have for it. */
function sentenceOf({ message, detail }: SwarmError): string {
  if (detail?.kind !== "imageNotLookedUp") return message;
  const { image, reason } = detail;
  return `image ${image} could not be looked up: ${reason}; try again, or use --resolve-image never to let each host look for itself`;
}

/** What a file does not say and an update must not lose. */
function carryOver(spec: ServiceSpec, present: Service | null, resolve: ResolveImage): ServiceSpec {
  const [task, before] = [spec.task, present?.spec?.task];
  if (!task || !before) return spec;
  const carried = { ...task, forceUpdate: before.forceUpdate };
  const image = task.container?.image ?? "";
  const isImageKept = resolve === "changed" && labelOf(present?.spec?.annotations?.labels, IMAGE_LABEL) === image;
  if (!isImageKept || !carried.container || !before.container) return { ...spec, task: carried };
  return {
    ...spec,
    task: {
      ...carried,
      container: { ...carried.container, image: before.container.image },
      placement: { ...(carried.placement ?? ANYWHERE), platforms: before.placement?.platforms ?? [] },
    },
  };
}

interface Unknown {
  readonly networks: NonNullable<ServiceSpec["task"]>["networks"];
  readonly secrets: NonNullable<NonNullable<ServiceSpec["task"]>["container"]>["secrets"];
  readonly configs: Unknown["secrets"];
  readonly ports: readonly PortConfig[];
  readonly dependsOn: ServiceSpec["dependsOn"];
}

/** Apart: what no manager knows yet, and ports that are only free once other services are removed. */
function split(
  spec: ServiceSpec,
  fresh: ReturnType<typeof newNames>,
  freed: readonly PortConfig[],
): { readonly known: ServiceSpec; readonly unknown: Unknown } {
  const { task, endpoint } = spec;
  const container = mustHave(task?.container, "the container of a task spec");
  const isFreed = (port: PortConfig): boolean =>
    freed.some((other) => other.publishedPort === port.publishedPort && other.protocol === port.protocol);
  const unknown = {
    networks: (task?.networks ?? []).filter(({ target }) => fresh.network.has(target)),
    secrets: container.secrets.filter(({ sourceName }) => fresh.secret.has(sourceName)),
    configs: container.configs.filter(({ sourceName }) => fresh.config.has(sourceName)),
    ports: (endpoint?.ports ?? []).filter(isFreed),
    dependsOn: spec.dependsOn.filter(({ service }) => fresh.service.has(service)),
  };
  const without = <Item>(all: readonly Item[], some: readonly Item[]): readonly Item[] =>
    all.filter((each) => !some.includes(each));
  return {
    unknown,
    known: {
      ...spec,
      task: {
        ...mustHave(task, "the task of a service spec"),
        networks: without(task?.networks ?? [], unknown.networks),
        container: {
          ...container,
          secrets: without(container.secrets, unknown.secrets),
          configs: without(container.configs, unknown.configs),
        },
      },
      endpoint: endpoint && { ...endpoint, ports: without(endpoint.ports, unknown.ports) },
      dependsOn: without(spec.dependsOn, unknown.dependsOn),
    },
  };
}

/** In the order of the file, which the next deployment has again. */
function join(spec: ServiceSpec, asked: ServiceSpec, unknown: Unknown): ServiceSpec {
  const task = mustHave(spec.task, "the task of a service spec");
  const container = mustHave(task.container, "the container of a task spec");
  const before = asked.task?.container;
  return {
    ...spec,
    task: {
      ...task,
      networks: woven(asked.task?.networks ?? [], unknown.networks, task.networks),
      container: {
        ...container,
        secrets: woven(before?.secrets ?? [], unknown.secrets, container.secrets),
        configs: woven(before?.configs ?? [], unknown.configs, container.configs),
      },
    },
    endpoint: spec.endpoint && {
      ...spec.endpoint,
      ports: woven(asked.endpoint?.ports ?? [], unknown.ports, spec.endpoint.ports),
    },
    dependsOn: woven(asked.dependsOn, unknown.dependsOn, spec.dependsOn),
  };
}

/** All that was asked for: what is unknown as it was, everything else as it was answered. */
function woven<Item>(asked: readonly Item[], unknown: readonly Item[], answered: readonly Item[]): readonly Item[] {
  const left = answered.values();
  return asked.map((each) => (unknown.includes(each) ? each : (left.next().value ?? each)));
}
