import type { NodeId } from "../../shared/ids.ts";
import type { Canary, PreDeployStatus, Service, ServiceSpec } from "../../shared/objects/types.ts";
import { sameData } from "./same-data.ts";

/** A place of a service: the number of its slot, or of a global service a node. */
export interface Place {
  readonly slot: number;
  readonly nodeId: NodeId | "";
}

/**
 * The service as it concerns one place: while a canary tries a spec, tasks of the other places are made of the spec
 * before, restarted by it and compared with it. Whoever judges or makes a task asks here, so that a crash or a lost
 * host in the meantime does not spread a spec that is only being tried.
 *
 * Only what a task is made of is held back. Replicas, labels, published ports and networks concern the service as a
 * whole and are followed without a restart, so they are those of the present spec everywhere.
 */
export function serviceAt(service: Service, place: Place): Service {
  return isHeldBack(service, place) ? heldBackForm(service) : service;
}

/**
 * Whether the place is to run the spec before, because a canary tries the present one elsewhere, or its pre-deploy
 * command has not succeeded.
 */
export function isHeldBack({ canary, spec, preDeploy }: Service, { slot, nodeId }: Place): boolean {
  if (isAwaited(preDeploy) && preDeploy.base !== null) return true;
  if (canary === null || canary.all) return false;
  const { slots, nodeIds } = placesOf(canary);
  return spec.mode === "global" ? !nodeIds.has(nodeId) : !slots.has(slot);
}

/** Whether a pre-deploy command has yet to succeed. */
export const isAwaited = (preDeploy: PreDeployStatus | null): preDeploy is PreDeployStatus =>
  preDeploy !== null && preDeploy.state !== "SUCCEEDED";

/** What tasks are made of where the present spec is held back, and gone back to if it fails; null = nothing is held. */
export function heldBase({
  canary,
  preDeploy,
}: Service): { readonly base: ServiceSpec; readonly baseGeneration: number } | null {
  if (!isAwaited(preDeploy) || preDeploy.base === null) return canary;
  return { base: preDeploy.base, baseGeneration: preDeploy.baseGeneration };
}

/** What a later change says of the service as a whole holds, whatever becomes of the spec that is tried. */
export function followed(base: ServiceSpec, before: ServiceSpec, after: ServiceSpec): ServiceSpec {
  const changed = Object.entries(after).filter(
    ([key, value]) => key !== "task" && !sameData(value, (before as Record<string, unknown>)[key]),
  );
  return { ...base, ...Object.fromEntries(changed) } as ServiceSpec;
}

interface CanaryPlaces {
  readonly slots: ReadonlySet<number>;
  readonly nodeIds: ReadonlySet<string>;
}

/** Derived from objects that are never changed in place, and asked for once for each task: so each is made once. */
const placesByCanary = new WeakMap<Canary, CanaryPlaces>();
const formByService = new WeakMap<Service, Service>();

function placesOf(canary: Canary): CanaryPlaces {
  let places = placesByCanary.get(canary);
  if (places === undefined) {
    places = { slots: new Set(canary.slots), nodeIds: new Set(canary.nodeIds) };
    placesByCanary.set(canary, places);
  }
  return places;
}

function heldBackForm(service: Service): Service {
  const held = heldBase(service);
  if (held === null) return service;
  let form = formByService.get(service);
  if (form === undefined) {
    const task = { ...held.base.task, networks: service.spec.task.networks };
    const spec: ServiceSpec = { ...service.spec, task };
    form = { ...service, spec, generation: held.baseGeneration };
    formByService.set(service, form);
  }
  return form;
}
