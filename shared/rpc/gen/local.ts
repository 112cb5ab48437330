// Made from proto/swarm/v1/local.proto by scripts/generate.ts.
import type { RpcMethod } from "../service-types.ts";
import type { DiagnoseRequest, DiagnoseResponse } from "./doctor.ts";
import type { ClusterSpec, NodeDescription, NodeRole, NodeSpecAvailability } from "./objects.ts";

/** The life cycle of one host, on its local socket only: works inside or outside a swarm. */
export interface LocalMethods {
  readonly info: RpcMethod<"unary", InfoRequest, InfoResponse>;
  /** Creates a new cluster with this host as its only manager. */
  readonly init: RpcMethod<"unary", InitRequest, InitResponse>;
  readonly join: RpcMethod<"unary", JoinRequest, JoinResponse>;
  /** Stops this host's tasks and forgets the cluster. */
  readonly leave: RpcMethod<"unary", LeaveRequest, LeaveResponse>;
  /** Opens the keys of a manager whose daemon has started with them locked; it then takes up its role. */
  readonly unlock: RpcMethod<"unary", UnlockRequest, UnlockResponse>;
  /** Examines this host and its ways to the managers; asks no other host. One at a time. */
  readonly diagnose: RpcMethod<"serverStream", DiagnoseRequest, DiagnoseResponse>;
}

/** Asks about this host. */
export type InfoRequest = Readonly<Record<string, never>>;

/** What this host knows of itself, in or out of a swarm. */
export interface InfoResponse {
  /** swarmd's version. */
  readonly version: string;
  /** What `node ls` shows for this host. */
  readonly hostname: string;
  /** The state of this host's membership in a swarm. */
  readonly state: InfoResponseState;
  /** Why the state is ERROR or LOCKED; otherwise "". */
  readonly error: string;
  /** "" when inactive. */
  readonly nodeId: string;
  /** Address other nodes use for this one. */
  readonly nodeAddress: string;
  /** Whether this node is a manager that answers the control API. */
  readonly controlAvailable: boolean;
  /** "" when inactive. */
  readonly clusterId: string;
  /** Known managers, HOST:PORT. */
  readonly remoteManagers: readonly RemoteManager[];
  /** Only on managers. */
  readonly nodes: number;
  /** Of all nodes, how many are managers; only on managers. */
  readonly managers: number;
  /** Sentences worth a person's attention. */
  readonly warnings: readonly string[];
  /** What this host tells managers about itself: platform, resources. */
  readonly description: NodeDescription | null;
  /** When the daemon started, since the epoch. */
  readonly startedAtMs: number;
  /** Containers of this host now running. */
  readonly containersRunning: number;
  /** UDP port of overlay traffic; only on managers. */
  readonly dataPathPort: number;
  /** The cluster's settings; only on managers. */
  readonly clusterSpec: ClusterSpec | null;
  /** Zeros when it was never late. */
  readonly loopDelay: LoopDelay | null;
  /** The system that it runs on, and where it keeps what it has. */
  readonly system: HostSystem | null;
  /** Where Docker's API is served, as DOCKER_HOST names it: unix:///run/swarm/docker.sock, tcp://0.0.0.0:2376. */
  readonly dockerApiAddresses: readonly string[];
}

/** Where the host stands towards a swarm. */
export type InfoResponseState =
  | "INACTIVE"
  /** Joining, or not yet connected. */
  | "PENDING"
  | "ACTIVE"
  /** Cannot continue without a person; see error. */
  | "ERROR"
  /** A manager whose keys are locked: it waits for the unlock key. */
  | "LOCKED";

/** What a host's system calls itself, and what its containers run with. */
export interface HostSystem {
  /** The release of the kernel, as `uname -r`. */
  readonly kernelVersion: string;
  /** As its os-release says: "Debian GNU/Linux 12 (bookworm)". */
  readonly operatingSystem: string;
  /** Its VERSION_ID there: "12". */
  readonly osVersion: string;
  /** The daemon's data directory. */
  readonly dataDirectory: string;
  /** The OCI runtime of containers that ask for no other. */
  readonly ociRuntime: string;
  /** Further ones, programs by the names that services call them. */
  readonly ociRuntimes: { readonly [key: string]: string };
  /** Whether its kernel passes IPv4 packets on. */
  readonly forwardsIpv4: boolean;
  /** How many files the daemon has open now. */
  readonly openFiles: number;
  /** What its control groups can do. */
  readonly controlGroups: ControlGroups | null;
  /** Whether its kernel confines programs by AppArmor's profiles. */
  readonly hasAppArmor: boolean;
  /** The kind of file system that the data directory is on: "ext4"; "" = none that people know. */
  readonly dataFileSystem: string;
  /** Whether that limits what containers and volumes with a size take, by project quotas. */
  readonly limitsFiles: boolean;
}

