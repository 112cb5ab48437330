import { createDispatcher, type Dispatcher } from "../../../manager/dispatcher/dispatcher.ts";
import { startLeaderLoops } from "../../../manager/leader-loops.ts";
import { createLiveness, type Liveness } from "../../../manager/liveness/liveness.ts";
import { RaftStore } from "../../../manager/store/raft-store.ts";
import { StoreMachine } from "../../../manager/store/store-machine.ts";
import { Tables } from "../../../manager/store/tables.ts";
import { NO_USAGE } from "../../../manager/tasks/task-use.ts";
import { PROBE_TIMEOUT_MS, type Prober } from "../../../shared/host-probe/prober.ts";
import { silentLogger } from "../../../shared/log.ts";
import { sleep } from "../../../shared/ports/clock.ts";
import { systemClock } from "../../../shared/ports/system-clock.ts";
import { systemRandom } from "../../../shared/ports/system-random.ts";
import { bidi, type CallContext, clientStream } from "../../../shared/rpc/handler.ts";
import { services } from "../../../shared/rpc/schema.ts";
import { Scope } from "../../../shared/scope.ts";
import { createCluster, createNetwork, createSubnet } from "../../../test/support/objects.ts";
import { claimedNodeId, PlainServer } from "../raft/plain-server.ts";
import { TurningRaft } from "../scale/turning-raft.ts";
import { hostObject } from "./host-object.ts";

const HOST = "127.0.0.1";
/** Wider than what a cluster has by itself, which has room for 4,094 hosts. */
const INGRESS_BLOCK = "10.0.0.0/16";

/** A leader with everything that runs on one, behind a server on loopback. Its log is in memory. */
export class BenchLeader implements AsyncDisposable {
  readonly store: RaftStore;
  readonly raft: TurningRaft;
  readonly dispatcher: Dispatcher;
  /** Addresses of hosts without power: they answer nothing. */
  readonly dark = new Set<string>();
  readonly #server = new PlainServer();
  readonly #liveness: Liveness;
  #scope: Scope | null = null;

  private constructor(hosts: number, heartbeatPeriodMs: number) {
    const tables = new Tables();
    const cluster = createCluster();
    tables.put("cluster", { ...cluster, spec: { ...cluster.spec, heartbeatPeriodMs } });
    tables.put("network", createNetwork("ingress", { subnets: [createSubnet(INGRESS_BLOCK)] }));
    for (let at = 0; at < hosts; at++) tables.put("node", hostObject(at));
    const machine = new StoreMachine({ freeze: false, tables });
    const base = { clock: systemClock, random: systemRandom, log: silentLogger };
    this.raft = new TurningRaft({ machine, autoCommit: false });
    this.store = new RaftStore({ ...base, machine, raft: this.raft, freeze: false });
    const options = { ...base, store: this.store, leaderAddress: () => null, memberAddresses: () => [] };
    this.dispatcher = createDispatcher(options);
    this.#liveness = createLiveness({
      ...options,
      prober: this.#prober(),
      trace: this.dispatcher.trace,
      gossip: null,
    });
  }

  /** Serves and leads. @returns it with HOST:PORT. */
  static async start(
    hosts: number,
    heartbeatPeriodMs: number,
  ): Promise<{ readonly leader: BenchLeader; readonly address: string }> {
    const leader = new BenchLeader(hosts, heartbeatPeriodMs);
    const address = await leader.#serve();
    leader.lead();
    return { leader, address };
  }

  /** Leadership begins. */
  lead(): void {
    const base = { clock: systemClock, random: systemRandom, log: silentLogger };
    this.raft.becomeLeader();
    this.#scope = new Scope(silentLogger);
    this.dispatcher.lead(this.#scope);
    this.#liveness.lead(this.#scope);
    startLeaderLoops(this.#scope, { ...base, store: this.store, raft: this.raft, usage: NO_USAGE });
  }

  /** Leadership ends: every session and every loop with it. */
  async follow(): Promise<void> {
    this.raft.loseLeadership();
    await this.#scope?.end();
    this.#scope = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.follow();
    this.#server.stop();
    this.store[Symbol.dispose]();
  }

  #serve(): Promise<string> {
    const { dispatcher } = this;
    this.#server.add(services.dispatcher, {
      ...dispatcher.handlers,
      session: bidi((messages, context, send) => dispatcher.session.run(messages, this.#asNode(context), send)),
      publishLogs: clientStream(async () => ({})),
      carry: bidi(async () => {}),
    });
    return this.#server.listen(HOST, 0);
  }

  #asNode(context: CallContext): CallContext {
    const caller = {
      kind: "node",
      nodeId: claimedNodeId(context),
      role: "WORKER",
      roleGeneration: 0,
      certificateRoot: "",
      clusterId: this.store.view().cluster().id,
      address: `${HOST}:1`,
    } as const;
    return { ...context, caller };
  }

  #prober(): Prober {
    return {
      probe: async (host) => {
        if (!this.dark.has(host)) return "refused";
        await sleep(systemClock, PROBE_TIMEOUT_MS, "bench: probe");
        return "noAnswer";
      },
    };
  }
}
