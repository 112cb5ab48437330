// Made from proto/swarm/v1/control.proto by scripts/generate.ts.
import type { RpcMethod } from "../service-types.ts";
import type { DiagnoseRequest, DiagnoseResponse } from "./doctor.ts";
import type { Cluster, ClusterSpec, Config, ContentSpec, EarlierSpec, Guest, Login, LoginSpec, LoopTrouble, Network, NetworkSpec, Node, NodeRole, NodeSpec, RebalanceStatus, Secret, Service, ServiceSpec, StoreAction, Task, TaskState, UpdateStatus } from "./objects.ts";

/**
 * What people and programs ask of the cluster. Any manager answers: it reads its own copy only when it leads,
 * and otherwise passes the call to the leader. Callers need a manager's certificate or the local socket.
 */
export interface ControlMethods {
  readonly getCluster: RpcMethod<"unary", GetClusterRequest, ClusterResponse>;
  /** Changes the spec (version-checked) and rotates join tokens, gossip keys and the unlock key. */
  readonly updateCluster: RpcMethod<"unary", UpdateClusterRequest, ClusterResponse>;
  /** The only call that shows people the unlock key. */
  readonly getUnlockKey: RpcMethod<"unary", GetUnlockKeyRequest, GetUnlockKeyResponse>;
  /** Says which running tasks would be moved to even out the load, begins to move them, or ends that. */
  readonly rebalance: RpcMethod<"unary", RebalanceRequest, RebalanceResponse>;
  /** Reference arguments (`ref`) are an id, a name (host name for nodes) or a unique id prefix, tried in this order. */
  readonly getNode: RpcMethod<"unary", RefRequest, NodeResponse>;
  readonly listNodes: RpcMethod<"unary", ListNodesRequest, ListNodesResponse>;
  readonly updateNode: RpcMethod<"unary", UpdateNodeRequest, NodeResponse>;
  readonly removeNode: RpcMethod<"unary", RemoveNodeRequest, Empty>;
  /** Gives up the volume of a slot on a node that is away, so that its task may start elsewhere, without its data. */
  readonly forgetVolume: RpcMethod<"unary", ForgetVolumeRequest, Empty>;
  readonly getService: RpcMethod<"unary", RefRequest, ServiceResponse>;
  readonly listServices: RpcMethod<"unary", ListServicesRequest, ListServicesResponse>;
  readonly createService: RpcMethod<"unary", CreateServiceRequest, ServiceResponse>;
  readonly updateService: RpcMethod<"unary", UpdateServiceRequest, ServiceResponse>;
  readonly removeService: RpcMethod<"unary", RefRequest, RemoveServiceResponse>;
  /** Writes nothing: what CreateService or UpdateService would make of a spec, or why they would refuse it. */
  readonly checkService: RpcMethod<"unary", CheckServiceRequest, CheckServiceResponse>;
  /** The specs that a service had, and still could go back to. */
  readonly listEarlierSpecs: RpcMethod<"unary", RefRequest, ListEarlierSpecsResponse>;
  /** What a create, an update or a rollback would do: which tasks it would replace, and where the new ones would go. */
  readonly planService: RpcMethod<"unary", PlanServiceRequest, PlanServiceResponse>;
  readonly getTask: RpcMethod<"unary", RefRequest, TaskResponse>;
  readonly listTasks: RpcMethod<"unary", ListTasksRequest, ListTasksResponse>;
  readonly getNetwork: RpcMethod<"unary", RefRequest, NetworkResponse>;
  readonly listNetworks: RpcMethod<"unary", ListNetworksRequest, ListNetworksResponse>;
  readonly createNetwork: RpcMethod<"unary", CreateNetworkRequest, NetworkResponse>;
  /** Changes labels, and adds blocks of addresses. */
  readonly updateNetwork: RpcMethod<"unary", UpdateNetworkRequest, NetworkResponse>;
  /** Refused while services or tasks use it. */
  readonly removeNetwork: RpcMethod<"unary", RefRequest, Empty>;
  /** Answers never contain the data of secrets; they do contain that of configs. */
  readonly getSecret: RpcMethod<"unary", RefRequest, SecretResponse>;
  readonly listSecrets: RpcMethod<"unary", ListContentsRequest, ListSecretsResponse>;
  readonly createSecret: RpcMethod<"unary", CreateContentRequest, SecretResponse>;
  readonly updateSecret: RpcMethod<"unary", UpdateContentRequest, SecretResponse>;
  readonly removeSecret: RpcMethod<"unary", RefRequest, Empty>;
  /** Whether a secret holds exactly what the caller has: nobody can read it to find out. */
  readonly compareSecret: RpcMethod<"unary", CompareSecretRequest, CompareSecretResponse>;
  readonly getConfig: RpcMethod<"unary", RefRequest, ConfigResponse>;
  readonly listConfigs: RpcMethod<"unary", ListContentsRequest, ListConfigsResponse>;
  readonly createConfig: RpcMethod<"unary", CreateContentRequest, ConfigResponse>;
  readonly updateConfig: RpcMethod<"unary", UpdateContentRequest, ConfigResponse>;
  readonly removeConfig: RpcMethod<"unary", RefRequest, Empty>;
  /** Answers never contain passwords and tokens. No call gives them back. */
  readonly listLogins: RpcMethod<"unary", ListLoginsRequest, ListLoginsResponse>;
  /** Creates the login, or puts the new password in the place of the old one. */
  readonly setLogin: RpcMethod<"unary", SetLoginRequest, LoginResponse>;
  readonly removeLogin: RpcMethod<"unary", RefRequest, Empty>;
  /** Objects as they change. The first message carries the current state, so nothing is missed between list and watch. */
  readonly watch: RpcMethod<"serverStream", WatchRequest, WatchResponse>;
  /**
   * A service's progress towards what its spec wants: at once, then whenever it changes. This is the leader's own
   * judgement, by the rules that its loops follow. Ends after the message that says that the service no longer exists.
   */
  readonly watchServiceProgress: RpcMethod<"serverStream", WatchServiceProgressRequest, ServiceProgress>;
  /** Examines every host and the ways between them, and says what is broken and how to mend it. One at a time. */
  readonly diagnose: RpcMethod<"serverStream", DiagnoseRequest, DiagnoseResponse>;
}

