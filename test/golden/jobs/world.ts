import { countTasks } from "../../../manager/api/service-status.ts";
import { decideService } from "../../../manager/orchestrator/decide-service.ts";
import { decideRestarts } from "../../../manager/restart/decide-restarts.ts";
import { decideStarts } from "../../../manager/restart/decide-starts.ts";
import { jobStatusAfter } from "../../../manager/tasks/jobs.ts";
import { serviceProgress } from "../../../manager/tasks/service-progress.ts";
import { applyTaskSteps, type TaskStep } from "../../../manager/tasks/task-steps.ts";
import type { NodeId, TaskId } from "../../../shared/ids.ts";
import { isBefore, isFinal } from "../../../shared/objects/task-state.ts";
import type { Service, Task } from "../../../shared/objects/types.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import type { RestartPolicy, TaskState } from "../../../shared/rpc/gen/objects.ts";
import { createMemoryStore, type MemoryStore } from "../../support/memory-store.ts";
import { createCluster, createNode, createService, createTaskSpec, testId } from "../../support/objects.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";
import type { Directive } from "../transcript.ts";

/**
 * A job among decisions alone: what its orchestrator and the restart supervisor decide, applied to the real store; what
 * workers and people do is typed.
 */
export class World {
  readonly #clock = new VirtualClock();
  readonly #store: MemoryStore = createMemoryStore(this.#clock);
  /** In the order in which tasks were made: t1, t2, ... */
  readonly #names = new Map<TaskId, string>();

