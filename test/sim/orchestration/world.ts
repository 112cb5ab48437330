import { startLeaderLoops } from "../../../manager/leader-loops.ts";
import type { WriteTx } from "../../../manager/store/store-types.ts";
import { chooseCanary } from "../../../manager/tasks/choose-canary.ts";
import { jobStatusAfter } from "../../../manager/tasks/jobs.ts";
import { preDeployAfter } from "../../../manager/tasks/pre-deploy.ts";
import { writeNextSpec } from "../../../manager/tasks/spec-history.ts";
import type { UsageSource } from "../../../manager/tasks/task-use.ts";
import type { NodeId, TaskId } from "../../../shared/ids.ts";
import { silentLogger } from "../../../shared/log.ts";
import type { Node, Service, ServiceSpec } from "../../../shared/objects/types.ts";
import type { Random } from "../../../shared/ports/random.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import { Scope } from "../../../shared/scope.ts";
import { createMemoryStore, type MemoryStore } from "../../support/memory-store.ts";
import {
  createCluster,
  createNetwork,
  createNode,
  createService,
  createSubnet,
  type NodeParts,
  type ServiceSpecParts,
  testId,
} from "../../support/objects.ts";
import { type IsIll, poisonedStore } from "../../support/poisoned-store.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";
import { checkSafety } from "./checks.ts";
import { DerivedState } from "./derived-state.ts";
import { Fleet } from "./fleet.ts";
import { withOwnership } from "./ownership.ts";

/**
 * Timers that a run may need, several times what the longest scenario does. A broken loop that begins again at once
 * ends here, so that the search for the shortest scenario that breaks ends, too.
 */
const FIRED_MAX = 150_000;

/**
 * A leader with all its loops over the real store, hosts with fake workers, and a person's hands; all from one seed.
 */
export class World implements AsyncDisposable {
  readonly clock = new VirtualClock(FIRED_MAX);
  readonly random: Random;
  readonly store: MemoryStore;
  readonly fleet: Fleet;
  /** Entries committed so far; when nothing changes any more it must stand still. */
  commits = 0;
  /** The first broken promise; throwing in a listener would only disturb the store. */
  breach: unknown = null;
  /** Billionths of a CPU that the running tasks of a service use together, by its name. */
  readonly load = new Map<string, number>();
  /** No worker says what its tasks use. */
  mute = false;
  readonly #measured = new Map<NodeId, readonly TaskId[]>();
  #scope: Scope;
  /** Some node has been emptied, or tasks were moved: a slot may have a task that leaves, and its successor. */
  #hasEmptied = false;
  readonly #derived = new DerivedState();

  /** Objects over which the loops fail; tests make some ill and cure them again. */
  isIll: IsIll = () => false;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.store = createMemoryStore(this.clock);
    this.fleet = new Fleet(this.store, this.clock, this.random.fork("fleet"));
    this.store.subscribe((commit) => {
      this.commits++;
      try {
        checkSafety(this.store.view(), commit, this.#hasEmptied);
        this.#derived.note(commit, this.store.view());
      } catch (error) {
        this.breach ??= error;
      }
    });
    this.#scope = this.#lead();
  }

  async bootstrap(nodes: number): Promise<void> {
    await this.change((tx) => {
      tx.create("cluster", createCluster());
      tx.create("network", createNetwork("ingress", { subnets: [createSubnet("10.0.0.0/20", "")] }));
    });
    for (let at = 1; at <= nodes; at++) await this.addNode(`n${at}`);
  }

  async addNode(name: string, parts: NodeParts = {}): Promise<void> {
    await this.change((tx) => tx.create("node", createNode(name, parts)));
  }

  change(change: (tx: WriteTx) => void): Promise<void> {
    return this.store.update("person", change);
  }

  async createService(name: string, parts: ServiceSpecParts): Promise<void> {
    const service = createService(name, parts);
    const preDeploy = preDeployAfter(null, service.spec);
    await this.change((tx) => tx.create("service", { ...service, preDeploy }));
  }

  /** As the control API does it. */
  async updateService(name: string, edit: (spec: ServiceSpec) => ServiceSpec): Promise<void> {
    await this.change((tx) => {
      const service = tx.byName("service", name);
      if (service === undefined) return;
      const spec = edit(service.spec);
      const change = {
        spec,
        previousSpec: service.spec,
        updateStatus: null,
        canary: chooseCanary(tx, service, spec),
        preDeploy: preDeployAfter(service, spec),
        jobStatus: jobStatusAfter(service.jobStatus, service.spec, this.clock.wallNow()),
      };
      const origin = { cause: "UPDATED", atMs: this.clock.wallNow(), fromGeneration: 0 } as const;
      writeNextSpec(tx, service, change, { origin, random: this.random });
    });
  }

