import { createId, type NetworkId } from "../../shared/ids.ts";
import { mustHave } from "../../shared/invariant.ts";
import { blocksOverlap, toBlock } from "../../shared/ip-block.ts";
import { KINDS } from "../../shared/objects/kinds.ts";
import { hasLabels } from "../../shared/objects/labels.ts";
import { driverOf, isPredefined, requestedVni, scopeOf } from "../../shared/objects/network.ts";
import { isFinal } from "../../shared/objects/task-state.ts";
import type { Guest, Network, NetworkSpec, Service } from "../../shared/objects/types.ts";
import type { CreateNetworkRequest, ListNetworksRequest, UpdateNetworkRequest } from "../../shared/rpc/gen/control.ts";
import type { NetworkSpec as WireSpec } from "../../shared/rpc/gen/objects.ts";
import { check, refuse } from "../../shared/spec-checks/refuse.ts";
import { takeNetworkUpdate, takeNewNetwork } from "../../shared/spec-checks/validate-network.ts";
import type { ReadView } from "../store/store-types.ts";
import { updateExpecting } from "../store/version-check.ts";
import { isIngress } from "../tasks/endpoint.ts";
import { mayRollBack } from "../tasks/policies.ts";
import { type ApiContext, readCommitted } from "./api-context.ts";
import { anyOrNone, isAskedFor } from "./filters.ts";
import { checkApart, networksOf } from "./network-overlap.ts";
import { findObject } from "./reference.ts";

/** In a sentence about a network that is in use. */
const NAMES_SHOWN_MAX = 10;

/** With the own containers of hosts that are on it. */
export async function getNetwork(
  api: ApiContext,
  ref: string,
): Promise<{ readonly network: Network; readonly guests: readonly Guest[] }> {
  const view = await readCommitted(api);
  const network = findObject(view, "network", ref);
  return { network, guests: view.referring("guest", "network", network.id) };
}

export async function listNetworks(api: ApiContext, filter: ListNetworksRequest): Promise<readonly Network[]> {
  const view = await readCommitted(api);
  return view.all("network").filter((network) => {
    const { spec } = network;
    return (
      isAskedFor("network", network, filter) &&
      hasLabels(filter.labels, spec.annotations.labels) &&
      anyOrNone(filter.drivers, (driver) => driver === driverOf(spec)) &&
      anyOrNone(filter.scopes, (scope) => scope === scopeOf(spec)) &&
      anyOrNone(filter.types, (type) => type === (isPredefined(spec) ? "builtin" : "custom")) &&
      (filter.dangling === undefined || filter.dangling === isDangling(view, network))
    );
  });
}

/** @throws SwarmError invalidArgument; alreadyExists for a name, overlay number or ingress network that is taken. */
export async function createNetwork(api: ApiContext, request: CreateNetworkRequest): Promise<Network> {
  const spec = takeNewNetwork(takeSpec(request.spec));
  const id = createId<NetworkId>(api.random);
  await api.store.update("create network", (tx) => {
    const { name } = spec.annotations;
    if (tx.byName("network", name) !== undefined) {
      refuse("alreadyExists", `network ${name} already exists: choose another name`);
    }
    const networks = tx.all("network");
    const ingress = spec.ingress ? networks.find((network) => network.spec.ingress) : undefined;
    if (ingress !== undefined) {
      refuse("alreadyExists", `network ${ingress.spec.annotations.name} is the ingress network: remove it first`);
    }
    const vni = requestedVni(spec);
    const holder =
      vni === null ? undefined : networks.find((network) => network.vni === vni || requestedVni(network.spec) === vni);
    if (holder !== undefined) {
      refuse("alreadyExists", `overlay number ${vni} is already used by network ${holder.spec.annotations.name}`);
    }
    tx.create("network", { id, meta: { version: 0, createdAtMs: 0, updatedAtMs: 0 }, spec, vni: 0, subnets: [] });
  });
  return newest(api, id);
}

