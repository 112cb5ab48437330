import type { GossipKeys } from "../../shared/rpc/gen/objects.ts";

/** What a host must know to gossip; from the leader, and remembered. */
export interface GossipFacts {
  readonly keys: GossipKeys;
  /** IP addresses of some hosts. */
  readonly addresses: readonly string[];
}

/** A host that gossip has as dead or left. */
export interface GoneHost {
  readonly nodeId: string;
  /** Attempts to connect to it got no answer either. */
  readonly unanswered: boolean;
}

/** Which hosts are there, as this host sees it by itself, also without any manager. */
export interface HostMembership {
  /** New keys or addresses; the first make it gossip. */
  know(facts: GossipFacts): void;
  /** Hosts to which nothing must be sent, by node id. A new object when it has changed, else the same. */
  gone(): ReadonlySet<string>;
  /**
   * What the leader is to be told; null = this host does not gossip. A new object when it has changed, else the same.
   */
  report(): readonly GoneHost[] | null;
  /** Calls back after `gone` or `report` has changed. */
  onChange(listener: () => void): Disposable;
}
