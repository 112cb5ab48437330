import { isFinal } from "../../shared/objects/task-state.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import { type ControlLoop, type LoopDeps, runControlLoop } from "../control-loop.ts";
import { byKind } from "../store/by-kind.ts";
import type { WriteTx } from "../store/store-types.ts";
import { sameData } from "../tasks/same-data.ts";
import { isolate, type Trouble, TroubleBook } from "../trouble.ts";
import { type AllocationPlan, createAllocatorMemory, decideAllocation } from "./decide-allocation.ts";
import { addMissingNetworks } from "./first-networks.ts";

/** A moment in which an orchestrator's further transactions arrive; it costs each start this much. */
const QUIET_MS = 1;
const DELAY_MS_MAX = 20;
/** Objects changed in one transaction; well below what a transaction may hold. */
const CHANGES_MAX = 100;
/** There is only one thing to look at: all of it. */
const EVERYTHING = "everything";

/** Gives out addresses and published ports and moves tasks from NEW to PENDING, until the signal. */
export function runAllocator(deps: LoopDeps, signal: AbortSignal): Promise<void> {
  return runControlLoop(allocatorLoop(deps), deps, signal);
}

function allocatorLoop({ store, clock, random, log }: LoopDeps): ControlLoop<typeof EVERYTHING> {
  const memory = createAllocatorMemory();
  const book = new TroubleBook(log, random);
  let isWaiting = false;
  return {
    name: "allocator",
    scope: "everything",
    quietMs: QUIET_MS,
    delayMsMax: DELAY_MS_MAX,
    everything: () => [EVERYTHING],
    concerned: (change, view) =>
      asksForSomething(change, view) || (isWaiting && freesSomething(change, view)) ? [EVERYTHING] : [],
    async reconcile(_key, lookAgain) {
      const { isPartial, troubles } = await store.update("allocate addresses and ports", (tx) => {
        addMissingNetworks(tx, random);
        const plan = decideAllocation(tx, memory, CHANGES_MAX);
        const failed = applyAllocation(tx, plan, clock.wallNow());
        isWaiting = plan.isWaiting;
        return { isPartial: plan.isPartial, troubles: [...plan.troubles, ...failed] };
      });
      if (isPartial) lookAgain(EVERYTHING, 0);
      const retryMs = book.pass(troubles);
      if (retryMs !== null) lookAgain(EVERYTHING, retryMs);
    },
  };
}

/**
 * Writes the plan's objects; it was made from the same transaction, so all of them are there.
 * @returns those that could not be written.
 */
export function applyAllocation(tx: WriteTx, plan: AllocationPlan, nowMs: WallMs): readonly Trouble[] {
  const troubles: Trouble[] = [];
  const write = (about: string, run: () => void): void => isolate(troubles, about, run, undefined);
  for (const { id, vni, subnets } of plan.networks) {
    const network = tx.get("network", id);
    if (network !== undefined) write(`network ${id}`, () => tx.update("network", { ...network, vni, subnets }));
  }
  for (const { nodeId, attachments } of plan.nodes) {
    const node = tx.get("node", nodeId);
    if (node !== undefined) write(`node ${nodeId}`, () => tx.update("node", { ...node, attachments }));
  }
  for (const { serviceId, endpoint } of plan.services) {
    const service = tx.get("service", serviceId);
    if (service !== undefined) write(`service ${serviceId}`, () => tx.update("service", { ...service, endpoint }));
  }
  for (const { taskId, networks, endpoint } of plan.ready) {
    const task = tx.get("task", taskId);
    if (task === undefined) continue;
    const status = {
      ...task.status,
      state: "PENDING",
      message: "pending task scheduling",
      err: "",
      timestampMs: nowMs,
      appliedAtMs: nowMs,
    } as const;
    write(`task ${taskId}`, () => tx.update("task", { ...task, networks, endpoint, status }));
  }
  for (const { taskId, networks, endpoint, specNetworks } of plan.reconnected) {
    const task = tx.get("task", taskId);
    if (task === undefined) continue;
    const spec = { ...task.spec, networks: specNetworks };
    // What it had to wait for, it has now; of a task that runs nobody else writes an error.
    const status = task.status.state === "RUNNING" ? { ...task.status, err: "" } : task.status;
    write(`task ${taskId}`, () => tx.update("task", { ...task, spec, networks, endpoint, status }));
  }
  for (const { taskId, err } of plan.refused) {
    const task = tx.get("task", taskId);
    if (task === undefined) continue;
    write(`task ${taskId}`, () => tx.update("task", { ...task, status: { ...task.status, err } }));
  }
  return troubles;
}

const asksForSomething = byKind(
  {
    node: ({ action, object }) => action === "create" || (action === "update" && object.attachments.length === 0),
    // Of an update it is enough that the spec is another one: tasks may have to follow it.
    service: ({ action, old, object }) =>
      action === "create" || (action === "update" && old?.generation !== object.generation),
    task: ({ action, object }) => action === "create" && object.status.state === "NEW",
    network: () => true,
  },
  false,
);

const freesSomething = byKind(
  {
    task: ({ action, old, object }) =>
      action === "remove" || (old !== null && isFinal(object.status.state) && !isFinal(old.status.state)),
    service: ({ action, old, object }) => action === "remove" || !sameData(old?.endpoint, object.endpoint),
    node: ({ action }) => action === "remove",
    network: ({ action }) => action === "remove",
  },
  false,
);