/** Nothing to say. */
export type Empty = Readonly<Record<string, never>>;

/** One object by id, name or unique id prefix. */
export interface RefRequest {
  /** Id, name, or an id prefix that only one object has. */
  readonly ref: string;
}

/** There is one cluster only. */
export type GetClusterRequest = Readonly<Record<string, never>>;

/** The cluster as it is after the call. */
export interface ClusterResponse {
  /** The CA key, the gossip keys and the unlock key are blanked. */
  readonly cluster: Cluster | null;
}

/** Changes settings of the whole swarm. */
export interface UpdateClusterRequest {
  /** Absent = spec unchanged. */
  readonly spec: ClusterSpec | null;
  /** meta.version the caller has read; 0 = do not check. */
  readonly version: number;
  /** The current token is refused from then on; workers that have joined stay. */
  readonly rotateWorkerToken: boolean;
  /** The current token is refused from then on; managers that have joined stay. */
  readonly rotateManagerToken: boolean;
  /** Rotate now, instead of at the next regular rotation. */
  readonly rotateGossipKeys: boolean;
  /** Begins to replace the root: with root_cert and root_key, or with a new one if they are empty. */
  readonly rotateRoot: boolean;
  /** PEM. */
  readonly rootCert: string;
  /** PKCS#8 PEM, ECDSA P-256. */
  readonly rootKey: string;
  /** Managers are locked with a new key from then on; one that is down needs the key that it was last locked with. */
  readonly rotateUnlockKey: boolean;
}

/** Asks what managers are unlocked with. */
export type GetUnlockKeyRequest = Readonly<Record<string, never>>;

/** What a person needs to unlock a manager. */
export interface GetUnlockKeyResponse {
  /** SWMKEY-1-...; "" while managers are not locked. */
  readonly unlockKey: string;
  /** There is no leader: it is what this manager knew last, and may have been replaced since. Never with "". */
  readonly unconfirmed: boolean;
}

/** What is asked about evening out the load. */
export interface RebalanceRequest {
  /** Default PLAN. */
  readonly action: RebalanceRequestAction;
  /** Moves at most; 0 = 100. */
  readonly movesMax: number;
  /** What a move has to gain at least, in tasks; 0 = as the swarm's settings say. */
  readonly gainMin: number;
}

/** What is to be done. */
export type RebalanceRequestAction =
  /** Nothing: say what would be moved now. */
  | "PLAN"
  /** Begin, and say what is moved by the present state of things. */
  | "START"
  /** Begin no further moves, and call off those under way. */
  | "STOP"
  /** Nothing: say what is under way. */
  | "STATUS";