  /** As the dispatcher and people do it. */
  async changeNode(name: string, edit: (node: Node) => Node): Promise<void> {
    await this.change((tx) => {
      const node = tx.get("node", testId<NodeId>(name));
      if (node !== undefined) tx.update("node", edit(node));
    });
  }

  async powerOff(name: string): Promise<void> {
    this.fleet.off.add(testId<NodeId>(name));
    await this.changeNode(name, (node) => ({ ...node, status: { ...node.status, state: "DOWN" } }));
  }

  async powerOn(name: string): Promise<void> {
    this.fleet.off.delete(testId<NodeId>(name));
    await this.changeNode(name, (node) => ({ ...node, status: { ...node.status, state: "READY" } }));
  }

  async setAvailability(name: string, availability: Node["spec"]["availability"]): Promise<void> {
    await this.changeNode(name, (node) => ({ ...node, spec: { ...node.spec, availability, evacuation: null } }));
  }

  /** As `node drain` does it. */
  async empty(name: string, timeoutMs: number): Promise<void> {
    this.#hasEmptied = true;
    const evacuation = { timeoutMs, startedAtMs: this.clock.wallNow() };
    await this.changeNode(name, (node) => ({ ...node, spec: { ...node.spec, availability: "PAUSE", evacuation } }));
  }

  /** As `cluster rebalance` does it. */
  async rebalance(movesMax = 100): Promise<void> {
    this.#hasEmptied = true;
    await this.change((tx) => {
      const fresh = { startedAtMs: this.clock.wallNow(), endedAtMs: 0, movesLeft: movesMax, movesBegun: 0, gainMin: 0 };
      const cluster = tx.cluster();
      tx.update("cluster", { ...cluster, rebalance: { ...fresh, calledOff: cluster.rebalance?.calledOff ?? [] } });
    });
  }

  /** As `swarmctl update --rebalance on` does it. */
  async rebalanceInBackground(cooldownMs: number): Promise<void> {
    this.#hasEmptied = true;
    const rebalance = { background: true, parallelism: 1, gainMin: 0, cooldownMs };
    await this.change((tx) => {
      const cluster = tx.cluster();
      tx.update("cluster", { ...cluster, spec: { ...cluster.spec, rebalance } });
    });
  }

  service(name: string): Service {
    const service = this.store.view().byName("service", name);
    if (service === undefined) throw new Error(`no service ${name}`);
    return service;
  }

  /** States of the service's tasks that are wanted to run. */
  running(name: string): number {
    const { id } = this.service(name);
    const tasks = this.store.view().tasksOfService(id);
    return tasks.filter((task) => task.desiredState === "RUNNING" && task.status.state === "RUNNING").length;
  }

  /** Another manager leads: every loop ends and begins anew from the store. */
  async changeLeader(): Promise<void> {
    this.store.raft.loseLeadership(this.random.below(3));
    await this.#scope.end();
    this.store.raft.becomeLeader();
    this.#scope = this.#lead();
  }

  check(): void {
    if (this.breach !== null) throw this.breach;
    if (this.#scope.failure !== null) throw this.#scope.failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scope.end();
  }

  /** As sessions do it: a new leader knows nothing until it has asked. */
  #usage(): UsageSource {
    this.#measured.clear();
    return {
      measure: (nodeId, taskIds) => void this.#measured.set(nodeId, taskIds),
      usageOf: (nodeId) => {
        const ids = this.mute || this.fleet.off.has(nodeId) ? [] : (this.#measured.get(nodeId) ?? []);
        return new Map(ids.map((id) => [id, { nanoCpus: this.#useOf(id), memoryBytes: 0 }]));
      },
    };
  }

  #useOf(taskId: TaskId): number {
    const task = this.store.view().get("task", taskId);
    if (task === undefined) return 0;
    const { name } = task.serviceAnnotations;
    return (this.load.get(name) ?? 0) / Math.max(1, this.running(name));
  }

  #lead(): Scope {
    const scope = new Scope(silentLogger);
    startLeaderLoops(scope, {
      store: poisonedStore(withOwnership(this.store), (kind, object) => this.isIll(kind, object)),
      raft: this.store.raft,
      usage: this.#usage(),
      clock: this.clock,
      random: this.random.fork(`leader${this.commits}`),
      log: silentLogger,
    });
    return scope;
  }
}
