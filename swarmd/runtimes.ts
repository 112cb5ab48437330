import type { Recovery } from "../raft/node/recovery.ts";
import type { Electorate, RaftStatus } from "../raft/raft-handle.ts";
import type { Cluster, Network, Node } from "../shared/objects/types.ts";
import type { NodeIdentity } from "../shared/pki/bootstrap.ts";
import type { TlsCredentials } from "../shared/pki/tls-credentials.ts";
import type { ClusterView } from "../shared/rpc/gen/dispatcher.ts";
import type { Examination, HostFacts } from "../shared/rpc/gen/doctor.ts";
import type { RpcHandlers } from "../shared/rpc/handler.ts";
import type { services } from "../shared/rpc/schema.ts";
import type { EngineHandlers } from "../worker/engine/engine-handlers.ts";
import type { HostSight } from "../worker/membership/host-sights.ts";
import type { NodeRecord } from "./node-record.ts";

/** Who this host is and how it proves it; the same object for all its parts, rotated in place. */
export interface ActiveIdentity {
  readonly identity: NodeIdentity;
  readonly record: NodeRecord;
  readonly credentials: TlsCredentials;
  /** Replaces its certificate and its key now. */
  renewCertificate(): Promise<void>;
}

/** How a manager gets its log. */
export type ManagerStart =
  /** The first manager of a new cluster creates the first objects. */
  | {
      readonly kind: "bootstrap";
      readonly cluster: Cluster;
      readonly node: Node;
      readonly networks: readonly Network[];
    }
  /** From its own storage or, when that is empty, by joining the group through `record.managers`. */
  | { readonly kind: "resume" };

/** The manager half of a node while it runs; implemented by manager-runtime.ts. */
export interface ManagerRuntime extends AsyncDisposable {
  readonly control: RpcHandlers<typeof services.control>;
  readonly logs: RpcHandlers<typeof services.logs>;
  readonly hosts: RpcHandlers<typeof services.hosts>;
  status(): RaftStatus;
  electorate(): Electorate;
  counts(): { readonly nodes: number; readonly managers: number };
  cluster(): Cluster | null;
}

/** The worker half of a node while it runs; implemented by worker-runtime.ts. */
export interface WorkerRuntime {
  /** What the local socket serves of this host's engine. */
  readonly engine: EngineHandlers;
  /** Resolves when a leader has accepted this node's first session; rejects when `signal` aborts. */
  registered(signal: AbortSignal): Promise<void>;
  /** What this host's gossip knows about another node; null = nothing. */
  sight(nodeId: string): HostSight | null;
  /** Looks at this host and tries its ways to others; ends in limited time. */
  examine(examination: Examination, signal: AbortSignal): Promise<HostFacts>;
  /** Ends the daemon's part only: containers keep running. */
  stop(): Promise<void>;
  /**
   * Stops and removes this node's tasks, tells the leader, and forgets the assignments. Resolves with the names of
   * containers that are left, since nothing could end or remove them in time.
   */
  leave(): Promise<readonly string[]>;
}

/** What the worker reports to the node's life. */
export interface WorkerEvents {
  onClusterView(view: ClusterView): void;
  /** The cluster knows this node no more. */
  onRemoved(): void;
}

/** Makes the halves; injected, so that the node's life is tested without hosts. */
export interface RuntimeFactory {
  /**
   * A manager that Raft removes goes on unchanged: the role of its certificate decides, which changes with the node
   * object, and the worker's session watches that. The signal ends an attempt that is still looking for a leader.
   */
  startManager(active: ActiveIdentity, start: ManagerStart, signal: AbortSignal): Promise<ManagerRuntime>;
  startWorker(active: ActiveIdentity, events: WorkerEvents): Promise<WorkerRuntime>;
  /** Lets people see this node's containers although no worker runs. Never rejects. */
  recallTasks(): Promise<void>;
  /**
   * Removes what a worker that cannot be started left on this host: containers, networks, its records. Resolves with
   * the names of containers that are left.
   */
  clearWorker(record: NodeRecord): Promise<readonly string[]>;
  /** This host is in no swarm now: what people of it run goes on by itself. */
  standAlone(): Promise<void>;
  /**
   * Makes this node, whose manager does not run, the only one of the group that its log is of.
   * @throws SwarmError failedPrecondition; RaftStorageError.
   */
  recoverManager(record: NodeRecord): Promise<Recovery>;
  /** Deletes the manager's log and snapshots. */
  wipeManager(): Promise<void>;
}
