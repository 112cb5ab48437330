import type { Node } from "../objects/types.ts";
import type { HostFacts } from "../rpc/gen/doctor.ts";

/** A host's clock against the one of whoever examines. */
export interface ClockFacts {
  /** Milliseconds that it is ahead; negative = behind. */
  readonly offsetMs: number;
  /** How wrong that may be at most: half of the round trip. */
  readonly uncertaintyMs: number;
}

/** A node's part as a manager. */
export interface ManagerFacts {
  readonly isReachable: boolean;
}

/** One host as everything together shows it. */
export interface ExaminedNode {
  readonly id: string;
  /** What people call it. */
  readonly name: string;
  readonly state: Node["status"]["state"];
  /** Why, with evidence; "" = nothing to say. */
  readonly message: string;
  /** null = it is no manager. */
  readonly manager: ManagerFacts | null;
  /** What it found; null = it did not tell. */
  readonly facts: HostFacts | null;
  readonly clock: ClockFacts | null;
  /** The node whose published ports it tried; null = none. */
  readonly triedPortsOf: string | null;
}

/** A port that leads to tasks. */
export interface PublishedPortFacts {
  readonly protocol: string;
  readonly port: number;
  /** Port of the container. */
  readonly targetPort: number;
  /** The service that publishes it. */
  readonly service: string;
  /** null = on all hosts (the mesh); otherwise only on the host with this node id. */
  readonly nodeId: string | null;
  /** Tasks that are wanted to run. */
  readonly wanted: number;
  /** Of these, tasks that run and are healthy. */
  readonly ready: number;
}

/** Everything that a diagnosis is made from. */
export interface SwarmFacts {
  readonly nodes: readonly ExaminedNode[];
  readonly ports: readonly PublishedPortFacts[];
  /** UDP port of the overlay. */
  readonly dataPathPort: number;
  /** Unix milliseconds, by the clock of whoever examines. */
  readonly nowMs: number;
  /** Whether it is about the whole swarm; otherwise about one host only. */
  readonly isWhole: boolean;
}
