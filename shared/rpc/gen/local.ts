// Made from proto/swarm/v1/local.proto by scripts/generate.ts.
import type { RpcMethod } from "../service-types.ts";
import type { ClusterSpec, NodeDescription, NodeRole, NodeSpecAvailability } from "./objects.ts";

/** Life of one host, on its local socket only: works in or out of a swarm. */
export interface LocalMethods {
  readonly info: RpcMethod<"unary", InfoRequest, InfoResponse>;
  /** Makes a new cluster of this one manager. */
  readonly init: RpcMethod<"unary", InitRequest, InitResponse>;
  readonly join: RpcMethod<"unary", JoinRequest, JoinResponse>;
  /** Stops this host's tasks and forgets the cluster. */
  readonly leave: RpcMethod<"unary", LeaveRequest, LeaveResponse>;
}

export type InfoRequest = Readonly<Record<string, never>>;

export interface InfoResponse {
  /** swarmd's version. */
  readonly version: string;
  readonly hostname: string;
  readonly state: InfoResponseState;
  readonly error: string;
  /** "" when inactive. */
  readonly nodeId: string;
  /** Address other nodes use for this one. */
  readonly nodeAddress: string;
  /** Whether this node is a manager that answers the control API. */
  readonly controlAvailable: boolean;
  readonly clusterId: string;
  /** Known managers, HOST:PORT. */
  readonly remoteManagers: readonly RemoteManager[];
  /** Only on managers. */
  readonly nodes: number;
  readonly managers: number;
  /** Sentences worth a person's attention. */
  readonly warnings: readonly string[];
  readonly description: NodeDescription | null;
  readonly startedAtMs: number;
  /** Containers of this host now running. */
  readonly containersRunning: number;
  readonly dataPathPort: number;
  readonly clusterSpec: ClusterSpec | null;
  readonly loopDelay: LoopDelay | null;
}

export type InfoResponseState =
  | "INACTIVE"
  /** Joining, or not yet connected. */
  | "PENDING"
  | "ACTIVE"
  /** Cannot go on without a person; see error. */
  | "ERROR";

/** How late the daemon's event loop was in the last minute or two, in milliseconds. */
export interface LoopDelay {
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface RemoteManager {
  readonly nodeId: string;
  readonly address: string;
}

export interface InitRequest {
  /** IP, IP:PORT or INTERFACE[:PORT]; "" = the host's only address. */
  readonly advertiseAddress: string;
  /** IP[:PORT] to listen on; "" = the daemon's flag. */
  readonly listenAddress: string;
  readonly availability: NodeSpecAvailability;
  /** IP or interface for overlay traffic; "" = the advertise address. */
  readonly dataPathAddress: string;
}

export interface InitResponse {
  readonly nodeId: string;
}

export interface JoinRequest {
  /** HOST:PORT of managers, any of which may answer. */
  readonly remoteAddresses: readonly string[];
  readonly token: string;
  readonly advertiseAddress: string;
  readonly listenAddress: string;
  readonly availability: NodeSpecAvailability;
  readonly dataPathAddress: string;
}

export interface JoinResponse {
  readonly nodeId: string;
  readonly role: NodeRole;
}

export interface LeaveRequest {
  readonly force: boolean;
}

export type LeaveResponse = Readonly<Record<string, never>>;
