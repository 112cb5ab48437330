/** A leader and workers of a whole cluster in one process, under virtual time. */

import { createDispatcher, type Dispatcher } from "../../manager/dispatcher/dispatcher.ts";
import type { GossipSource, Sight } from "../../manager/liveness/gossip-evidence.ts";
import { createLiveness } from "../../manager/liveness/liveness.ts";
import { createLogGatherer, type LogGatherer } from "../../manager/logs/log-gatherer.ts";
import type { Store } from "../../manager/store/store-types.ts";
import type { NodeId, TaskId } from "../../shared/ids.ts";
import { type Logger, silentLogger } from "../../shared/log.ts";
import type { Task } from "../../shared/objects/types.ts";
import { sleep } from "../../shared/ports/clock.ts";
import { seededRandom } from "../../shared/ports/seeded-random.ts";
import type { ClusterView } from "../../shared/rpc/gen/dispatcher.ts";
import type { TaskState } from "../../shared/rpc/gen/objects.ts";
import { Scope } from "../../shared/scope.ts";
import { Agent } from "../../worker/agent/agent.ts";
import type { Examine } from "../../worker/agent/examinations.ts";
import type { ReadMeter } from "../../worker/agent/usage-reporter.ts";
import { hostFacts } from "./doctor-facts.ts";
import {
  FakeExecutor,
  FakeMembership,
  FakeNetwork,
  MemoryAgentDatabase,
  noCarrier,
  noGuests,
  noLogins,
  noNames,
} from "./fake-worker.ts";
import { createMemoryStore, type MemoryStore } from "./memory-store.ts";
import { MemoryTransport } from "./memory-transport.ts";
import { createCluster, createNetwork, createNode, createService, createTask, testId } from "./objects.ts";
import { VirtualClock } from "./virtual-clock.ts";

export const MANAGERS = ["10.77.0.1:2377", "10.77.0.2:2377", "10.77.0.3:2377"] as const;

/** One manager's parts over the one store; only the leader's are led. */
class SimManager {
  readonly dispatcher: Dispatcher;
  readonly logs: LogGatherer;
  readonly #lead: (scope: Scope) => void;
  #scope: Scope | null = null;

  constructor(world: SessionWorld, seed: number) {
    const { store, clock } = world;
    const random = seededRandom(seed, "manager");
    const { log } = world;
    const base = { store: store as Store, clock, random, log, leaderAddress: () => world.leaderAddress };
    this.dispatcher = createDispatcher({ ...base, memberAddresses: () => MANAGERS });
    this.logs = createLogGatherer({ ...base, subscribeLogs: this.dispatcher.subscribeLogs });
    const prober = {
      async probe(host: string, _port: number, timeoutMs: number) {
        if (!world.poweredOff.has(host)) return "refused" as const;
        await sleep(clock, timeoutMs, "sim: probe");
        return "noAnswer" as const;
      },
    };
    const gossip: GossipSource = {
      selfId: testId("m1"),
      sight: (nodeId) => world.sights.get(nodeId) ?? null,
      reports: () => this.dispatcher.gossipReports(),
      onReport: (listener) => this.dispatcher.onGossipReport(listener),
    };
    const liveness = createLiveness({ ...base, prober, trace: this.dispatcher.trace, gossip });
    this.#lead = (scope) => {
      this.dispatcher.lead(scope);
      this.logs.lead(scope);
      liveness.lead(scope);
    };
  }

  lead(): void {
    this.#scope = new Scope(silentLogger);
    this.#lead(this.#scope);
  }

  async follow(): Promise<void> {
    await this.#scope?.end();
    this.#scope = null;
  }
}

/** One host with its containers and memory, whose daemon comes and goes. */
export class SimHost {
  readonly nodeId: NodeId;
  readonly executor: FakeExecutor;
  readonly network: FakeNetwork;
  readonly database = new MemoryAgentDatabase();
  readonly membership = new FakeMembership();
  readonly views: ClusterView[] = [];
  isRemoved = false;
  agent: Agent | null = null;
  readonly #world: SessionWorld;

  constructor(world: SessionWorld, word: string) {
    this.#world = world;
    this.nodeId = testId<NodeId>(word);
    this.executor = new FakeExecutor(world.clock);
    this.network = new FakeNetwork(world.clock);
  }

  /** What it finds when it is examined. */
  examine: Examine = async () => hostFacts();
  /** What its tasks have used. */
  readMeter: ReadMeter = async () => null;

  async start(): Promise<void> {
    const { clock, transport, random } = this.#world;
    this.agent = await Agent.start(
      { nodeId: this.nodeId, managers: MANAGERS },
      {
        onClusterView: (view) => this.views.push(view),
        onRemoved: () => {
          this.isRemoved = true;
        },
      },
      {
        transport: transport.forNode(this.nodeId, `${this.address}:40000`),
        executor: this.executor,
        network: this.network,
        names: noNames,
        logins: noLogins,
        membership: this.membership,
        database: this.database,
        describe: () => ({ ...mustDescribe(this.nodeId), dataPathAddress: this.address }),
        examine: (examination, signal) => this.examine(examination, signal),
        readMeter: (taskId) => this.readMeter(taskId),
        carrier: noCarrier,
        guests: noGuests,
        bootClock: () => ({ bootId: "boot", upMs: clock.now() }),
        clock,
        random: random.fork(this.nodeId),
        log: this.#world.log,
      },
    );
  }

