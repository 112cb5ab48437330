import { CONTENT_KINDS, type ContentKind } from "../../shared/objects/file-reference.ts";
import type { Labels } from "../../shared/objects/labels.ts";
import type { Network, Service } from "../../shared/rpc/gen/objects.ts";
import type { Content } from "../content/calls.ts";
import { inStack, isOfStack, serviceName } from "./names.ts";
import { type ContentStep, type FilledContent, nameOf, planContent } from "./plan-contents.ts";
import { type NetworkStep, networkName, planNetwork } from "./plan-networks.ts";
import type { StackState } from "./state.ts";
import type { Fault } from "./translate/notes.ts";
import type { WantedService, WantedStack } from "./translate/wanted.ts";

/** What a deployment does; services are compared later, when managers have said what they would store. */
export interface StackPlan {
  readonly networks: readonly NetworkStep[];
  readonly contents: readonly ContentStep[];
  readonly services: readonly ServicePlan[];
  /** Services and networks of the stack that the file does not name. */
  readonly prunable: { readonly services: readonly Service[]; readonly networks: readonly Network[] };
  /** Secrets and configs of the stack that nothing wants any more: they go when no service uses them. */
  readonly leftovers: readonly { readonly kind: ContentKind; readonly object: Content }[];
}

/** A service of the file, with the names that its secrets and configs have now. */
export interface ServicePlan {
  readonly wanted: WantedService;
  readonly present: Service | null;
}

/** Everything that is in the way is a fault, so that nothing is begun that cannot be ended. */
export function planStack(
  wanted: WantedStack,
  state: StackState,
  filled: readonly FilledContent[],
  place: (...path: readonly string[]) => Fault["place"],
): { readonly plan: StackPlan; readonly faults: readonly Fault[] } {
  const { stack } = wanted;
  const faults: Fault[] = [];
  const noted = <Step>(step: Step | string, ...path: readonly string[]): readonly Step[] => {
    if (typeof step !== "string") return [step];
    faults.push({ place: place(...path), sentence: step, isUnsupported: false });
    return [];
  };
  const networks = wanted.networks.flatMap((network) =>
    noted(planNetwork(network, stack, state.networks), "networks", network.key),
  );
  const contents = filled.flatMap((content) => {
    const { kind, key } = content.wanted;
    return noted(planContent(content, stack, state.contents[kind]), `${kind}s`, key);
  });
  const services = wanted.services.flatMap((service) =>
    noted(planService(service, stack, state.services, contents, filled), "services", service.key),
  );
  const kept = new Set(
    [...networks, ...contents].flatMap((step) => (step.action === "create" ? [] : [step.object.id])),
  );
  const named = new Set(services.map(({ present }) => present?.id));
  const isOurs = ({ spec }: { readonly spec: { readonly annotations: { readonly labels: Labels } | null } | null }) =>
    isOfStack(stack, spec?.annotations?.labels);
  return {
    plan: {
      networks,
      contents,
      services,
      prunable: {
        services: state.services.filter((service) => isOurs(service) && !named.has(service.id)),
        networks: state.networks.filter((network) => isOurs(network) && !kept.has(network.id)),
      },
      leftovers: CONTENT_KINDS.flatMap((kind) =>
        state.contents[kind]
          .filter((object) => isOurs(object) && !kept.has(object.id))
          .map((object) => ({ kind, object })),
      ),
    },
    faults,
  };
}

function planService(
  wanted: WantedService,
  stack: string,
  services: readonly Service[],
  contents: readonly ContentStep[],
  filled: readonly FilledContent[],
): ServicePlan | string {
  const name = inStack(stack, wanted.key);
  const present = services.find((service) => serviceName(service).toLowerCase() === name.toLowerCase()) ?? null;
  if (present !== null && !isOfStack(stack, present.spec?.annotations?.labels))
    return `service ${name} exists already and is not of stack ${stack}`;
  if (present !== null && present.spec?.mode !== wanted.spec.mode)
    return `service ${name} is ${present.spec?.mode} and cannot become ${wanted.spec.mode}: remove it first`;
  return { wanted: { ...wanted, spec: withLiveRules(withForms(wanted, contents, filled), present) }, present };
}

/**
 * Rules by which a number of tasks changes that the file does not give (deploy.x-swarm.autoscale): without them here,
 * each deployment of it would end what `service update --autoscale` began.
 */
function withLiveRules(spec: WantedService["spec"], present: Service | null): WantedService["spec"] {
  const live = present?.spec ?? null;
  if (spec.mode !== "replicated" || live?.mode !== "replicated") return spec;
  const autoscale = spec.replicated?.autoscale || (live.replicated?.autoscale ?? "");
  return { ...spec, replicated: { ...spec.replicated, autoscale } };
}

/** Its secrets and configs under the names that they have, or will have. */
function withForms(
  { spec }: WantedService,
  contents: readonly ContentStep[],
  filled: readonly FilledContent[],
): WantedService["spec"] {
  const { task } = spec;
  if (task === null || task.container === null) return spec;
  const names = { secret: new Map<string, string>(), config: new Map<string, string>() };
  for (const step of contents) {
    const plain = filled.find(({ wanted }) => wanted.kind === step.kind && wanted.key === step.key)?.wanted.name;
    if (plain !== undefined) names[step.kind].set(plain, stepName(step));
  }
  const { container } = task;
  const secrets = container.secrets.map((use) => ({
    ...use,
    sourceName: names.secret.get(use.sourceName) ?? use.sourceName,
  }));
  const configs = container.configs.map((use) => ({
    ...use,
    sourceName: names.config.get(use.sourceName) ?? use.sourceName,
  }));
  return { ...spec, task: { ...task, container: { ...container, secrets, configs } } };
}

export function stepName(step: ContentStep): string {
  return nameOf(step.action === "create" ? step : step.object);
}

/** Names of what is not there yet: no manager can find it. */
export function newNames({ networks, contents, services }: StackPlan): {
  readonly service: ReadonlySet<string>;
  readonly network: ReadonlySet<string>;
  readonly secret: ReadonlySet<string>;
  readonly config: ReadonlySet<string>;
} {
  const made = (kind: ContentStep["kind"]): ReadonlySet<string> =>
    new Set(contents.flatMap((step) => (step.action === "create" && step.kind === kind ? [stepName(step)] : [])));
  return {
    service: new Set(
      services.flatMap(({ wanted, present }) => (present === null ? [serviceName({ id: "", spec: wanted.spec })] : [])),
    ),
    network: new Set(
      networks.flatMap((step) => (step.action === "create" ? [networkName({ id: "", spec: step.spec })] : [])),
    ),
    secret: made("secret"),
    config: made("config"),
  };
}
