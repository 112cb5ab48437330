import { SwarmError } from "../errors.ts";

/**
 * "Not here: ask the leader." It arrives as the same error (shared/rpc/status.ts), so a client can follow the hint.
 * With an address it is `failedPrecondition`: asking the same manager again does not help. Without one it is
 * `unavailable`: ask later.
 */
export class NotLeaderError extends SwarmError {
  /** HOST:PORT, or null while the managers have not elected one. */
  readonly leaderAddress: string | null;

  constructor(leaderAddress: string | null, message = describe(leaderAddress)) {
    const code = leaderAddress === null ? "unavailable" : "failedPrecondition";
    super(code, message, { detail: { kind: "notLeader", leaderAddress } });
    this.leaderAddress = leaderAddress;
  }
}

/** Docker's sentences, and the way out. */
export const NO_LEADER =
  "The swarm does not have a leader. It's possible that too few managers are online. Make sure more than half of the managers are online. If they are lost for good, go on with one that is left: `swarmctl init --force-new-cluster` there.";

function describe(leaderAddress: string | null): string {
  return leaderAddress === null
    ? NO_LEADER
    : `this manager does not lead the swarm: ask the leader at ${leaderAddress}`;
}