/** Moves, and how far a rebalancing is. */
export interface RebalanceResponse {
  /** For PLAN and START those that were decided, in their order; otherwise those under way. */
  readonly moves: readonly RebalanceMove[];
  /** Why services are uneven and stay so; only for PLAN and START. At most 100. */
  readonly uneven: readonly UnevenService[];
  /** As it is after the request; absent = there never was one. */
  readonly status: RebalanceStatus | null;
}

/** A running task that leaves its node. */
export interface RebalanceMove {
  /** The task. */
  readonly taskId: string;
  /** As people know it: web.2. */
  readonly task: string;
  /** Host name of the node that it leaves. */
  readonly from: string;
  /** Host name of the node that it goes to. */
  readonly to: string;
  /** By how many tasks the two nodes, or parts of the swarm, differ beyond the one that moves. */
  readonly gain: number;
  /** In one sentence: how uneven the load is. */
  readonly reason: string;
  /** How far its successor is; only of a move under way. */
  readonly state: TaskState;
  /** What keeps its successor; "" = nothing is known. */
  readonly error: string;
}

/** A service that would be more even if something did not keep its tasks. */
export interface UnevenService {
  /** Its name. */
  readonly service: string;
  /** What keeps its tasks, in a few words. */
  readonly reason: string;
}

/** The node as it is after the call. */
export interface NodeResponse {
  /** As it is after the request. */
  readonly node: Node | null;
}

/** A service is gone. */
export interface RemoveServiceResponse {
  /** Names of services that depend on it: their tasks wait at the next start or update until there is one of its name. */
  readonly dependents: readonly string[];
}

/** Filters; each that is empty lets everything through. */
export interface ListNodesRequest {
  /** Each filter: any of its values may match, of labels all must; all given filters must. */
  readonly idPrefixes: readonly string[];
  /** Host name prefixes. */
  readonly namePrefixes: readonly string[];
  /** KEY or KEY=VALUE of spec labels; a node has all of them. */
  readonly labels: readonly string[];
  /** Roles that nodes have now, not their desired roles. */
  readonly roles: readonly NodeRole[];
}

/** The nodes that pass all filters. */
export interface ListNodesResponse {
  /** Those that match all filters. */
  readonly nodes: readonly Node[];
}

/** Changes what people decide about a node: role, availability, labels. */
export interface UpdateNodeRequest {
  /** Id, host name, or an id prefix that only one node has. */
  readonly ref: string;
  /** meta.version the caller has read; 0 = do not check. */
  readonly version: number;
  /** The whole new spec. */
  readonly spec: NodeSpec | null;
}

/** Takes a node out of the swarm. */
export interface RemoveNodeRequest {
  /** Id, host name, or an id prefix that only one node has. */
  readonly ref: string;
  /** Even if the node is ready. */
  readonly force: boolean;
}

/** A volume of a slot, to be given up. */
export interface ForgetVolumeRequest {
  /** The node: id, host name, or an id prefix that only one node has. */
  readonly node: string;
  /** The volume's name on it. */
  readonly volume: string;
}

/** The service as it is after the call. */
export interface ServiceResponse {
  /** As it is after the request. */
  readonly service: Service | null;
  /** Sentences for stderr, such as an image that could not be pinned. */
  readonly warnings: readonly string[];
}

/** Filters; each that is empty lets everything through. */
export interface ListServicesRequest {
  /** Each filter: any of its values may match; all given filters must. */
  readonly idPrefixes: readonly string[];
  /** Service name prefixes. */
  readonly namePrefixes: readonly string[];
  /** KEY or KEY=VALUE of spec labels. */
  readonly labels: readonly string[];
  /** "replicated", "global", "replicatedJob", "globalJob". */
  readonly modes: readonly string[];
}

/** A service and how far it is, as lists show it. */
export interface ServiceWithStatus {
  /** As the store has it. */
  readonly service: Service | null;
  /** Tasks observed RUNNING. */
  readonly runningTasks: number;
  /**
   * Tasks that should run: replicas, or eligible nodes for a global service; of a replicated job how many may run at
   * once, of a global job those that are not over.
   */
  readonly desiredTasks: number;
  /** Slots of a job that are done in its present run; 0 for services that run on. */
  readonly completedTasks: number;
}

/** The services that pass all filters. */
export interface ListServicesResponse {
  /** Those that match all filters. */
  readonly services: readonly ServiceWithStatus[];
}

