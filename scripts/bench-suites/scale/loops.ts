import { runAllocator } from "../../../manager/allocator/run-allocator.ts";
import type { LoopDeps } from "../../../manager/control-loop.ts";
import { runDependencies } from "../../../manager/dependencies/run-dependencies.ts";
import { AssignmentSource } from "../../../manager/dispatcher/assignment-source.ts";
import { runEvacuation } from "../../../manager/evacuation/run-evacuation.ts";
import { createLiveness } from "../../../manager/liveness/liveness.ts";
import { runOrchestrator } from "../../../manager/orchestrator/run-orchestrator.ts";
import { runReaper } from "../../../manager/reaper/run-reaper.ts";
import { runRestart } from "../../../manager/restart/run-restart.ts";
import { runScheduler } from "../../../manager/scheduler/run-scheduler.ts";
import type { WriteTx } from "../../../manager/store/store-types.ts";
import { runUpdater } from "../../../manager/update/run-updater.ts";
import type { NodeId, ServiceId, TaskId } from "../../../shared/ids.ts";
import { isRunnable } from "../../../shared/objects/task-state.ts";
import type { Service, Task } from "../../../shared/objects/types.ts";
import { systemClock } from "../../../shared/ports/system-clock.ts";
import type { Scope } from "../../../shared/scope.ts";
import { createContainerSpec, createTask, testId } from "../../../test/support/objects.ts";
import type { ScaleWorld } from "./world.ts";

/** One change, and how one sees that a loop has done what it asks for. */
export interface Errand {
  change(tx: WriteTx): void;
  isDone(world: ScaleWorld): boolean;
}

/** A loop of the leader, and changes that give it something to do; the errand of each number is another one. */
export interface MeasuredLoop {
  readonly name: string;
  start(world: ScaleWorld, deps: LoopDeps, scope: Scope): void;
  errand(world: ScaleWorld, number: number): Errand;
  /** Tells of what no commit does. */
  onNews?(listener: () => void): Disposable;
}

const serviceIdOf = (world: ScaleWorld, number: number): ServiceId =>
  testId<ServiceId>(`s${(number * 7) % world.services}a`);
const freshId = (number: number): string => `x${number}a`;

function serviceIn(tx: WriteTx | ScaleWorld["store"], id: ServiceId): Service {
  const service = ("view" in tx ? tx.view() : tx).get("service", id);
  if (service === undefined) throw new Error(`no service ${id}`);
  return service;
}

const stateOf = (world: ScaleWorld, word: string) => world.store.view().get("task", testId(word))?.status.state;

/** A new task of a service beyond its slots, in the state that the loop is to lead it from, and then to. */
function led(from: "NEW" | "PENDING", to: "PENDING" | "ASSIGNED"): MeasuredLoop["errand"] {
  return (world, number) => ({
    change(tx) {
      const service = serviceIn(tx, serviceIdOf(world, number));
      const part = {
        state: from,
        slot: world.tasksPerService + number,
        endpoint: from === "NEW" ? null : service.endpoint,
      };
      tx.create("task", createTask(freshId(number), service, part));
    },
    isDone: () => stateOf(world, freshId(number)) === to,
  });
}

function updateService(edit: (service: Service) => Service): (world: ScaleWorld, number: number) => Errand["change"] {
  return (world, number) => (tx) => {
    const service = serviceIn(tx, serviceIdOf(world, number));
    tx.update("service", { ...edit(service), generation: service.generation + 1, previousSpec: service.spec });
  };
}

const tasksOf = (world: ScaleWorld, number: number): readonly Task[] =>
  world.store.view().tasksOfService(serviceIdOf(world, number));

const shutdown = (word: string) => (tx: WriteTx) => {
  const task = tx.get("task", testId(word));
  if (task !== undefined) tx.update("task", { ...task, desiredState: "SHUTDOWN" });
};

