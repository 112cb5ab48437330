import type { RaftStatus } from "../raft/raft-handle.ts";
import { refusals } from "./refusals.ts";

/**
 * Whether a manager may leave without --force: never, since its vote would go with it. The sentence depends on what
 * would be left (docs/docker-behaviour.md#leaving-a-swarm).
 * @throws SwarmError failedPrecondition, always.
 */
export function judgeLeave(status: RaftStatus): never {
  const managers = status.members.length;
  if (managers <= 1) throw refusals.leaveLastManager();
  const reachableAfter = Math.max(0, status.reachable.size - (status.reachable.has(status.raftId) ? 1 : 0));
  const remaining = status.role === "leader" ? reachableAfter : managers - 1;
  const quorumOf = Math.floor(managers / 2) + 1;
  throw refusals.leaveManager(managers, remaining, remaining >= quorumOf);
}