/** Control groups of a host, as far as its kernel has them for containers. */
export interface ControlGroups {
  /** 1 or 2; 0 = not known. */
  readonly version: number;
  /** Whether memory can be limited. */
  readonly limitsMemory: boolean;
  /** Whether swap can be limited. */
  readonly limitsSwap: boolean;
  /** Whether processor time can be weighed and limited. */
  readonly limitsCpu: boolean;
  /** Whether processors can be chosen. */
  readonly choosesCpus: boolean;
  /** Whether the number of processes can be limited. */
  readonly limitsProcesses: boolean;
  /** Whether a container without memory can be held instead of being killed. */
  readonly canHoldAtLimit: boolean;
  /** Whether memory of TCP's buffers can be limited, which nothing here does. */
  readonly limitsTcpMemory: boolean;
}

/** How late the daemon's event loop was in the last minute or two, in milliseconds. */
export interface LoopDelay {
  /** Of a hundred turns of the loop, ninety-nine were at most this late. */
  readonly p99Ms: number;
  /** The greatest delay. */
  readonly maxMs: number;
}

/** A manager, as this host knows it. */
export interface RemoteManager {
  /** "" when only its address is known. */
  readonly nodeId: string;
  /** HOST:PORT. */
  readonly address: string;
}

/** Makes a new swarm. */
export interface InitRequest {
  /** IP, IP:PORT or INTERFACE[:PORT]; "" = the host's only address. */
  readonly advertiseAddress: string;
  /** IP[:PORT] to listen on; "" = the daemon's flag. */
  readonly listenAddress: string;
  /** Of this host as a node: whether it is given tasks. */
  readonly availability: NodeSpecAvailability;
  /** IP or interface for overlay traffic; "" = the advertise address. */
  readonly dataPathAddress: string;
  /** Blocks out of which networks get theirs, IPv4 CIDR. Empty = 10.0.0.0/8. */
  readonly defaultAddressPools: readonly string[];
  /** Prefix length of the blocks that are cut from them, up to 29; 0 = 24. */
  readonly defaultSubnetPrefix: number;
  /** UDP port of overlay traffic, 1024 to 49151; 0 = the daemon's flag. */
  readonly dataPathPort: number;
  /** Lock the managers of the swarm from its beginning. */
  readonly autoLockManagers: boolean;
  /**
   * Make no new swarm: this manager of a swarm whose managers have lost their majority goes on as the only one. Only
   * the addresses may be given as well; "" = as they are.
   */
  readonly forceNewCluster: boolean;
}

/** The swarm is made. */
export interface InitResponse {
  /** Of the new cluster's first node. */
  readonly nodeId: string;
  /** Sentences for stderr, such as that the ingress network has another block than usual. */
  readonly warnings: readonly string[];
  /** With force_new_cluster: who managed the swarm, too, and is a worker now. */
  readonly removedManagers: readonly RemoteManager[];
}

/** Makes this host a node of a swarm. */
export interface JoinRequest {
  /** HOST:PORT of managers, any of which may answer. */
  readonly remoteAddresses: readonly string[];
  /** SWMTKN-1-...; it decides whether the host becomes a worker or a manager. */
  readonly token: string;
  /** IP, IP:PORT or INTERFACE[:PORT]; "" = the host's only address. */
  readonly advertiseAddress: string;
  /** IP[:PORT] to listen on; "" = the daemon's flag. */
  readonly listenAddress: string;
  /** Of this host as a node: whether it is given tasks. */
  readonly availability: NodeSpecAvailability;
  /** IP or interface for overlay traffic; "" = the advertise address. */
  readonly dataPathAddress: string;
}

/** The host is a node. */
export interface JoinResponse {
  /** Of this host in the cluster. */
  readonly nodeId: string;
  /** As the token said. */
  readonly role: NodeRole;
}

/** Takes this host out of its swarm. */
export interface LeaveRequest {
  /** Even on a manager, which the others then lose. */
  readonly force: boolean;
}

/** The host has left. */
export interface LeaveResponse {
  /** What could not be ended on this host, in sentences for people. */
  readonly warnings: readonly string[];
}

/** Opens the keys of a locked manager. */
export interface UnlockRequest {
  /** SWMKEY-1-..., the key that this manager was last locked with. */
  readonly unlockKey: string;
}

/** The keys are open, and the manager has started or goes on trying to. */
export type UnlockResponse = Readonly<Record<string, never>>;
