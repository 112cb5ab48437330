import { SwarmError } from "../errors.ts";

/** The gRPC metadata key that carries the leader's HOST:PORT beside a refusal; "" when no leader is known. */
export const LEADER_METADATA_KEY = "swarm-leader";

/**
 * "Not here: ask the leader." Survives the wire (shared/rpc/status.ts), so a client can follow the hint.
 * With an address it is `failedPrecondition`: the same manager will not do. Without one it is `unavailable`: ask later.
 */
export class NotLeaderError extends SwarmError {
  /** HOST:PORT, or null while the managers have not elected one. */
  readonly leaderAddress: string | null;

  constructor(leaderAddress: string | null, message = describe(leaderAddress)) {
    super(leaderAddress === null ? "unavailable" : "failedPrecondition", message);
    this.leaderAddress = leaderAddress;
  }
}

function describe(leaderAddress: string | null): string {
  return leaderAddress === null
    ? "The swarm does not have a leader. It's possible that too few managers are online. Make sure more than half of the managers are online."
    : `this manager does not lead the swarm: ask the leader at ${leaderAddress}`;
}