/** A new service. */
export interface CreateServiceRequest {
  /** An empty name is filled in by the manager. */
  readonly spec: ServiceSpec | null;
  /** Do not ask the registry for the digest. */
  readonly noResolveImage: boolean;
  /** Kept with the service, or not at all if it is refused; the digest is looked up without it. */
  readonly login: LoginSpec | null;
}

/** Replaces the spec of a service, or goes back to the one before. */
export interface UpdateServiceRequest {
  /** Id, name, or an id prefix that only one service has. */
  readonly ref: string;
  /** meta.version the caller has read; must be current. */
  readonly version: number;
  /** The whole new spec. */
  readonly spec: ServiceSpec | null;
  /** Do not ask the registry for the digest. */
  readonly noResolveImage: boolean;
  /** Restore the spec from before the last update; `spec` is then ignored. */
  readonly rollback: boolean;
  /** Begin a run of a job as it is; `spec` is then ignored. */
  readonly runNow: boolean;
  /** Kept with the new spec, or not at all if that is refused; the digest is looked up without it. */
  readonly login: LoginSpec | null;
  /** With `rollback`: the generation of the spec to restore; 0 = the spec from before the last update. */
  readonly rollbackTo: number;
  /** Give the spec that a canary tries to all slots; `spec` is then ignored. */
  readonly promote: boolean;
  /** Take back the spec that a canary tries; `spec` is then ignored. */
  readonly abort: boolean;
  /**
   * The number of replicas in the spec is what somebody wants now, even where the service has rules by which it changes
   * by itself. Otherwise only another number than before is.
   */
  readonly replicasGiven: boolean;
}

/** A spec of a service, before it is written. */
export interface CheckServiceRequest {
  /** The service that would be updated: id, name, or an id prefix that only one service has; "" = it would be created. */
  readonly ref: string;
  /** The whole spec. */
  readonly spec: ServiceSpec | null;
  /** Do not ask the registry for the digest. */
  readonly noResolveImage: boolean;
}

/** What would be written. */
export interface CheckServiceResponse {
  /** With its image pinned, and its networks, secrets and configs by id. */
  readonly spec: ServiceSpec | null;
  /** Sentences for stderr, such as an image that could not be pinned. */
  readonly warnings: readonly string[];
}

/** The specs that a service had. */
export interface ListEarlierSpecsResponse {
  /** The service as it is. */
  readonly service: Service | null;
  /** By generation, oldest first: the last nine, and before them the newest that had come to run everywhere. */
  readonly specs: readonly EarlierSpec[];
}

/** A change of a service that is not to be made yet. */
export interface PlanServiceRequest {
  /** The service: id, name, or an id prefix that only one service has; "" = one to be created. */
  readonly ref: string;
  /** The whole new spec. */
  readonly spec: ServiceSpec | null;
  /** Do not ask the registry for the digest. */
  readonly noResolveImage: boolean;
  /** Plan a rollback instead; `spec` is then ignored. */
  readonly rollback: boolean;
  /** With `rollback`: as in UpdateServiceRequest. */
  readonly rollbackTo: number;
}

/** What a change of a service would do, as far as the leader can tell now: others change the cluster, too. */
export interface PlanServiceResponse {
  /** As it is now; absent for one to be created. */
  readonly before: ServiceSpec | null;
  /** As it would be written. */
  readonly after: ServiceSpec | null;
  /** Slots that something would happen to, in the order of their names; at most 500, preferably those without a node. */
  readonly slots: readonly SlotPlan[];
  /** Number of all slots that something would happen to. */
  readonly affected: number;
  /** Number of slots that stay as they are. */
  readonly kept: number;
  /** Slots that try the spec first; 0 = there is no canary. */
  readonly canary: number;
  /** What its first tasks, or its update, would be waiting for, in a sentence; "" = nothing. */
  readonly waiting: string;
  /** Sentences for stderr. */
  readonly warnings: readonly string[];
}

/** What would happen to one slot. */
export interface SlotPlan {
  /** The slot's number, or the host name for a global service. */
  readonly name: string;
  /** Exactly one for each slot. */
  readonly action: SlotPlanAction;
  /** Host of the task that would be stopped; "" = there is none. */
  readonly fromHost: string;
  /** Host that the new task would get; "" = none. */
  readonly toHost: string;
  /** Why no host would take it, in a sentence; "" = one would. */
  readonly whyNot: string;
  /** It would only be replaced once the canary is promoted. */
  readonly afterCanary: boolean;
}

