import type { WallMs } from "../../shared/ports/clock.ts";
import { TimeSlices } from "../../shared/time-slices.ts";
import { type ControlLoop, type LoopDeps, PASS_SLICE_MS, runControlLoop } from "../control-loop.ts";
import type { Commit, WriteTx } from "../store/store-types.ts";
import { isolate, type Trouble, TroubleBook } from "../trouble.ts";
import { type Agenda, AllocationBook } from "./allocation-book.ts";
import type { AllocationPlan } from "./allocation-plan.ts";
import { createAllocatorMemory, decideAllocation } from "./decide-allocation.ts";
import { addMissingNetworks } from "./first-networks.ts";

/** A moment in which an orchestrator's further transactions arrive; it costs each start this much. */
const QUIET_MS = 1;
const DELAY_MS_MAX = 20;
/** One plan: well below what a transaction may hold, and some 5 ms of work, as is its commit. */
const LIMITS = { changesMax: 50, looksMax: 1000 } as const;
/** There is only one thing to look at: the agenda. */
const EVERYTHING = "everything";

/** Gives out addresses and published ports and moves tasks from NEW to PENDING, until the signal. */
export async function runAllocator(deps: LoopDeps, signal: AbortSignal): Promise<void> {
  const allocator = new Allocator(deps);
  // Subscribed before the loop itself, so that the loop asks a book that knows of the commit.
  using _subscription = deps.store.subscribe((commit) => allocator.onCommit(commit));
  await runControlLoop(allocator.loop, deps, signal);
}

class Allocator {
  readonly loop: ControlLoop<typeof EVERYTHING>;
  readonly #deps: LoopDeps;
  readonly #memory = createAllocatorMemory();
  readonly #troubles: TroubleBook;
  #book = new AllocationBook();
  /** What is left of taking in all that is there; null = the book is complete. */
  #filling: Iterator<void> | null = null;
  #hasTroubles = false;

  constructor(deps: LoopDeps) {
    this.#deps = deps;
    this.#troubles = new TroubleBook(deps.log, deps.random);
    this.#begin();
    this.loop = {
      name: "allocator",
      scope: "everything",
      quietMs: QUIET_MS,
      delayMsMax: DELAY_MS_MAX,
      everything: () => [EVERYTHING],
      concerned: () => (this.#book.agenda.isEmpty ? [] : [EVERYTHING]),
      reconcile: async (key, lookAgain) => {
        const retryMs = this.#troubles.pass(await this.#pass());
        if (!this.#book.agenda.isEmpty) lookAgain(key, 0);
        if (retryMs !== null) lookAgain(key, retryMs);
      },
    };
  }

  onCommit({ changes, resync }: Commit): void {
    if (resync) this.#begin();
    const view = this.#deps.store.view();
    for (const change of changes) this.#book.note(change, view);
  }

  #begin(): void {
    this.#book = new AllocationBook();
    this.#filling = this.#book.fill(() => this.#deps.store.view());
  }

  async #pass(): Promise<readonly Trouble[]> {
    const { store, clock, random } = this.#deps;
    await this.#complete();
    const book = this.#book;
    if (this.#hasTroubles) book.retry(store.view());
    let looked: Agenda | null = null;
    try {
      const troubles = await store.update("allocate addresses and ports", (tx) => {
        addMissingNetworks(tx, random);
        const plan = decideAllocation(tx, book, this.#memory, LIMITS);
        looked = plan.looked;
        return [...plan.troubles, ...applyAllocation(tx, plan, clock.wallNow())];
      });
      this.#hasTroubles = troubles.length > 0;
      return troubles;
    } catch (error) {
      if (looked !== null) book.agenda.addAll(looked);
      throw error;
    }
  }

  /** Takes in what the book still lacks. A resync meanwhile begins anew. */
  async #complete(): Promise<void> {
    const slices = new TimeSlices({
      clock: this.#deps.clock,
      sliceMs: PASS_SLICE_MS,
      label: "allocator: take in everything",
    });
    while (this.#filling !== null) {
      if (this.#filling.next().done === true) this.#filling = null;
      if (slices.isUsedUp) await slices.rest();
    }
  }
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
  for (const id of plan.goneGuests) if (tx.get("guest", id) !== undefined) tx.remove("guest", id);
  for (const { guestId, ...given } of plan.guests) {
    const guest = tx.get("guest", guestId);
    if (guest !== undefined) write(`guest ${guestId}`, () => tx.update("guest", { ...guest, ...given }));
  }
  return troubles;
}
