import type { ContainerKey } from "../../shared/ids.ts";
import type { Task, TaskSpec } from "../../shared/objects/types.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import type { PortConfig } from "../../shared/rpc/gen/objects.ts";

/** What of a container its network depends on; a task is one. */
export interface NetworkedContainer extends Pick<Task, "networks"> {
  readonly id: ContainerKey;
  readonly spec: { readonly container: Pick<TaskSpec["container"], "capabilityAdd"> };
  /** Ports of the routing mesh are not made here. */
  readonly endpoint: { readonly ports: readonly PortConfig[] } | null;
  /** Hardware address of its end of the link to its host; absent = it follows from the address there. */
  readonly macAddress?: string | undefined;
}

export interface TaskNetwork {
  /** The task's own address, without prefix length: what its host name stands for inside. */
  readonly address: string;
  /** Path of the network namespace, for the OCI configuration; null = the host's own. */
  readonly namespacePath: string | null;
  /** Host-mode ports with the numbers really bound. */
  readonly hostPorts: readonly PortConfig[];
  /** Where the task finds this host's own DNS server; null = it is on no network whose names that server knows. */
  readonly resolver: string | null;
  /** Name servers for the container's resolv.conf, where it has no `resolver`. */
  readonly nameservers: readonly string[];
  /** An address of the host that reaches it from inside; null = none does. */
  readonly hostAddress: string | null;
}

/** What a task is called by, and whom it asks for names. */
export type TaskNames = Pick<TaskNetwork, "address" | "resolver" | "nameservers">;

/**
 * The kernel's network state on this host: desired state comes in, the kernel is compared with it and repaired.
 * `apply` may be called at any time and also before any task exists.
 */
export interface HostNetwork {
  /** Sets the tables of all networks this host takes part in; resolves once the kernel matches. */
  apply(tables: readonly NetworkTable[]): Promise<void>;
  /** A namespace for the container with its addresses, a way out and its host-mode ports. Idempotent. */
  attach(container: NetworkedContainer): Promise<TaskNetwork>;
  /**
   * Brings a task that is attached onto the networks it now has, and off others; one that is not attached yet will have
   * them when it is. Idempotent; its other interfaces and their connections stay as they are. Resolves with what it is
   * called by then, or with null where there is nothing attached.
   */
  update(container: NetworkedContainer): Promise<TaskNames | null>;
  detach(taskId: ContainerKey): Promise<void>;
  /** Tasks that have a place in the network, whoever attached them. */
  attached(): Promise<readonly ContainerKey[]>;
  /**
   * Compares with the kernel and repairs; resolves with what was wrong, in words. Also run when the kernel tells of a
   * change that somebody else made, and for everything every few minutes.
   */
  repair(): Promise<readonly string[]>;
  /** Takes everything of ours off the host (leave). */
  teardown(): Promise<void>;
}

/** Where containers come onto the network and off it. */
export type ContainerPlaces = Pick<HostNetwork, "attach" | "update" | "detach" | "attached">;
