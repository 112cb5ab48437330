import { createControlApi, createLeaderlessApi } from "../manager/api/control-api.ts";
import { forwardToLeader } from "../manager/api/forward.ts";
import { LeaderRoute } from "../manager/api/leader-route.ts";
import { findObject } from "../manager/api/reference.ts";
import { CertificateAuthority } from "../manager/ca/certificate-authority.ts";
import { actingRole, changesStanding, refuseDemoted } from "../manager/ca/standing.ts";
import { createDispatcher, type Dispatcher } from "../manager/dispatcher/dispatcher.ts";
import { createDoctor } from "../manager/doctor/doctor.ts";
import type { SwarmEvent } from "../manager/events/events-of.ts";
import { tellEvents } from "../manager/events/tell-events.ts";
import { createHostCalls } from "../manager/hosts/host-calls.ts";
import { startLeaderLoops } from "../manager/leader-loops.ts";
import type { GossipSource } from "../manager/liveness/gossip-evidence.ts";
import { createLiveness } from "../manager/liveness/liveness.ts";
import { createLogGatherer } from "../manager/logs/log-gatherer.ts";
import { beginEra } from "../manager/role/begin-era.ts";
import { createMovePlanner } from "../manager/scheduler/rebalance/plan-now.ts";
import { RaftStore } from "../manager/store/raft-store.ts";
import type { StoreMachine } from "../manager/store/store-machine.ts";
import type { ReadView, Store } from "../manager/store/store-types.ts";
import type { RaftNode } from "../raft/raft-node.ts";
import type { Doorkeeper } from "../raft/transport/join-group.ts";
import { tcpProber } from "../shared/host-probe/ports/tcp-prober.ts";
import type { Logger } from "../shared/log.ts";
import type { Cluster, LoginSpec, Network, Node } from "../shared/objects/types.ts";
import type { KeyLock } from "../shared/pki/key-lock.ts";
import { systemCrypto } from "../shared/pki/ports/crypto-engine.ts";
import { refuseRevoked } from "../shared/pki/revocation.ts";
import { systemClock } from "../shared/ports/system-clock.ts";
import { systemRandom } from "../shared/ports/system-random.ts";
import type { NodeCaller } from "../shared/rpc/authorize.ts";
import { connect } from "../shared/rpc/client.ts";
import type { NodeRole } from "../shared/rpc/gen/objects.ts";
import type { RpcHandlers } from "../shared/rpc/handler.ts";
import { nodeRemovedError } from "../shared/rpc/node-removed.ts";
import { services } from "../shared/rpc/schema.ts";
import type { RpcService } from "../shared/rpc/service-types.ts";
import type { Scope } from "../shared/scope.ts";
import type { HostSight } from "../worker/membership/host-sights.ts";
import { createImageResolver } from "./create-image-resolver.ts";
import type { DaemonOptions } from "./daemon-options.ts";
import { followUnlockKey, type UnlockKeyDeps } from "./follow-unlock-key.ts";
import { LeaderDuty } from "./leader-duty.ts";
import { MemberAddresses } from "./member-addresses.ts";
import type { ActiveIdentity } from "./runtimes.ts";

/** Everything in a manager that builds on its Raft node. */
export interface ManagerParts extends AsyncDisposable {
  readonly control: RpcHandlers<typeof services.control>;
  readonly logs: RpcHandlers<typeof services.logs>;
  readonly hosts: RpcHandlers<typeof services.hosts>;
  readonly authority: RpcHandlers<typeof services.certificateAuthority>;
  readonly dispatcher: RpcHandlers<typeof services.dispatcher>;
  readonly doorkeeper: Doorkeeper;
  /**
   * The role in which a node may act.
   * @throws SwarmError permissionDenied when it was removed, unauthenticated when it is of another cluster.
   */
  admit(caller: NodeCaller): NodeRole;
  /** Calls back when `admit` may answer differently than before. */
  onStanding(listener: () => void): Disposable;
  /** Whether an address is known to be that of a host of the cluster. */
  isMemberAddress(address: string): boolean;
  counts(): { readonly nodes: number; readonly managers: number };
  cluster(): Cluster | null;
  /** Resolves when a new cluster's first objects are committed; at once for any other manager. */
  readonly founded: Promise<void>;
}

/** What a new cluster's store begins with. */
export interface FirstObjects {
  readonly cluster: Cluster;
  readonly node: Node;
  readonly networks: readonly Network[];
}

export interface ManagerPartsDeps {
  readonly active: ActiveIdentity;
  readonly raft: RaftNode;
  readonly machine: StoreMachine;
  /** Only for the first manager of a new cluster. */
  readonly first: FirstObjects | null;
  readonly options: DaemonOptions;
  /** Gives this host the swarm's logins while the manager runs. */
  readonly lendLogins: (loginOf: (name: string) => LoginSpec | undefined) => Disposable;
  /** Tells whoever follows this host's events. */
  readonly noteEvent: (event: SwarmEvent) => void;
  readonly lock: KeyLock;
  readonly readUnlockKey: UnlockKeyDeps["readUnlockKey"];
  /** What the gossip of this host's worker knows about a node; null = nothing. */
  readonly sight: (nodeId: string) => HostSight | null;
  readonly log: Logger;
  readonly onFatal: (error: unknown) => void;
}

