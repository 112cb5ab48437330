import type { ServiceId } from "../../shared/ids.ts";
import type { Network, Service } from "../../shared/objects/types.ts";
import type { ServiceProgress, SlotProgress } from "../../shared/rpc/gen/control.ts";
import type { ReadView } from "../store/store-types.ts";
import { ingressOf, isConnected, isServed } from "./attachments.ts";
import { isAwaited } from "./canary.ts";
import { isJob, isWantedToRun, leftFromEarlierRuns } from "./jobs.ts";
import { placesOf } from "./places.ts";
import { isInRollback, monitorMsOf } from "./policies.ts";
import { endedByItself } from "./restart-rules.ts";
import { slotPhase } from "./slot-phase.ts";
import { isDoneJob, isGlobal, isOver, type Slot } from "./slots.ts";

/** Slots that are listed one by one (control.proto states it, too): about 100 KB, where a message may hold 16 MB. */
export const PROGRESS_SLOTS_MAX = 500;
/** Ended tasks that are named for each slot: as many as it takes to call a slot hopeless. */
export const PROGRESS_ENDS_MAX = 3;

/**
 * How far a service is from what its spec wants. It uses the rules of the loops themselves (places, slot phases,
 * restart rules), so that no one is told "converged" while a loop still has something to do.
 */
export function serviceProgress(view: ReadView, serviceId: ServiceId): ServiceProgress {
  const service = view.get("service", serviceId);
  if (service === undefined) return { ...NO_PROGRESS, version: view.version, removed: true };
  const { kept, open, surplus } = placesOf(view, service);
  const ingress = ingressOf(view);
  const places = [...kept, ...open].filter((slot) => isUpdated(view, service, slot));
  const slots = places.map((slot) => lookAt(view, service, slot, ingress)).sort(byPlace);
  const isSettled =
    slots.every(({ isDone }) => isDone) &&
    surplus.every(({ runnable }) => runnable.length === 0) &&
    leftFromEarlierRuns(view, service).length === 0;
  return {
    version: view.version,
    removed: false,
    name: service.spec.annotations.name,
    generation: service.generation,
    global: isGlobal(service),
    running: slots.filter(({ progress }) => progress.running).length,
    wanted: slots.length,
    slots: mostTelling(slots.map(({ progress }) => progress)),
    // Whoever gave it a schedule is told of its first run.
    converged:
      (service.spec.schedule === null || service.jobStatus?.nextRunMs !== 0) &&
      isSettled &&
      !isAwaited(service.preDeploy) &&
      (slots.length === 0 || isServed(view, service)),
    updateStatus: service.updateStatus,
    // A rollback that people asked for keeps the spec it came from, so that they can go forward again.
    rolledBack: isInRollback(service) && service.previousSpec === null,
    troubles: service.troubles,
    monitorMs: monitorMsOf(service),
    job: isJob(service),
    completed: isJob(service) ? places.filter(isDoneJob).length : 0,
    // What it waits for is judged by the progress of others: see manager/api/watch-progress.ts.
    waiting: "",
    nextRunMs: service.jobStatus?.nextRunMs ?? 0,
  };
}

/** For a service about which nothing can be said. */
export const NO_PROGRESS: ServiceProgress = {
  version: 0,
  removed: false,
  name: "",
  generation: 0,
  global: false,
  running: 0,
  wanted: 0,
  slots: [],
  converged: false,
  updateStatus: null,
  rolledBack: false,
  troubles: [],
  monitorMs: 0,
  job: false,
  completed: 0,
  waiting: "",
  nextRunMs: 0,
};

/** host2 before host10. */
const COLLATOR = new Intl.Collator("en", { numeric: true });

function byPlace(a: LookedAt, b: LookedAt): number {
  return a.slot - b.slot || COLLATOR.compare(a.progress.name, b.progress.name);
}

interface LookedAt {
  /** Its number; 0 for a global service. */
  readonly slot: number;
  readonly progress: SlotProgress;
  /** Nothing is left to do in it. */
  readonly isDone: boolean;
}

function lookAt(view: ReadView, service: Service, slot: Slot, ingress: Network | undefined): LookedAt {
  const { phase, keeper } = slotPhase(view, service, slot);
  const over = phase === "updated" && isOver(slot);
  const task =
    keeper ??
    (over ? (slot.tasks.findLast(({ status }) => status.state === "COMPLETE") ?? slot.tasks.at(-1)) : undefined);
  const state = task?.status.state ?? "NEW";
  const isOfPresentSpec = task?.generation === service.generation;
  const running = state === "RUNNING" && task !== undefined && isWantedToRun(task);
  const ended = slot.tasks.filter((each) => each.generation === service.generation && endedByItself(each)).reverse();
  const lastError = ended.find(({ status }) => status.state !== "COMPLETE")?.status.err ?? "";
  const ownError = task?.status.err ?? "";
  const earlierError = running ? "" : lastError;
  return {
    slot: slot.slot,
    progress: {
      name: slotName(view, slot),
      state,
      // A replacement waiting for its turn shows nothing of interest; what its predecessor died of does.
      error: ownError || earlierError,
      errorIsEarlier: ownError === "" && earlierError !== "",
      running,
      over,
      // Of the other states, the words say no more than the state itself.
      message: state === "PREPARING" ? (task?.status.message ?? "") : "",
      endedTasks: ended.slice(0, PROGRESS_ENDS_MAX).map(({ id }) => id),
    },
    // A task that has completed and is not to run again did what was asked of it. One of an older spec that runs on
    // may yet have to be given networks, ports or a virtual address.
    isDone:
      phase === "updated" &&
      ((running &&
        !isJob(service) &&
        task !== undefined &&
        (isOfPresentSpec || isConnected(view, task, service, ingress))) ||
        (over && state === "COMPLETE")),
  };
}

/** A paused node keeps what it has, old or new: no update waits for it. What a job runs there comes to an end. */
function isUpdated(view: ReadView, service: Service, { nodeId }: Slot): boolean {
  if (!isGlobal(service) || isJob(service)) return true;
  return nodeId !== "" && view.get("node", nodeId)?.spec.availability === "ACTIVE";
}

function slotName(view: ReadView, { slot, nodeId }: Slot): string {
  if (nodeId === "") return String(slot);
  return view.get("node", nodeId)?.description?.hostname || nodeId;
}

const isFine = ({ running, state }: SlotProgress): boolean => running || state === "COMPLETE";

function mostTelling(slots: readonly SlotProgress[]): readonly SlotProgress[] {
  if (slots.length <= PROGRESS_SLOTS_MAX) return slots;
  const told = new Set(slots.toSorted((a, b) => Number(isFine(a)) - Number(isFine(b))).slice(0, PROGRESS_SLOTS_MAX));
  return slots.filter((slot) => told.has(slot));
}
