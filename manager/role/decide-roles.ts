import type { RaftId, RaftMember } from "../../raft/ids.ts";
import type { RaftStatus } from "../../raft/raft-handle.ts";
import type { NodeId } from "../../shared/ids.ts";
import type { Node } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";
import { isolate, type Trouble } from "../trouble.ts";

/** One change that brings roles, Raft membership and manager status together. */
export type RoleStep =
  /** Allow the node a manager's certificate; it then joins the Raft group by itself. */
  | { readonly kind: "promote"; readonly nodeId: NodeId }
  /** Allow the node only a worker's certificate. */
  | { readonly kind: "demote"; readonly nodeId: NodeId }
  /** Record its part in Raft, or that it has none. */
  | { readonly kind: "record"; readonly nodeId: NodeId; readonly member: RaftMember | null }
  | { readonly kind: "removeMember"; readonly raftId: RaftId; readonly why: string }
  /** This manager itself is to leave: another must lead first. */
  | { readonly kind: "handOver"; readonly to: RaftId };

export interface RolePlan {
  /** In order; at most one of them changes the Raft group. */
  readonly steps: readonly RoleStep[];
  /** What has to wait, each in a sentence. */
  readonly waiting: readonly string[];
  /** Nodes over which the role loop failed. */
  readonly troubles: readonly Trouble[];
}

/**
 * Compares what people want (desired roles) with the Raft group (docs/docker-behaviour.md#roles). A manager leaves the
 * group before it loses its role, so that there is never a member that may not speak; and it leaves only if the rest is
 * a quorum without it.
 */
export function decideRoles(view: ReadView, raft: RaftStatus): RolePlan {
  const members = membersByNode(raft);
  const troubles: Trouble[] = [];
  const steps: RoleStep[] = view.all("node").flatMap((node) => {
    const member = members.get(node.id) ?? null;
    return isolate(troubles, `node ${node.id}`, () => stepsOf(node, member), []);
  });
  const waiting: string[] = [];
  for (const member of raft.members) {
    const about = `node ${member.nodeId}`;
    const step = isolate(troubles, about, () => stepOf(view, raft, member, members), null);
    if (typeof step === "string") waiting.push(step);
    else if (step !== null) return { steps: [...steps, step], waiting, troubles };
  }
  return { steps, waiting, troubles };
}

function stepsOf(node: Node, member: RaftMember | null): readonly RoleStep[] {
  const steps: RoleStep[] = [];
  const isWanted = node.spec.desiredRole === "MANAGER";
  if (isWanted && node.role !== "MANAGER") steps.push({ kind: "promote", nodeId: node.id });
  if (!isWanted && node.role !== "WORKER" && member === null) steps.push({ kind: "demote", nodeId: node.id });
  if (!isRecorded(node, member)) steps.push({ kind: "record", nodeId: node.id, member });
  return steps;
}

/** What happens to a member: a step, a sentence about what it is waiting for, or null if it stays. */
function stepOf(
  view: ReadView,
  raft: RaftStatus,
  member: RaftMember,
  newest: ReadonlyMap<string, RaftMember>,
): RoleStep | string | null {
  const why = whyRemove(view, raft, member, newest);
  return why === null ? null : removalStep(view, raft, member, why);
}

/** The newest member of each node: a node that lost its Raft state came back under a new number. */
function membersByNode(raft: RaftStatus): ReadonlyMap<string, RaftMember> {
  const members = new Map<string, RaftMember>();
  for (const member of raft.members.toSorted((a, b) => a.raftId - b.raftId)) members.set(member.nodeId, member);
  return members;
}

function whyRemove(
  view: ReadView,
  raft: RaftStatus,
  member: RaftMember,
  newest: ReadonlyMap<string, RaftMember>,
): string | null {
  const node = view.get("node", member.nodeId);
  if (node === undefined) return `node ${member.nodeId} is no longer part of the swarm`;
  if (node.spec.desiredRole !== "MANAGER") return `node ${member.nodeId} is to be a worker`;
  const successor = newest.get(member.nodeId);
  const isSuperseded = successor !== undefined && successor.raftId !== member.raftId;
  if (isSuperseded && !raft.reachable.has(member.raftId) && raft.reachable.has(successor.raftId)) {
    return `node ${member.nodeId} came back as member ${successor.raftId}`;
  }
  return null;
}

function removalStep(view: ReadView, raft: RaftStatus, member: RaftMember, why: string): RoleStep | string {
  if (!staysQuorate(raft, member.raftId)) {
    return `${why}, but without member ${member.raftId} too few managers would be reachable for a quorum`;
  }
  if (member.raftId !== raft.raftId) return { kind: "removeMember", raftId: member.raftId, why };
  const heir = raft.members.find(
    ({ raftId, nodeId }) =>
      raftId !== raft.raftId && raft.reachable.has(raftId) && view.get("node", nodeId)?.spec.desiredRole === "MANAGER",
  );
  return heir === undefined ? `${why}, but no other manager is there to lead` : { kind: "handOver", to: heir.raftId };
}

/** Whether the reachable ones among the members that will be left are a majority of those. */
export function staysQuorate(raft: RaftStatus, without: RaftId): boolean {
  const left = raft.members.filter(({ raftId }) => raftId !== without);
  const reachable = left.filter(({ raftId }) => raft.reachable.has(raftId)).length;
  return left.length > 0 && reachable >= Math.floor(left.length / 2) + 1;
}

function isRecorded(node: Node, member: RaftMember | null): boolean {
  if (member === null || node.managerStatus === null) return member === null && node.managerStatus === null;
  return node.managerStatus.raftId === member.raftId && node.managerStatus.address === member.address;
}
