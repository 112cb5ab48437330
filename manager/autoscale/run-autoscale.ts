import type { AutoscaleRules } from "../../shared/autoscale.ts";
import type { NodeId, ServiceId, TaskId } from "../../shared/ids.ts";
import { isRunnable } from "../../shared/objects/task-state.ts";
import type { Service } from "../../shared/objects/types.ts";
import { TimeSlices } from "../../shared/time-slices.ts";
import { type ControlLoop, type LoopDeps, PASS_SLICE_MS, runControlLoop } from "../control-loop.ts";
import { byKind } from "../store/by-kind.ts";
import { autoscaleOf, replicasOf } from "../tasks/replicas.ts";
import { type TaskUse, USE_LOOK_MS, type UsageSource } from "../tasks/task-use.ts";
import { isolate, type Trouble, TroubleBook } from "../trouble.ts";
import { History, type Look, type ReplicasDecision, type Use } from "./decide-replicas.ts";

export interface AutoscaleDeps extends LoopDeps {
  readonly usage: UsageSource;
}

/** Two looks may fail for one reason or another, such as a session that begins anew. */
const GAP_MS_MAX = 3 * USE_LOOK_MS;
/** A new service is asked about at once, with those that come along with it. */
const QUIET_MS = 100;
const DELAY_MS_MAX = 1_000;
/** There is only one thing to look at: all services with rules. Nodes are asked about all of them together. */
const SERVICES = "services";

/**
 * Compares what services use with what their rules want, and changes their numbers of tasks, until the signal. Without
 * services with rules it does nothing, and no worker measures anything.
 */
export function runAutoscale(deps: AutoscaleDeps, signal: AbortSignal): Promise<void> {
  return runControlLoop(new Autoscaler(deps).loop, deps, signal);
}

interface Watched {
  /** What the history is about; with another spec it means nothing. */
  readonly key: string;
  readonly history: History;
}

class Autoscaler {
  readonly loop: ControlLoop<typeof SERVICES>;
  readonly #deps: AutoscaleDeps;
  readonly #troubles: TroubleBook;
  readonly #services = new Set<ServiceId>();
  readonly #watched = new Map<ServiceId, Watched>();
  /** Nodes whose workers were asked to measure something. */
  #asked = new Set<NodeId>();