  get address(): string {
    return `10.77.0.${100 + Number(/\d+/.exec(this.nodeId)?.[0] ?? 0)}`;
  }

  /** As by `kill -9`: nothing is said or stored any more; its connections are reset by the kernel. */
  async kill(): Promise<void> {
    this.#world.transport.reset(this.nodeId);
    await this.agent?.stop({ keepContainers: true });
    this.agent = null;
  }

  state(): string {
    return this.#world.store.view().get("node", this.nodeId)?.status.state ?? "removed";
  }
}

export class SessionWorld {
  readonly clock = new VirtualClock();
  readonly transport = new MemoryTransport();
  readonly store: MemoryStore;
  readonly random: ReturnType<typeof seededRandom>;
  readonly hosts: readonly SimHost[];
  /** Addresses that answer nothing. */
  readonly poweredOff = new Set<string>();
  /** What the managers' own gossip has of nodes; at first nothing. */
  readonly sights = new Map<NodeId, Sight>();
  readonly service = createService("web");
  readonly log: Logger;
  leaderAddress: string | null = null;
  readonly #managers: readonly SimManager[];

  private constructor(seed: number, hosts: number, log: Logger) {
    this.log = log;
    this.random = seededRandom(seed);
    this.store = createMemoryStore(this.clock);
    this.#managers = MANAGERS.map((_, at) => new SimManager(this, seed + at));
    this.hosts = Array.from({ length: hosts }, (_, at) => new SimHost(this, `n${at + 1}`));
    for (const [at, address] of MANAGERS.entries()) {
      const manager = this.#managers[at];
      if (manager !== undefined) this.transport.addManager(address, { ...manager, clusterId: testId("c1") });
    }
  }

  /** A cluster with its ingress network, led by the first manager, its hosts in session. */
  static async create(seed = 1, hosts = 1, log: Logger = silentLogger): Promise<SessionWorld> {
    const world = new SessionWorld(seed, hosts, log);
    await world.store.update("begin", (tx) => {
      tx.create("cluster", createCluster());
      tx.create("network", createNetwork("ingress"));
      tx.create("service", world.service);
      for (const host of world.hosts) tx.create("node", freshNode(host.nodeId));
    });
    await world.lead(0);
    for (const host of world.hosts) await host.start();
    await world.clock.until("all hosts are ready", () => world.hosts.every((host) => host.state() === "READY"), 10_000);
    return world;
  }

  get host(): SimHost {
    const [host] = this.hosts;
    if (host === undefined) throw new Error("no host");
    return host;
  }

  /** Makes that manager the leader, or nobody. */
  async lead(at: number | null): Promise<void> {
    for (const manager of this.#managers) await manager.follow();
    this.leaderAddress = at === null ? null : (MANAGERS[at] ?? null);
    if (at !== null) this.#managers[at]?.lead();
  }

  get leader(): SimManager {
    const manager = this.#managers[MANAGERS.indexOf(this.leaderAddress as (typeof MANAGERS)[number])];
    if (manager === undefined) throw new Error("nobody leads");
    return manager;
  }

  /** Assigns a new task. */
  async assign(word: string, host: SimHost = this.host, part: Partial<Task> = {}): Promise<TaskId> {
    const task = createTask(word, this.service, { state: "ASSIGNED", nodeId: host.nodeId, ...part });
    await this.store.update("assign", (tx) => tx.create("task", task));
    return task.id;
  }

  async want(taskId: TaskId, desiredState: TaskState): Promise<void> {
    await this.store.update("want", (tx) => {
      const task = tx.get("task", taskId);
      if (task !== undefined) tx.update("task", { ...task, desiredState });
    });
  }

  task(taskId: TaskId): Task | undefined {
    return this.store.view().get("task", taskId);
  }

  async untilState(taskId: TaskId, state: TaskState, msMax = 10_000): Promise<number> {
    return await this.clock.until(`${taskId} is ${state}`, () => this.task(taskId)?.status.state === state, msMax);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lead(null);
    const stopped = Promise.all(this.hosts.map((host) => host.agent?.stop({ keepContainers: true })));
    // A daemon does not end before its kernel has taken what it was given, and its tasks are on their networks.
    await this.clock.run(
      Math.max(...this.hosts.map(({ network, executor }) => network.applyMs + executor.reconnectMs)),
    );
    await stopped;
  }
}

function freshNode(nodeId: NodeId) {
  const word = nodeId.replace(/z+$/, "");
  const attachments = [
    { networkId: testId<never>("ingress"), address: `10.0.0.${word.slice(1)}/20`, address6: "", aliases: [] },
  ];
  return { ...createNode(word, { state: "UNKNOWN", attachments }), description: null };
}

function mustDescribe(nodeId: NodeId) {
  const { description } = createNode(nodeId.replace(/z+$/, ""));
  if (description === null) throw new Error("nodes of tests describe themselves");
  return description;
}
