import { type RaftId, sortedIds } from "../../../raft/ids.ts";
import { Violation } from "./checkers.ts";
import type { SimMember } from "./sim-member.ts";
import type { SimWorld } from "./sim-world.ts";

/**
 * A leader must be found within this many election timeouts of calm. Without pre-votes those whose log is too short to
 * win go on disturbing the one who can, and it is a matter of luck who is first.
 */
const ELECTIONS_MAX = 20;
const ELECTIONS_MAX_WITHOUT_PRE_VOTE = 200;

/**
 * All is well and must come to be right: a leader, a commit of its own, and everyone up who belongs to the group caught
 * up with it. @throws Violation when that takes too long, or when members that applied the same differ.
 */
export function demandProgress(world: SimWorld): void {
  const { options, queue } = world;
  const { electionTicks, tickMs, preVote } = options;
  const electionsMax = preVote ? ELECTIONS_MAX : ELECTIONS_MAX_WITHOUT_PRE_VOTE;
  const began = queue.now;
  const deadline = began + options.healMs;
  const leaderDeadline = began + electionsMax * electionTicks * tickMs;
  let hasLed = false;
  let proposedAt = began;
  let target: number | null = null;
  while (queue.runNext(deadline)) {
    hasLed ||= world.anyUpLeader();
    if (!hasLed && queue.now > leaderDeadline) {
      throw new Violation(
        `no leader within ${electionsMax} election timeouts of calm: ${describeMembers(world, target)}`,
      );
    }
    const sinceProposal = queue.now - proposedAt;
    if (target === null && sinceProposal >= tickMs) {
      proposedAt = queue.now;
      // What was applied before says nothing of now: the index after the last that anyone has applied.
      target = world.propose() ? world.checkers.appliedCount : null;
    } else if (sinceProposal >= electionTicks * tickMs) {
      proposedAt = queue.now;
      world.propose();
    }
    if (target === null) continue;
    const members = groupOf(world);
    const wanted = target;
    if (members.length === 0 || members.some(({ applied }) => applied < wanted)) continue;
    compare(members);
    return;
  }
  throw new Violation(`no progress within ${options.healMs} ms of calm: ${describeMembers(world, target)}`);
}

/** Who is up and belongs to the group, by the leader's configuration; nobody while there is no leader. */
function groupOf(world: SimWorld): readonly SimMember[] {
  for (const leader of world.up.values()) {
    if (!leader.isLeader) continue;
    const members: SimMember[] = [];
    for (const id of leader.core.progress.keys()) {
      const member = world.up.get(id);
      if (member !== undefined) members.push(member);
      // Its power is on, but its process has not begun.
      else if (world.mayLive(id)) return [];
    }
    return members;
  }
  return [];
}

function compare(members: readonly SimMember[]): void {
  for (const a of members) {
    for (const b of members) {
      if (a.applied !== b.applied || a.state === b.state) continue;
      throw new Violation(`${a.id} and ${b.id} have applied the same up to ${a.applied} and differ`);
    }
  }
}

function describeMembers(world: SimWorld, target: number | null): string {
  const members = sortedIds(world.up.keys()).map((id: RaftId) => {
    const { core, applied } = world.up.get(id) as SimMember;
    const { role, term, commit, lastIndex } = core;
    const voters = sortedIds(core.configuration.voters.incoming).join(" ");
    return `${id} ${role} term=${term} applied=${applied} commit=${commit} last=${lastIndex} voters=(${voters})`;
  });
  return `wanted ${target}; ${members.join("; ")}`;
}