/** What is done to it. */
export type SlotPlanAction =
  /** Not said. */
  | "UNKNOWN"
  /** A first task. */
  | "START"
  /** A new task for the one that runs. */
  | "REPLACE"
  /** Its task is stopped, and there is no other. */
  | "STOP";

/** One task. */
export interface TaskResponse {
  /** As the store has it. */
  readonly task: Task | null;
}

/** Filters; each that is empty lets everything through. */
export interface ListTasksRequest {
  /** Each filter: any of its values may match; all given filters must. */
  readonly idPrefixes: readonly string[];
  /** Service references. */
  readonly services: readonly string[];
  /** Node references. */
  readonly nodes: readonly string[];
  /** States the orchestrator wants. */
  readonly desiredStates: readonly TaskState[];
  /** SERVICE.SLOT prefixes. */
  readonly namePrefixes: readonly string[];
  /** Only tasks that were made as their services want them now. */
  readonly upToDate: boolean;
}

/** The tasks that pass all filters. */
export interface ListTasksResponse {
  /** Those that match all filters. */
  readonly tasks: readonly Task[];
}

/** One network. */
export interface NetworkResponse {
  /** As it is after the request. */
  readonly network: Network | null;
  /** Own containers of hosts that are on it. Only in the answer to GetNetwork. */
  readonly guests: readonly Guest[];
}

/** Filters; each that is empty lets everything through. */
export interface ListNetworksRequest {
  /** Each filter: any of its values may match, of labels all must; all given filters must. */
  readonly idPrefixes: readonly string[];
  /** Network name prefixes. */
  readonly namePrefixes: readonly string[];
  /** KEY or KEY=VALUE. */
  readonly labels: readonly string[];
  /** "overlay", "bridge", "host", "null". */
  readonly drivers: readonly string[];
  /** "swarm": on every host that needs it; "local": each host's own. */
  readonly scopes: readonly string[];
  /** "builtin": bridge, host and none; "custom": all others. */
  readonly types: readonly string[];
  /** Whether nothing uses it. Absent = either way. */
  readonly dangling?: boolean;
}

/** A new network. */
export interface CreateNetworkRequest {
  /** Everything of it. */
  readonly spec: NetworkSpec | null;
}

/** Changes labels and blocks of a network. */
export interface UpdateNetworkRequest {
  /** Id, name, or an id prefix that only one network has. */
  readonly ref: string;
  /** meta.version the caller has read; must be current. */
  readonly version: number;
  /** The spec with other labels, or with further blocks behind those there are. */
  readonly spec: NetworkSpec | null;
}

/** The networks that pass all filters. */
export interface ListNetworksResponse {
  /** Those that match all filters. */
  readonly networks: readonly Network[];
}

/** The secret as it is after the call, always without its data. */
export interface SecretResponse {
  /** As it is after the request, its data blanked. */
  readonly secret: Secret | null;
}

/** The config as it is after the call. */
export interface ConfigResponse {
  /** As it is after the request. */
  readonly config: Config | null;
}

/** Filters for secrets or configs; each that is empty lets everything through. */
export interface ListContentsRequest {
  /** Each filter: any of its values may match; all given filters must. */
  readonly idPrefixes: readonly string[];
  /** Name prefixes. */
  readonly namePrefixes: readonly string[];
  /** KEY or KEY=VALUE. */
  readonly labels: readonly string[];
  /** Whole names, ignoring case. */
  readonly names: readonly string[];
}

/** The secrets that pass all filters, without their data. */
export interface ListSecretsResponse {
  /** Those that match all filters, their data blanked. */
  readonly secrets: readonly Secret[];
}

/** The configs that pass all filters. */
export interface ListConfigsResponse {
  /** Those that match all filters. */
  readonly configs: readonly Config[];
}

/** Filters for logins; each that is empty lets everything through. */
export interface ListLoginsRequest {
  /** Each filter: any of its values may match; all given filters must. */
  readonly idPrefixes: readonly string[];
  /** Beginnings of HOST[:PORT][/PATH]. */
  readonly namePrefixes: readonly string[];
}

/** The logins that pass all filters, without passwords and tokens. */
export interface ListLoginsResponse {
  /** Those that match all filters, concealed. */
  readonly logins: readonly Login[];
}

/** A login that counts from now on. */
export interface SetLoginRequest {
  /** The whole spec. */
  readonly spec: LoginSpec | null;
  /** It is stored only if the registry accepts it now. A token cannot be tried. */
  readonly verify: boolean;
}

