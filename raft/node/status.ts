import { jointIds } from "../core/quorum.ts";
import type { RaftCore } from "../core/raft-core.ts";
import type { LogIndex, RaftMember } from "../ids.ts";
import type { Electorate, RaftStatus } from "../raft-handle.ts";
import type { Reachability } from "./reachability.ts";

/** `isRemoved`: it is out of the group. */
export function statusOf(
  core: RaftCore,
  applied: LogIndex,
  members: readonly RaftMember[],
  reachability: Reachability,
  isRemoved: boolean,
): RaftStatus {
  const { id, term, commit } = core;
  // Out of the group it may go on with others that are, too, until its node object says so: nobody should follow them.
  const { role, leader } = isRemoved ? ({ role: "follower", leader: null } as const) : core;
  const reachable = role === "leader" ? reachability.reachable() : new Set<typeof id>();
  return { raftId: id, term, role, leader, commit, applied, members, reachable };
}

export function electorateOf(core: RaftCore, reachability: Reachability): Electorate {
  return { voters: jointIds(core.configuration.voters), heard: reachability.reachable() };
}
