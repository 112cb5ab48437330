import { isRunnable } from "../../shared/objects/task-state.ts";
import type { Service } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";
import { isOfLiveRun, leftFromEarlierRuns, liveRuns } from "../tasks/jobs.ts";
import { isStopped } from "../tasks/node-fitness.ts";
import { placesOf } from "../tasks/places.ts";
import { isDoneJob, type Slot } from "../tasks/slots.ts";
import type { TaskStep } from "../tasks/task-steps.ts";

/**
 * The steps that take a replicated job on: as many slots of each run are filled, lowest numbers first, as may run at
 * the same time, and what is told to stop counts until it has. Each slot is done once; one whose task failed for good
 * stays as it is, and the others go on.
 */
export function decideReplicatedJob(view: ReadView, service: Service, maxConcurrent: number): readonly TaskStep[] {
  const left = leftFromEarlierRuns(view, service).length;
  const isAlive = ({ tasks }: Slot): boolean => tasks.some((task) => isRunnable(task) || !isStopped(view, task));
  const ofRuns = liveRuns(service).flatMap((run): readonly TaskStep[] => {
    const { kept, open, surplus } = placesOf(view, service, run);
    const busy = [...kept, ...open].filter(isAlive).length + left;
    const fresh = open.filter((slot) => !isAlive(slot)).slice(0, Math.max(0, maxConcurrent - busy));
    return [
      ...kept.flatMap(stopIfDone),
      ...surplus.map((slot): TaskStep => slot.tasks.map(({ id }) => ({ kind: "forget", taskId: id }))),
      ...fresh.map(
        ({ slot }): TaskStep => [{ kind: "create", slot, nodeId: "", desiredState: "RUNNING", isFirst: true, run }],
      ),
    ];
  });
  return [...stopOldRuns(view, service), ...ofRuns];
}

/**
 * The steps that give each eligible node one task of a run of a global job; a node where it is done gets no other in
 * this run, and one that comes later gets its own.
 */
export function decideGlobalJob(view: ReadView, service: Service): readonly TaskStep[] {
  const stillBusy = new Set(leftFromEarlierRuns(view, service).map(({ nodeId }) => nodeId));
  const ofRuns = liveRuns(service).flatMap((run): readonly TaskStep[] => {
    const { kept, open, surplus } = placesOf(view, service, run);
    return [
      ...kept.flatMap(stopIfDone),
      ...surplus.flatMap((slot) => {
        const exists = slot.nodeId !== "" && view.get("node", slot.nodeId) !== undefined;
        return exists ? stopAll(slot) : [slot.tasks.map(({ id }) => ({ kind: "forget", taskId: id }) as const)];
      }),
      ...open
        .filter(({ nodeId }) => !stillBusy.has(nodeId))
        .map(
          ({ nodeId }): TaskStep => [{ kind: "create", slot: 0, nodeId, desiredState: "RUNNING", isFirst: true, run }],
        ),
    ];
  });
  return [...stopOldRuns(view, service), ...ofRuns];
}

/** A run that another took the place of ends. What ran of it stays as history, with its exit codes and logs. */
function stopOldRuns(view: ReadView, service: Service): readonly TaskStep[] {
  return view
    .tasksOfService(service.id)
    .filter((task) => isRunnable(task) && !isOfLiveRun(service, task))
    .map(({ id }) => [{ kind: "shutdown", taskId: id }]);
}

/** The work was done on a host that seemed lost: its replacement has nothing left to do. */
const stopIfDone = (slot: Slot): readonly TaskStep[] => (isDoneJob(slot) ? stopAll(slot) : []);

const stopAll = (slot: Slot): readonly TaskStep[] => slot.runnable.map(({ id }) => [{ kind: "shutdown", taskId: id }]);