  constructor(deps: AutoscaleDeps) {
    this.#deps = deps;
    this.#troubles = new TroubleBook(deps.log, deps.random);
    this.loop = {
      name: "autoscale",
      scope: "object",
      quietMs: QUIET_MS,
      delayMsMax: DELAY_MS_MAX,
      everything: (view) => {
        this.#services.clear();
        for (const service of view.all("service")) if (autoscaleOf(service) !== null) this.#services.add(service.id);
        return [SERVICES];
      },
      concerned: byKind<readonly (typeof SERVICES)[]>(
        {
          service: ({ action, object }) => {
            const isNew = action !== "remove" && autoscaleOf(object) !== null && !this.#services.has(object.id);
            if (isNew) this.#services.add(object.id);
            return isNew ? [SERVICES] : [];
          },
        },
        [],
      ),
      reconcile: async (key, lookAgain) => {
        await this.#pass();
        if (this.#services.size > 0) lookAgain(key, USE_LOOK_MS);
      },
    };
  }

  async #pass(): Promise<void> {
    const { store, clock } = this.#deps;
    const slices = new TimeSlices({ clock, sliceMs: PASS_SLICE_MS, label: "autoscale: look" });
    const troubles: Trouble[] = [];
    const measured = new Map<NodeId, TaskId[]>();
    for (const id of [...this.#services]) {
      const service = store.view().get("service", id);
      const rules = service === undefined ? null : autoscaleOf(service);
      if (service === undefined || rules === null) {
        this.#services.delete(id);
        this.#watched.delete(id);
        continue;
      }
      const decision = isolate(troubles, `service ${id}`, () => this.#look(service, rules, measured), null);
      if (decision !== null) await this.#apply(service, decision);
      if (slices.isUsedUp) await slices.rest();
    }
    this.#troubles.pass(troubles);
    this.#ask(measured);
  }

  #look(service: Service, rules: AutoscaleRules, measured: Map<NodeId, TaskId[]>): ReplicasDecision | null {
    const { store, clock, usage } = this.#deps;
    const tasks = store.view().tasksOfService(service.id).filter(isRunnable);
    const uses: TaskUse[] = [];
    for (const { nodeId, id, status } of tasks) {
      if (nodeId === "" || status.state !== "RUNNING") continue;
      const ids = measured.get(nodeId);
      if (ids === undefined) measured.set(nodeId, [id]);
      else ids.push(id);
      const use = usage.usageOf(nodeId).get(id);
      const believed = use === undefined ? null : this.#believable(nodeId, use);
      if (believed !== null) uses.push(believed);
    }
    const current = replicasOf(service);
    const isAtRest = service.updateStatus?.state !== "UPDATING" && service.updateStatus?.state !== "ROLLBACK_STARTED";
    const isComplete = isAtRest && uses.length === tasks.length && tasks.length >= current;
    const look: Look = { atMs: clock.now(), uses: usesOf(service, rules, uses), isComplete };
    return this.#historyOf(service, rules).note(look, current);
  }

  /** No task uses more than its host has, whatever the host says. null = nobody knows what it has. */
  #believable(nodeId: NodeId, { nanoCpus, memoryBytes }: TaskUse): TaskUse | null {
    const has = this.#deps.store.view().get("node", nodeId)?.description?.resources ?? null;
    if (has === null) return null;
    return { nanoCpus: Math.min(nanoCpus, has.nanoCpus), memoryBytes: Math.min(memoryBytes, has.memoryBytes) };
  }

  #historyOf({ id, spec }: Service, rules: AutoscaleRules): History {
    const { limits, reservations } = spec.task;
    const key = JSON.stringify([rules, limits, reservations]);
    let watched = this.#watched.get(id);
    if (watched === undefined || watched.key !== key) {
      watched = { key, history: new History(rules, GAP_MS_MAX) };
      this.#watched.set(id, watched);
    }
    return watched.history;
  }

  async #apply({ id, spec: { annotations } }: Service, { replicas, reason }: ReplicasDecision): Promise<void> {
    const { store, clock, log } = this.#deps;
    const from = await store.update(`autoscale service ${id}`, (tx) => {
      const service = tx.get("service", id);
      if (service === undefined || autoscaleOf(service) === null) return null;
      const before = replicasOf(service);
      if (before === replicas) return null;
      tx.update("service", { ...service, autoscaleStatus: { replicas, atMs: clock.wallNow(), reason } });
      return before;
    });
    if (from !== null)
      log.info("a service is scaled by its use", { service: annotations.name, from, to: replicas, reason });
  }

  /** A worker that is not asked any more has nothing to measure. */
  #ask(measured: ReadonlyMap<NodeId, readonly TaskId[]>): void {
    for (const nodeId of this.#asked) if (!measured.has(nodeId)) this.#deps.usage.measure(nodeId, []);
    for (const [nodeId, taskIds] of measured) this.#deps.usage.measure(nodeId, taskIds);
    this.#asked = new Set(measured.keys());
  }
}

function usesOf({ spec }: Service, rules: AutoscaleRules, measured: readonly TaskUse[]): readonly Use[] {
  const { limits, reservations } = spec.task;
  const use = (what: Use["what"], field: "nanoCpus" | "memoryBytes", wantedPercent: number | null): readonly Use[] => {
    const each = reservations?.[field] || limits?.[field] || 0;
    if (wantedPercent === null || each === 0) return [];
    return [{ what, sum: measured.reduce((sum, one) => sum + one[field], 0), each, wantedPercent }];
  };
  return [...use("cpu", "nanoCpus", rules.cpuPercent), ...use("memory", "memoryBytes", rules.memoryPercent)];
}
