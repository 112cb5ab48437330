import type { DockerJson } from "../../shared/docker-shape/common.ts";
import { SwarmError } from "../../shared/errors.ts";
import type { Config, ContentSpec, NetworkSpec, ServiceSpec } from "../../shared/rpc/gen/objects.ts";
import type { FoundSwarm } from "./found.ts";
import { configFrom, nameOfFound, networkFrom, serviceFrom } from "./from-docker.ts";

/** An object that was found, and what becomes of it. */
export type Item<Spec> =
  | { readonly name: string; readonly action: "create"; readonly spec: Spec }
  /** It is here, or in every swarm. */
  | { readonly name: string; readonly action: "keep"; readonly why: string }
  /** It is not made, and somebody has to see to it. */
  | { readonly name: string; readonly action: "leave"; readonly why: string };

export interface ImportPlan {
  readonly networks: readonly Item<NetworkSpec>[];
  readonly configs: readonly Item<ContentSpec>[];
  readonly secrets: readonly Item<never>[];
  readonly services: readonly Item<ServiceSpec>[];
  /** Sentences about what no object says. */
  readonly notes: readonly string[];
}

/** What this swarm has, in small letters as names are compared. */
export interface OwnState {
  readonly networks: ReadonlySet<string>;
  readonly configs: ReadonlyMap<string, Config>;
  readonly secrets: ReadonlySet<string>;
  readonly services: ReadonlySet<string>;
}

/** Networks that every swarm has: of these, Docker's are not made again. */
const PREDEFINED: ReadonlySet<string> = new Set(["host", "bridge", "none"]);
const OF_ONE_NODE = /\bnode\.id\s*==/;

export function planImport(found: FoundSwarm, here: OwnState): ImportPlan {
  const networks = found.networks.map((json) => planNetwork(json, here, found.pools));
  const configs = found.configs.map((json) => planConfig(json, here));
  const secrets = found.secrets.map((json) => planSecret(nameOfFound(json), here));
  const left: Left = { network: leftOf(networks), config: leftOf(configs), secret: leftOf(secrets) };
  const names = new Map(found.networks.map((json) => [String(json["Id"]), nameOfFound(json)]));
  const services = found.services.map((json) => planService(json, here, names, left));
  return { networks, configs, secrets, services, notes: notesOn(services) };
}

function planNetwork(json: DockerJson, here: OwnState, pools: FoundSwarm["pools"]): Item<NetworkSpec> {
  const name = nameOfFound(json);
  if (json["Ingress"] === true) return { name, action: "keep", why: "every swarm has its own for published ports" };
  if (PREDEFINED.has(name)) return { name, action: "keep", why: "every swarm has it" };
  if (here.networks.has(name.toLowerCase())) return { name, action: "keep", why: "a network of this name is here" };
  return readOr(name, () => networkFrom(json, pools));
}

function planConfig(json: DockerJson, here: OwnState): Item<ContentSpec> {
  const name = nameOfFound(json);
  const item = readOr(name, () => configFrom(json));
  const own = here.configs.get(name.toLowerCase());
  if (own === undefined || item.action !== "create") return item;
  return own.spec?.data.equals(item.spec.data) === true
    ? { name, action: "keep", why: "it is here" }
    : { name, action: "leave", why: "a config of this name with another content is here" };
}

function planSecret(name: string, here: OwnState): Item<never> {
  if (here.secrets.has(name.toLowerCase())) return { name, action: "keep", why: "a secret of this name is here" };
  const why = `Docker gives its content to nobody: swarmctl secret create ${name} FILE, then import again`;
  return { name, action: "leave", why };
}

type Left = Readonly<Record<"network" | "config" | "secret", ReadonlySet<string>>>;

function planService(
  json: DockerJson,
  here: OwnState,
  networkNames: ReadonlyMap<string, string>,
  left: Left,
): Item<ServiceSpec> {
  const name = nameOfFound(json);
  const item = readOr(name, () => serviceFrom(json, networkNames));
  if (item.action !== "create") return item;
  if (here.services.has(name.toLowerCase())) return { name, action: "keep", why: "a service of this name is here" };
  const { mode, task } = item.spec;
  if (mode === "replicatedJob" || mode === "globalJob") {
    return { name, action: "leave", why: "a job would be done once more: create it when that is wanted" };
  }
  const wanted = [
    ...(task?.networks ?? []).map(({ target }) => ["network", target] as const),
    ...(task?.container?.configs ?? []).map(({ sourceName }) => ["config", sourceName] as const),
    ...(task?.container?.secrets ?? []).map(({ sourceName }) => ["secret", sourceName] as const),
  ];
  const missing = wanted.filter(([kind, what]) => left[kind].has(what));
  if (missing.length === 0) return item;
  return { name, action: "leave", why: `it needs ${missing.map((pair) => pair.join(" ")).join(", ")}` };
}

function leftOf(items: readonly Item<unknown>[]): ReadonlySet<string> {
  return new Set(items.flatMap(({ name, action }) => (action === "leave" ? [name] : [])));
}

function readOr<Spec>(name: string, read: () => Spec): Item<Spec> {
  try {
    return { name, action: "create", spec: read() };
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    return { name, action: "leave", why: error.message };
  }
}

function notesOn(services: readonly Item<ServiceSpec>[]): readonly string[] {
  const notes: string[] = [];
  const volumes = new Set<string>();
  for (const item of services) {
    if (item.action !== "create") continue;
    const { task } = item.spec;
    for (const { type, source } of task?.container?.mounts ?? []) {
      if (type === "VOLUME" && source !== "") volumes.add(source);
      if (type === "BIND") notes.push(`service ${item.name} wants ${source} of its hosts: it must be there`);
    }
    if (task?.placement?.constraints.some((text) => OF_ONE_NODE.test(text)) === true)
      notes.push(
        `service ${item.name} is bound to a node of the other swarm by its id: its tasks wait until you change that`,
      );
  }
  if (volumes.size > 0) {
    const copy = "tar of /var/lib/docker/volumes/NAME/_data on their hosts, swarmctl volume import NAME FILE on these";
    notes.push(`the data of volumes stay where they are: ${[...volumes].sort().join(", ")} (${copy})`);
  }
  return notes;
}
