import type { NodeId } from "../../shared/ids.ts";
import type { Canary, Service, ServiceSpec } from "../../shared/objects/types.ts";
import { asksForCanary, canarySlots, isCanaryOfAll } from "../../shared/service-spec/canary.ts";
import { refuse } from "../../shared/spec-checks/refuse.ts";
import type { ReadView } from "../store/store-types.ts";
import { namespaceOf } from "./attachments.ts";
import { followed, heldBase } from "./canary.ts";
import { isIngress } from "./endpoint.ts";
import { isJob } from "./jobs.ts";
import { keepsTasks } from "./node-fitness.ts";
import { sameData } from "./same-data.ts";
import { slotPhase } from "./slot-phase.ts";
import { isGlobal, type Slot, slotsOf } from "./slots.ts";

/**
 * Most slots that a canary can have, unless it has all of them. They are listed in the service's record, which is
 * written again and again while an update is under way; and what a thousand tasks do not show, more will not either.
 */
export const CANARY_SLOTS_MAX = 1000;

/**
 * The canary of a service once it has this spec; null = the spec is for all slots, because nothing else is asked for,
 * or no slot would be replaced anyway. Chosen when the spec is written, not when the updater comes to it: a task that
 * crashes in between must not get the new spec.
 *
 * A canary that waits goes on under a spec that leaves the tasks as they are (another number of replicas), and tries
 * one that does not; either way the spec that it falls back to stays the one that ran everywhere.
 * @throws SwarmError invalidArgument when the new spec cannot be tried in some slots only.
 */
export function chooseCanary(view: ReadView, service: Service, spec: ServiceSpec): Canary | null {
  const wish = spec.update?.canary ?? "";
  // Docker's clients know nothing of canaries and leave the setting out: that must not end one. "0" does.
  const goesOn = service.canary !== null && wish === "";
  if (isJob(service) || !(asksForCanary(wish) || goesOn)) return null;
  const held = heldBase(service);
  const base = held === null ? service.spec : followed(held.base, service.spec, spec);
  const baseGeneration = held?.baseGeneration ?? service.generation;
  const all = slotsOf(service, view.tasksOfService(service.id));
  const everywhere: Service = { ...service, spec, generation: service.generation + 1, canary: null, preDeploy: null };
  const isNothingNew = all.every((slot) => slotPhase(view, everywhere, slot).phase === "updated");
  // One that waits is not over because the service was scaled down to its slots.
  if (service.canary === null && isNothingNew) return null;
  if (sameTasks(base, spec)) return null;
  checkSeparable(view, base, spec);
  const isAsBefore = goesOn || (service.spec.update?.canary === wish && sameTasks(service.spec, spec));
  const {
    slots,
    nodeIds,
    all: isAll,
  } = service.canary !== null && isAsBefore ? service.canary : choose(view, service, all, wish);
  return { slots, nodeIds, all: isAll, base, baseGeneration };
}

function choose(
  view: ReadView,
  service: Service,
  all: readonly Slot[],
  wish: string,
): Pick<Canary, "slots" | "nodeIds" | "all"> {
  if (isCanaryOfAll(wish)) return { slots: [], nodeIds: [], all: true };
  const places = isGlobal(service) ? all.filter(({ nodeId }) => isUpdated(view, nodeId)) : all;
  const count = canarySlots(wish, places.length);
  if (count > CANARY_SLOTS_MAX) {
    const { name } = service.spec.annotations;
    refuse(
      "invalidArgument",
      `a canary has at most ${CANARY_SLOTS_MAX} slots, or all of them (100%): ${wish} of service ${name} are ${count}`,
    );
  }
  const chosen = places.slice(0, count);
  return isGlobal(service)
    ? { slots: [], nodeIds: chosen.map(({ nodeId }) => nodeId), all: false }
    : { slots: chosen.map(({ slot }) => slot), nodeIds: [], all: false };
}

/** Updates leave paused, drained and lost nodes alone: a canary there would never come to run. */
function isUpdated(view: ReadView, nodeId: NodeId | ""): boolean {
  const node = nodeId === "" ? undefined : view.get("node", nodeId);
  return node !== undefined && keepsTasks(node) && node.spec.availability === "ACTIVE";
}

/** Whether tasks of one are as good as tasks of the other; networks come and go while they run. */
function sameTasks(a: ServiceSpec, b: ServiceSpec): boolean {
  return sameData({ ...a.task, networks: [] }, { ...b.task, networks: [] });
}

/** What a task has for its whole life and the service has only once cannot be of two kinds at the same time. */
function checkSeparable(view: ReadView, base: ServiceSpec, spec: ServiceSpec): void {
  const hostPorts = (of: ServiceSpec) => (of.endpoint?.ports ?? []).filter((port) => !isIngress(port));
  const hint = "update without a canary (`--update-canary 0`)";
  if (!sameData(hostPorts(base), hostPorts(spec))) {
    refuse("invalidArgument", `a canary cannot change ports that are published by hosts (mode=host): ${hint}`);
  }
  if (namespaceOf(view, base.task) !== namespaceOf(view, spec.task)) {
    refuse("invalidArgument", `a canary cannot change to or from the networks host and none: ${hint}`);
  }
}