export const LOOPS: readonly MeasuredLoop[] = [
  {
    name: "scheduler",
    start: (_world, deps, scope) => scope.spawn("scheduler", (signal) => runScheduler(deps, signal)),
    errand: led("PENDING", "ASSIGNED"),
  },
  {
    name: "allocator",
    start: (_world, deps, scope) => scope.spawn("allocator", (signal) => runAllocator(deps, signal)),
    errand: led("NEW", "PENDING"),
  },
  {
    name: "orchestrator",
    start: (_world, deps, scope) => scope.spawn("orchestrator", (signal) => runOrchestrator(deps, signal)),
    errand: (world, number) => {
      const wanted = tasksOf(world, number).length + 1;
      return {
        change: updateService((service) => ({
          ...service,
          spec: { ...service.spec, replicated: { replicas: wanted, autoscale: "" } } as Service["spec"],
        }))(world, number),
        isDone: () => tasksOf(world, number).length === wanted,
      };
    },
  },
  {
    name: "restart",
    start: (_world, deps, scope) => scope.spawn("restart", (signal) => runRestart(deps, signal)),
    errand: (world, number) => {
      const before = tasksOf(world, number);
      const id = before.find((task) => isRunnable(task) && task.status.state === "RUNNING")?.id as TaskId;
      return { change: (tx) => fail(tx, id), isDone: () => tasksOf(world, number).length > before.length };
    },
  },
  {
    name: "updater",
    start: (_world, deps, scope) => scope.spawn("updater", (signal) => runUpdater(deps, signal)),
    errand: (world, number) => {
      const before = tasksOf(world, number).length;
      const container = createContainerSpec({ image: `nginx:${number}` });
      return {
        change: updateService((service) => ({
          ...service,
          spec: { ...service.spec, task: { ...service.spec.task, container } },
        }))(world, number),
        isDone: () => tasksOf(world, number).length > before,
      };
    },
  },
  {
    name: "reaper",
    start: (_world, deps, scope) => scope.spawn("reaper", (signal) => runReaper(deps, signal)),
    errand: (world, number) => ({
      change(tx) {
        const part = { state: "FAILED", desiredState: "REMOVE", slot: number } as const;
        tx.create("task", createTask(freshId(number), serviceIn(tx, serviceIdOf(world, number)), part));
      },
      isDone: () => stateOf(world, freshId(number)) === undefined,
    }),
  },
  {
    name: "dependencies",
    start: (_world, deps, scope) => scope.spawn("dependencies", (signal) => runDependencies(deps, signal)),
    errand: (world, number) => ({
      change(tx) {
        const service = serviceIn(tx, serviceIdOf(world, number));
        const other = serviceIn(tx, serviceIdOf(world, number + 1)).spec.annotations.name;
        const dependsOn = [{ service: other, condition: "STARTED" as const }];
        const waiting = { ...service, spec: { ...service.spec, dependsOn } };
        tx.update("service", waiting);
        const part = { state: "NEW", slot: world.tasksPerService + number, awaitsDependencies: true } as const;
        tx.create("task", createTask(freshId(number), waiting, part));
      },
      isDone: ({ store }) => store.view().get("task", testId(freshId(number)))?.awaitsDependencies === false,
    }),
  },
  {
    name: "evacuation",
    start: (_world, deps, scope) => scope.spawn("evacuation", (signal) => runEvacuation(deps, signal)),
    errand: (_world, number) => {
      const id = testId<NodeId>(`n${number}a`);
      return {
        change(tx) {
          const node = tx.get("node", id);
          const evacuation = { timeoutMs: 1, startedAtMs: systemClock.wallNow() - 1 };
          if (node !== undefined) {
            tx.update("node", { ...node, spec: { ...node.spec, availability: "PAUSE", evacuation } });
          }
        },
        isDone: ({ store }) => store.view().get("node", id)?.spec.availability === "DRAIN",
      };
    },
  },
  dispatcherLoop(),
];

/** Those that look at all tasks of a service when one of them changes. */
export const SERVICE_LOOPS = ["orchestrator", "restart", "updater", "reaper"];

/** The dispatcher up to its sessions: who must be told, and what the host concerned should have. */
function dispatcherLoop(): MeasuredLoop {
  let told = 0;
  const listeners = new Set<() => void>();
  return {
    name: "dispatcher",
    onNews(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    start(_world, deps, scope) {
      const source: AssignmentSource = new AssignmentSource(
        { ...deps, memberAddresses: () => [], appliedRevision: () => null },
        (concerned) => {
          for (const nodeId of concerned.nodes) source.wanted(nodeId);
          told += concerned.nodes.size;
          for (const listener of listeners) listener();
        },
      );
      scope.spawn("source", async (signal) => {
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        source[Symbol.dispose]();
      });
    },
    errand(_world, number) {
      const before = told;
      return { change: shutdown(`t${number}a`), isDone: () => told > before };
    },
  };
}

export function fail(tx: WriteTx, id: TaskId): void {
  const task = tx.get("task", id);
  const appliedAtMs = systemClock.wallNow();
  if (task !== undefined) tx.update("task", { ...task, status: { ...task.status, state: "FAILED", appliedAtMs } });
}

/** Liveness of hosts that all speak: what it costs while nothing happens. */
export function startLiveness(deps: LoopDeps, scope: Scope): void {
  createLiveness({
    ...deps,
    prober: { probe: () => Promise.resolve("accepted") },
    trace: () => ({ isOpen: true, gossips: false, heardAtMs: systemClock.now() }),
    gossip: null,
  }).lead(scope);
}
