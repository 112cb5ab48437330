import type { RaftId } from "../../raft/ids.ts";
import type { RaftStatus } from "../../raft/raft-handle.ts";
import type { Node } from "../../shared/objects/types.ts";

/**
 * A node as people should see it, with its manager status taken from the current Raft group: the status in the store
 * may be older than the group, and leadership is never stored.
 */
export function withManagerStatus(node: Node, raft: RaftStatus): Node {
  const member = raft.members.find(({ nodeId }) => nodeId === node.id);
  if (member === undefined) return node.managerStatus === null ? node : { ...node, managerStatus: null };
  return {
    ...node,
    managerStatus: {
      raftId: member.raftId,
      address: member.address,
      leader: member.raftId === raft.leader,
      reachability: raft.reachable.has(member.raftId) ? "REACHABLE" : "UNREACHABLE",
    },
  };
}

/** What would be left of a Raft group without one of its members. */
export interface Remainder {
  readonly members: number;
  readonly reachable: number;
  readonly hasQuorum: boolean;
}

export function remainderWithout(leaving: RaftId, { members, reachable }: RaftStatus): Remainder {
  const rest = members.filter(({ raftId }) => raftId !== leaving);
  const alive = rest.filter(({ raftId }) => reachable.has(raftId)).length;
  return { members: rest.length, reachable: alive, hasQuorum: alive > rest.length / 2 };
}