/** Changes labels and adds blocks. @throws SwarmError invalidArgument, notFound, aborted. */
export async function updateNetwork(api: ApiContext, request: UpdateNetworkRequest): Promise<Network> {
  check(request.version > 0, "an update needs the version of the network that was read (meta.version)");
  const asked = takeSpec(request.spec);
  const { id } = findObject(await readCommitted(api), "network", request.ref);
  await updateExpecting(
    api.store,
    "update network",
    { kind: "network", id, version: request.version },
    (tx, network) => {
      const { name } = network.spec.annotations;
      if (isPredefined(network.spec))
        refuse("failedPrecondition", `network ${name} is predefined: it cannot be changed`);
      const spec = takeNetworkUpdate(network.spec, asked);
      const added = spec.subnets.slice(network.spec.subnets.length);
      for (const { cidr } of added) {
        const clash = network.subnets.find((other) => overlap(other.cidr, cidr));
        check(clash === undefined, `subnet ${cidr} overlaps with ${clash?.cidr}, which network ${name} has already`);
      }
      const next = { ...network, spec };
      for (const service of added.length === 0 ? [] : servicesOn(tx, network)) {
        checkApart(networksOf(tx, service.spec).map((other) => (other.id === id ? next : other)));
      }
      tx.update("network", next);
    },
  );
  return newest(api, id);
}

/**
 * @throws SwarmError notFound; failedPrecondition while somebody uses it, naming who does, and for predefined ones.
 */
export async function removeNetwork(api: ApiContext, ref: string): Promise<void> {
  await api.store.update("remove network", (tx) => {
    const network = findObject(tx, "network", ref);
    const { name } = network.spec.annotations;
    if (isPredefined(network.spec)) refuse("failedPrecondition", `network ${name} is predefined: it cannot be removed`);
    const services = servicesOn(tx, network).map(({ spec }) => spec.annotations.name);
    if (services.length > 0) {
      const users = `${services.length === 1 ? "service" : "services"} ${services.sort().join(", ")}`;
      const why = network.spec.ingress ? `carries the published ports of ${users}` : `is in use by ${users}`;
      refuse("failedPrecondition", `network ${name} ${why}`);
    }
    const tasks = tasksOn(tx, network);
    if (tasks > 0) {
      refuse(
        "failedPrecondition",
        `network ${name} is in use by ${tasks === 1 ? "a task" : `${tasks} tasks`} that ${tasks === 1 ? "has" : "have"} not ended yet: try again in a moment`,
      );
    }
    const guests = tx.referring("guest", "network", network.id);
    if (guests.length > 0) {
      const names = guests.map((guest) => `${KINDS.guest.nameOf(guest)} on ${hostOf(tx, guest)}`).sort();
      const shown = names.slice(0, NAMES_SHOWN_MAX).join(", ");
      const more = names.length > NAMES_SHOWN_MAX ? ` and ${names.length - NAMES_SHOWN_MAX} more` : "";
      const users = `${names.length === 1 ? "container" : "containers"} ${shown}${more}`;
      refuse("failedPrecondition", `network ${name} is in use by ${users}`);
    }
    tx.remove("network", network.id);
  });
}

/** Services whose tasks join it, or would after a rollback that may still come. */
export function servicesOn(view: ReadView, network: Network): readonly Service[] {
  const users = new Set(view.referring("service", "network", network.id));
  for (const service of view.all("service")) {
    if (network.spec.ingress && (service.spec.endpoint?.ports.some(isIngress) ?? false)) users.add(service);
    const previous = mayRollBack(service) ? service.previousSpec : null;
    if (previous?.task.networks.some(({ target }) => target === network.id) === true) users.add(service);
  }
  return [...users];
}

function hostOf(view: ReadView, { nodeId }: Guest): string {
  return view.get("node", nodeId)?.description?.hostname ?? nodeId;
}

function tasksOn(view: ReadView, network: Network): number {
  return view.referring("task", "network", network.id).filter(({ status }) => !isFinal(status.state)).length;
}

/** Nothing uses it, and it is one of those that people make and may remove. */
function isDangling(view: ReadView, network: Network): boolean {
  if (isPredefined(network.spec) || network.spec.ingress) return false;
  if (view.referring("guest", "network", network.id).length > 0) return false;
  return servicesOn(view, network).length === 0 && tasksOn(view, network) === 0;
}

function overlap(a: string, b: string): boolean {
  const [one, other] = [toBlock(a), toBlock(b)];
  return one !== null && other !== null && blocksOverlap(one, other);
}

function takeSpec(wire: WireSpec | null): NetworkSpec {
  check(wire !== null, "the request holds no network spec");
  return { ...wire, annotations: wire.annotations ?? { name: "", labels: {} } };
}

function newest(api: ApiContext, id: NetworkId): Network {
  return mustHave(api.store.view().get("network", id), `network ${id}`);
}