  async run({ command, args }: Directive): Promise<string> {
    const values = new Map(args.map(({ key, values: given }) => [key, given]));
    const one = (key: string): string => values.get(key)?.[0] ?? "";
    switch (command) {
      case "nodes":
        await this.#store.update("nodes", (tx) => {
          tx.create("cluster", createCluster());
          for (const { key } of args) tx.create("node", createNode(key));
        });
        return "ok\n";
      case "job":
        await this.#createJob(one("total"), one("max"), one("attempts"));
        return this.#decide();
      case "global-job":
        await this.#store.update("job", (tx) =>
          tx.create("service", createService("job", { job: "global" }, { endpoint: NO_PORTS })),
        );
        return this.#decide();
      case "update":
        await this.#changeService((service) => this.#nextRun(service, one("total"), one("max")));
        return this.#decide();
      case "node":
        await this.#changeNode(args[0]?.key ?? "", args[1]?.key ?? "");
        return this.#decide();
      case "task":
        await this.#report(args[0]?.key ?? "", (args[1]?.key ?? "").toUpperCase() as TaskState, one("on"));
        return this.#decide();
      case "wait":
        await this.#clock.run(Number(one("ms")));
        return this.#decide();
      case "show":
        return this.#show();
      default:
        throw new Error(`unknown command ${command}`);
    }
  }

  async #createJob(total: string, max: string, attempts: string): Promise<void> {
    const restart: RestartPolicy | null =
      attempts === "" ? null : { condition: "ON_FAILURE", maxAttempts: Number(attempts), windowMs: 0 };
    const task = createTaskSpec({ restart });
    const service = createService(
      "job",
      { job: { total: Number(total), max: Number(max) }, task },
      { endpoint: NO_PORTS },
    );
    await this.#store.update("job", (tx) => tx.create("service", service));
  }

  #nextRun(service: Service, total: string, max: string): Service {
    const { spec } = service;
    const size = spec.mode === "replicatedJob" ? spec.replicatedJob : { totalCompletions: 0, maxConcurrent: 0 };
    const replicatedJob = {
      totalCompletions: total === "" ? size.totalCompletions : Number(total),
      maxConcurrent: max === "" ? size.maxConcurrent : Number(max),
    };
    return {
      ...service,
      spec: spec.mode === "replicatedJob" ? { ...spec, replicatedJob } : spec,
      generation: service.generation + 1,
      jobStatus: jobStatusAfter(service.jobStatus, spec, this.#clock.wallNow()),
    };
  }

  #changeService(change: (service: Service) => Service): Promise<void> {
    return this.#store.update("update", (tx) => tx.update("service", change(this.#service())));
  }

  #changeNode(name: string, word: string): Promise<void> {
    return this.#store.update("node", (tx) => {
      const node = tx.get("node", testId<NodeId>(name));
      if (node === undefined) tx.create("node", createNode(name));
      else if (word === "drain" || word === "pause" || word === "active") {
        const availability = word.toUpperCase() as "DRAIN" | "PAUSE" | "ACTIVE";
        tx.update("node", { ...node, spec: { ...node.spec, availability } });
      } else {
        tx.update("node", { ...node, status: { ...node.status, state: word === "down" ? "DOWN" : "READY" } });
      }
    });
  }

  #report(name: string, state: TaskState, node: string): Promise<void> {
    const task = this.#tasks().find(({ id }) => this.#names.get(id) === name);
    if (task === undefined) throw new Error(`no task ${name}`);
    return this.#store.update("report", (tx) => {
      const nodeId = node === "" ? task.nodeId : testId<NodeId>(node);
      const appliedAtMs = this.#clock.wallNow();
      tx.update("task", { ...task, nodeId, status: { ...task.status, state, timestampMs: appliedAtMs, appliedAtMs } });
    });
  }

  /** Both loops, until neither has anything left to do. */
  async #decide(): Promise<string> {
    const lines: string[] = [];
    for (let pass = 0; pass < 10; pass++) {
      const nowMs = this.#clock.wallNow();
      const plans: readonly [string, readonly TaskStep[]][] = await this.#store.update("decide", (tx) => {
        const service = this.#service();
        const restarts = [...decideRestarts(tx, service), ...decideStarts(tx, service, nowMs).steps];
        const words = this.#text(restarts);
        applyTaskSteps(tx, service, restarts, { random: seededRandom(this.#names.size + 1), nowMs });
        const steps = decideService(tx, service.id);
        const said = this.#text(steps);
        applyTaskSteps(tx, service, steps, { random: seededRandom(1000 + this.#names.size), nowMs });
        return [
          [`restart: ${words}`, restarts],
          [`orchestrator: ${said}`, steps],
        ];
      });
      for (const task of this.#tasks())
        if (!this.#names.has(task.id)) this.#names.set(task.id, `t${this.#names.size + 1}`);
      const busy = plans.filter(([, steps]) => steps.length > 0);
      if (busy.length === 0) break;
      lines.push(...busy.map(([text]) => text));
    }
    return lines.length === 0 ? "nothing\n" : `${lines.join("\n")}\n`;
  }

  #text(steps: readonly TaskStep[]): string {
    return steps
      .map((step) =>
        step
          .map((op) =>
            op.kind === "create"
              ? `new task in ${op.nodeId === "" ? `slot ${op.slot}` : nodeName(op.nodeId)} (${op.desiredState})`
              : `${op.kind} ${this.#names.get(op.taskId)}`,
          )
          .join(" + "),
      )
      .join("; ");
  }

  #show(): string {
    const service = this.#service();
    const view = this.#store.view();
    const { runningTasks, desiredTasks, completedTasks } = countTasks(view, service);
    const { converged, completed, wanted, slots } = serviceProgress(view, service.id);
    const over = slots.filter((slot) => slot.over && slot.state !== "COMPLETE").map(({ name }) => name);
    return [
      ...this.#tasks().map((task) => {
        const place = task.slot === 0 ? "" : ` slot ${task.slot}`;
        const states = `${task.status.state.toLowerCase()}, wanted ${task.desiredState.toLowerCase()}`;
        return `${this.#names.get(task.id)} run ${task.jobIteration}${place} on ${nodeName(task.nodeId)}: ${states}`;
      }),
      `REPLICAS ${runningTasks}/${desiredTasks} (${completedTasks} completed)`,
      `progress ${completed} of ${wanted}${over.length === 0 ? "" : `, failed: ${over}`}${converged ? ", complete" : ""}`,
      "",
    ].join("\n");
  }

  #tasks(): readonly Task[] {
    const number = ({ id }: Task): number => Number(this.#names.get(id)?.slice(1) ?? Number.POSITIVE_INFINITY);
    return this.#store
      .view()
      .all("task")
      .filter((task) => isBefore(task.desiredState, "REMOVE") || !isFinal(task.status.state))
      .toSorted((a, b) => number(a) - number(b) || a.slot - b.slot || (a.nodeId < b.nodeId ? -1 : 1));
  }

  #service(): Service {
    const service = this.#store.view().byName("service", "job");
    if (service === undefined) throw new Error("there is no job yet");
    return service;
  }
}

/** What the allocator gives a service that publishes nothing. */
const NO_PORTS = { mode: "VIP", ports: [], virtualIps: [] } as const;

const nodeName = (nodeId: string): string => (nodeId === "" ? "no node" : nodeId.replace(/z+$/, ""));