export function createManagerParts(deps: ManagerPartsDeps): ManagerParts {
  const { raft, machine, first, log, onFatal } = deps;
  const base = { clock: systemClock, random: systemRandom, log };
  const resources = new AsyncDisposableStack();
  const store = resources.use(new RaftStore({ machine, raft, clock: systemClock, log, freeze: false }));
  followStore(deps, store, resources);
  const route = resources.use(new LeaderRoute({ raft, clock: systemClock }));
  const leaderAddress = (): string | null => route.leaderAddress();
  const memberAddresses = (): readonly string[] => raft.status().members.map(({ address }) => address);

  const registries = createImageResolver(deps, store, resources);
  const dispatcher = createDispatcher({ ...base, store, leaderAddress, memberAddresses });
  const gatherer = createLogGatherer({ ...base, store, leaderAddress, subscribeLogs: dispatcher.subscribeLogs });
  const hostCalls = createHostCalls({ ...base, store, leaderAddress, findNode, openCall: dispatcher.openCall });
  const gossip = gossipOf(deps, dispatcher);
  const liveness = createLiveness({ ...base, store, prober: tcpProber, trace: dispatcher.trace, gossip });
  const doctor = createDoctor({ ...base, store, raft, sessions: dispatcher });
  const planMoves = createMovePlanner({ ...base, store });
  const served = serveThroughLeader({ ...deps, store }, route, resources, {
    control: createControlApi({
      ...{ ...base, ...registries, store, raft, engine: systemCrypto, diagnose: doctor.diagnose, planMoves },
    }),
    logs: { subscribe: gatherer.subscribe },
    hosts: { find: hostCalls.find, call: hostCalls.call },
    authority: new CertificateAuthority({ ...base, store, engine: systemCrypto }).handlers(),
  });

  const hosts = new MemberAddresses({ store, managers: memberAddresses, clock: systemClock });
  const clusterNow = (): Cluster | null => store.view().all("cluster")[0] ?? null;
  const founded = Promise.withResolvers<void>();
  if (first === null) founded.resolve();
  const lead = async (scope: Scope): Promise<void> => {
    await prepareStore(deps, store);
    founded.resolve();
    for (const part of [dispatcher, gatherer, hostCalls, liveness, doctor]) part.lead(scope);
    startLeaderLoops(scope, { ...base, store, raft, usage: dispatcher });
  };
  resources.use(new LeaderDuty({ raft, ...base, onFatal, lead }));

  return {
    ...served,
    dispatcher: { ...dispatcher.handlers, publishLogs: gatherer.publishLogs, carry: hostCalls.carry },
    doorkeeper: {
      leaderAddress: () => (route.now()?.kind === "here" ? "self" : leaderAddress()),
      admitMember: (joiner) => {
        refuseDemoted(store.view(), joiner.nodeId);
        return raft.admitMember(joiner);
      },
    },
    admit(caller) {
      const cluster = clusterNow();
      // A manager that has just joined knows nothing yet; the first thing it hears is the leader's log.
      if (cluster === null) return caller.role;
      refuseRevoked(cluster, caller);
      const node = store.view().get("node", caller.nodeId);
      // The leader knows every node before its certificate is signed; the others may lag.
      if (node === undefined && route.now()?.kind === "here") throw nodeRemovedError(caller.nodeId);
      return actingRole(caller, node);
    },
    onStanding: (listener) =>
      store.subscribe(({ changes, resync }) => {
        if (resync || changes.some(changesStanding)) listener();
      }),
    isMemberAddress: (address) => hosts.has(address),
    counts: () => ({ nodes: store.view().all("node").length, managers: raft.status().members.length }),
    cluster: clusterNow,
    founded: founded.promise,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** What every manager does by its own copy of the store, whoever leads. */
function followStore(deps: ManagerPartsDeps, store: Store, resources: AsyncDisposableStack): void {
  resources.use(tellEvents(store, deps.raft, deps.noteEvent));
  resources.use(followUnlockKey({ ...deps, store, clock: systemClock, random: systemRandom }));
}

const findNode = (view: ReadView, ref: string): Node => findObject(view, "node", ref);

/** Gossip belongs to the worker: that of this host is asked directly, that of others is heard in their sessions. */
function gossipOf({ active, sight }: ManagerPartsDeps, dispatcher: Dispatcher): GossipSource {
  const { gossipReports: reports, onGossipReport: onReport } = dispatcher;
  return { selfId: active.record.nodeId, sight, reports, onReport };
}

/** The services any manager answers and the leader carries out. */
type LeaderServices = Pick<ManagerParts, "control" | "logs" | "hosts" | "authority">;

function serveThroughLeader(
  { active, store }: Pick<ManagerPartsDeps, "active"> & { readonly store: Store },
  route: LeaderRoute,
  resources: AsyncDisposableStack,
  handlers: LeaderServices,
): LeaderServices {
  const { credentials } = active;
  const through = <Methods>(
    service: RpcService<Methods>,
    own: RpcHandlers<RpcService<Methods>>,
    withoutLeader: Partial<RpcHandlers<RpcService<Methods>>> = {},
  ): RpcHandlers<RpcService<Methods>> => {
    const connectTo = (address: string) => connect(service, address, credentials);
    const options = { service, handlers: own, withoutLeader, route, clock: systemClock, connect: connectTo };
    return resources.use(forwardToLeader(options)).handlers;
  };
  return {
    control: through(services.control, handlers.control, createLeaderlessApi({ store })),
    logs: through(services.logs, handlers.logs),
    hosts: through(services.hosts, handlers.hosts),
    authority: through(services.certificateAuthority, handlers.authority),
  };
}

/** Before any of the leader's parts look: no loop can work on a store without a cluster object. */
async function prepareStore({ first, raft, active }: ManagerPartsDeps, store: Store): Promise<void> {
  if (first !== null && store.view().all("cluster").length === 0) await writeFirstObjects(store, first);
  await beginEra(store, raft.era, active.record.nodeId);
}

async function writeFirstObjects(store: Store, { cluster, node, networks }: FirstObjects): Promise<void> {
  await store.update("found the cluster", (tx) => {
    tx.create("cluster", cluster);
    tx.create("node", node);
    for (const network of networks) tx.create("network", network);
  });
}