/** The login as it is after the call, always without password and token. */
export interface LoginResponse {
  /** As it is after the request, concealed. */
  readonly login: Login | null;
}

/** A new secret or config. */
export interface CreateContentRequest {
  /** The whole spec, including name and data. */
  readonly spec: ContentSpec | null;
}

/** A guess at what a secret holds, by somebody who made it. */
export interface CompareSecretRequest {
  /** Id, name, or an id prefix that only one secret has. */
  readonly ref: string;
  /** At most 512000 bytes. */
  readonly data: Buffer;
}

/** How it compares. */
export interface CompareSecretResponse {
  /** It holds exactly these bytes. */
  readonly same: boolean;
}

/** Changes the labels of a secret or config; nothing else of it can change. */
export interface UpdateContentRequest {
  /** Id, name, or an id prefix that only one has. */
  readonly ref: string;
  /** meta.version the caller has read; must be current. */
  readonly version: number;
  /** The spec with different labels. Its data may be empty; if it is not, it must be the present data. */
  readonly spec: ContentSpec | null;
}

/** Asks for everything, from now on. */
export type WatchRequest = Readonly<Record<string, never>>;

/** What has changed since the message before. */
export interface WatchResponse {
  /** Raft index this message brings the watcher to. */
  readonly version: number;
  /**
   * Changes in order. The first message: every object as CREATE; if there are thousands, several messages of
   * the same version.
   */
  readonly changes: readonly StoreAction[];
}

/** Asks for one service, until the caller goes away. */
export interface WatchServiceProgressRequest {
  /** The whole id. */
  readonly serviceId: string;
}

/** How far a service is with its present spec, as the leader sees it. */
export interface ServiceProgress {
  /** Raft index of the state that this was read from. */
  readonly version: number;
  /** There is no such service, or no longer; then nothing below is set. */
  readonly removed: boolean;
  /** The service's name. */
  readonly name: string;
  /** The generation of the spec that this is about. */
  readonly generation: number;
  /** One task on each eligible node, rather than a number of replicas. */
  readonly global: boolean;
  /** Slots whose task of the present spec runs; of a job, of its present run. */
  readonly running: number;
  /** Number of slots that there should be. */
  readonly wanted: number;
  /**
   * The slots that there should be, in the order of their names. At most 500; if there are more, preferably those that
   * do not run.
   */
  readonly slots: readonly SlotProgress[];
  /**
   * Every slot that there should be runs the present spec or has done its work, nothing else is wanted to run, and the
   * published ports are the present spec's. This may be true only for a moment: see monitor_ms.
   */
  readonly converged: boolean;
  /** As in the service; absent before the first update. */
  readonly updateStatus: UpdateStatus | null;
  /** The spec failed as an update and was replaced by the one before: update_status describes that rollback. */
  readonly rolledBack: boolean;
  /** How long it has to stay converged to count as stable: the monitor time of the update, or of the rollback. */
  readonly monitorMs: number;
  /** As the service has them: what makes control loops fail over it. One of the name "progress" is about this message. */
  readonly troubles: readonly LoopTrouble[];
  /** Its tasks run to their end, and it has converged when all slots are done; there is nothing to watch afterwards. */
  readonly job: boolean;
  /** Slots that are done in the present run of a job. */
  readonly completed: number;
  /** What of its dependencies its first tasks, or its update, are waiting for, in a sentence; "" = nothing. */
  readonly waiting: string;
  /** When a job's schedule is due next; 0 = it has none. */
  readonly nextRunMs: number;
}

/** How far one slot of a service is. */
export interface SlotProgress {
  /** The slot's number, or the host name for a global service. */
  readonly name: string;
  /** State of the task that counts; NEW also while there is none. */
  readonly state: TaskState;
  /** What is wrong, in the words of that task or of the one before that failed; "" = nothing. */
  readonly error: string;
  /** A task of the present spec runs. */
  readonly running: boolean;
  /** Its last task has ended, and the restart policy allows no other. */
  readonly over: boolean;
  /** Ids of the newest tasks that ended by themselves under this generation; at most 3. */
  readonly endedTasks: readonly string[];
  /** What its task is doing, as far as its host says: how far a pull is. "" = nothing of interest. */
  readonly message: string;
  /** The error is of a task before the one whose state this is. */
  readonly errorIsEarlier: boolean;
}
