import { fromEndpointSettings } from "../../shared/docker-shape/endpoint-settings.ts";
import { fieldOf } from "../../shared/docker-shape/json-shape.ts";
import { fromDockerNetwork } from "../../shared/docker-shape/network-json.ts";
import { SwarmError } from "../../shared/errors.ts";
import { mustHave } from "../../shared/invariant.ts";
import { isKeptByUsers } from "../../shared/network-users.ts";
import { hasLabel } from "../../shared/objects/labels.ts";
import { predefinedNetworks } from "../../shared/objects/local-network.ts";
import { isPredefined } from "../../shared/objects/network.ts";
import { sleep } from "../../shared/ports/clock.ts";
import { type Answer, empty, json } from "../answer.ts";
import { requireJson } from "../body.ts";
import { StatusError } from "../errors.ts";
import { filterInstant } from "../filter-values.ts";
import { checkFilters } from "../query.ts";
import { type Call, param } from "../route.ts";
import { allNetworks, findNetwork, type Known, networksHere, ofSwarm } from "./known-networks.ts";

/** Tasks that end have 10 s before they are killed, unless their service says otherwise. */
const ENDING_MS_MAX = 20_000;
const LOOK_AGAIN_MS = 200;

/** Of Docker, offered or not; any other is that of a plugin. */
const DRIVERS: ReadonlySet<string> = new Set([
  ...["", "default", "bridge", "overlay", "host", "none", "null", "macvlan", "ipvlan"],
]);

export async function create(call: Call): Promise<Answer> {
  const { scope, spec } = fromDockerNetwork(await requireJson(call.body));
  const { signal, backend } = call;
  const name = spec.annotations?.name ?? "";
  if (predefinedNetworks().some(({ spec: own }) => own?.annotations?.name === name)) {
    throw new StatusError(403, `operation is not permitted on predefined ${name} network`);
  }
  if (!DRIVERS.has(spec.driver ?? ""))
    throw new SwarmError("notFound", `plugin ${JSON.stringify(spec.driver)} not found`);
  // One name means one network, whoever has it.
  const clash = (await allNetworks(call)).find((known) => nameOf(known) === name);
  if (clash !== undefined) throw new SwarmError("alreadyExists", `network with name ${name} already exists`);
  if (scope === "local") {
    const { network } = await networksHere(call).create({ spec }, { signal });
    return json({ Id: mustHave(network, "the network of an answer").id, Warning: "" }, 201);
  }
  const made = await ofSwarm(() => backend.control.createNetwork({ spec }, { signal }));
  if (made === null) {
    const sentence = `This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.`;
    throw new StatusError(503, sentence);
  }
  return json({ Id: mustHave(made.network, "the network of an answer").id, Warning: "" }, 201);
}

export async function remove(call: Call): Promise<Answer> {
  const { signal } = call;
  const known = await findNetwork(call, param(call, "id"));
  const { id } = known.network;
  if (known.kind === "swarm" && known.network.spec !== null && isPredefined(known.network.spec))
    throw new StatusError(403, `${nameOf(known)} is a pre-defined network and cannot be removed`);
  await forbidden(async () => {
    if (known.kind === "local") await networksHere(call).remove({ ref: id }, { signal });
    else await removeOnceEnded(call, id);
  });
  return empty();
}

/**
 * `docker stack rm` removes services and, at once, their networks, while the tasks on these are still ending: that is
 * waited for, and a network that a service wants, or a container that nobody ends, is refused at once.
 */
async function removeOnceEnded({ backend, clock, signal }: Call, ref: string): Promise<void> {
  const untilMs = clock.now() + ENDING_MS_MAX;
  for (;;) {
    try {
      await backend.control.removeNetwork({ ref }, { signal });
      return;
    } catch (error) {
      if (!(error instanceof SwarmError) || error.code !== "failedPrecondition" || clock.now() >= untilMs) throw error;
      const { services } = await backend.control.listServices({}, { signal }).catch(() => ({ services: null }));
      const { guests } = await backend.control.getNetwork({ ref }, { signal });
      if (services === null || isKeptByUsers(ref, services, guests)) throw error;
    }
    await sleep(clock, LOOK_AGAIN_MS, "http api: tasks on a network", signal);
  }
}

export async function connect(call: Call): Promise<Answer> {
  const body = await requireJson(call.body);
  const network = await toJoin(call);
  const endpoint = fromEndpointSettings(network, fieldOf(body, "EndpointConfig"));
  const request = { container: String(fieldOf(body, "Container") ?? ""), endpoint };
  await forbidden(() => networksHere(call).connect(request, { signal: call.signal }));
  return empty(200);
}

export async function disconnect(call: Call): Promise<Answer> {
  const body = await requireJson(call.body);
  const network = await toJoin(call);
  const container = String(fieldOf(body, "Container") ?? "");
  // Docker's force is for endpoints that are stuck, which there are none of; who is not on it is refused all the same.
  const request = { container, network, force: false };
  await forbidden(() => networksHere(call).disconnect(request, { signal: call.signal }));
  return empty(200);
}

export async function prune(call: Call): Promise<Answer> {
  const { query, signal, backend } = call;
  const filters = query.filters();
  checkFilters(filters, ["until", "label", "label!"]);
  const untilMs = filterInstant(filters, "until", call) ?? 0;
  const [labels, withoutLabels] = [filters.get("label") ?? [], filters.get("label!") ?? []];
  const local = await networksHere(call).prune({ untilMs, labels, withoutLabels }, { signal });
  const removed = [...local.removed];
  const asked = { labels, types: ["custom"], dangling: true };
  const ofManagers = await ofSwarm(() => backend.control.listNetworks(asked, { signal }));
  for (const { id, meta, spec } of ofManagers?.networks ?? []) {
    const has = spec?.annotations?.labels ?? {};
    if (untilMs > 0 && (meta?.createdAtMs ?? 0) >= untilMs) continue;
    if (withoutLabels.some((label) => hasLabel(has, label))) continue;
    // Somebody may have come to use it meanwhile.
    const gone = await backend.control.removeNetwork({ ref: id }, { signal }).catch((error: unknown) => {
      if (!(error instanceof SwarmError) || !["failedPrecondition", "notFound"].includes(error.code)) throw error;
      return null;
    });
    if (gone !== null) removed.push(spec?.annotations?.name ?? id);
  }
  return json({ NetworksDeleted: removed.length === 0 ? null : removed });
}

/**
 * Id of the network that a container is to join or leave. On a host that is no manager its engine alone knows networks
 * of the swarm. @throws SwarmError unimplemented for a predefined one.
 */
async function toJoin(call: Call): Promise<string> {
  const ref = param(call, "id");
  const known = await findNetwork(call, ref).catch((error: unknown) => {
    if (error instanceof SwarmError && error.code === "notFound") return null;
    throw error;
  });
  if (known === null) return ref;
  const { id, spec } = known.network;
  if (known.kind === "local" || spec === null || !isPredefined(spec)) return id;
  throw new SwarmError(
    "unimplemented",
    `network ${nameOf(known)} is none that people made: containers are connected to such networks alone`,
  );
}

/** What the state of things does not allow is forbidden (403), as dockerd has it with networks. */
async function forbidden(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    if (error.code !== "failedPrecondition" && error.code !== "alreadyExists") throw error;
    throw new StatusError(403, error.message, { cause: error });
  }
}

function nameOf({ network }: Known): string {
  return network.spec?.annotations?.name ?? network.id;
}
