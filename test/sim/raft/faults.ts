import type { ConfChangeOperation } from "../../../raft/core/entry.ts";
import { type RaftId, sortedIds } from "../../../raft/ids.ts";
import { pick, type Random, shuffled } from "../../../shared/ports/random.ts";
import { inRhythm } from "./rhythm.ts";
import type { SimMember } from "./sim-member.ts";
import { change, type SimWorld } from "./sim-world.ts";

/** What goes wrong in the simulated world, by the names under which it is counted. */
export const FAULTS = [
  "crash",
  "crashLosingWrites",
  "crashAfterVote",
  "diskStall",
  "falseHint",
  "messageCut",
  "messageDoubled",
  "messageLost",
  "messageOvertaken",
  "partition",
  "pause",
] as const;

/** Never fewer voters than this: of two, the one that is removed can leave the other waiting for ever. */
const VOTERS_MIN = 3;
const VOTERS_MAX = 7;

/** Lets clients, operators and faults do their work until the calm, each in its own rhythm. */
export function startFaults(world: SimWorld, random: Random): void {
  const { options, queue } = world;
  const every = inRhythm(queue, random, () => world.isCalm);
  every("propose", options.proposeEveryMs, () => void world.propose());
  every("read", options.readEveryMs, () => world.read());
  every("crash", options.crashEveryMs, (own) => crashAndReturn(world, own));
  every("partition", options.partitionEveryMs, (own) => partition(world, own));
  every("membership", options.membershipEveryMs, (own) => changeMembership(world, own));
  every("transfer", options.transferEveryMs, (own) => transfer(world, own));
  every("hint", options.falseHintEveryMs, (own) => falseHint(world, own));
  every("pause", options.pauseEveryMs, (own) => pause(world, own));
}

function crashAndReturn(world: SimWorld, random: Random): void {
  const leader = world.anyLeader();
  // Leaders are where it hurts.
  const victim = leader !== null && random.below(2) === 0 ? leader : world.anyMember();
  if (victim === null) return;
  world.powerCycle(victim.id, 0, 10 * world.options.electionTicks * world.options.tickMs);
}

function partition(world: SimWorld, random: Random): void {
  const ids = shuffled(random, sortedIds(world.disks.keys()));
  const size = 1 + random.below(Math.max(1, ids.length - 1));
  const [some, others] = [ids.slice(0, size), ids.slice(size)];
  world.trace.note(`partition ${some.join(" ")}`);
  switch (random.below(6)) {
    case 0:
      world.network.cut(some, others);
      break;
    case 1:
    case 2:
      isolateLeader(world, random, ids);
      break;
    case 3:
      ring(world, ids);
      break;
    default:
      world.network.cut(some, others);
      world.network.cut(others, some);
  }
  world.queue.schedule(random.below(6 * world.options.electionTicks * world.options.tickMs), () => {
    world.network.heal(false);
    world.trace.note("rejoin");
  });
}

/** The leader is heard but hears nothing, or the other way round, or neither. */
function isolateLeader(world: SimWorld, random: Random, ids: readonly RaftId[]): void {
  const leader = world.anyLeader();
  if (leader === null) return;
  const others = ids.filter((id) => id !== leader.id);
  const which = random.below(4);
  if (which !== 0) world.network.cut([leader.id], others);
  if (which !== 1) world.network.cut(others, [leader.id]);
}

/** Everyone reaches a majority, and no two the same one. */
function ring(world: SimWorld, ids: readonly RaftId[]): void {
  const near = Math.floor(ids.length / 4) + 1;
  for (const [at, a] of ids.entries()) {
    const far = ids.filter((_, other) => {
      const distance = Math.abs(at - other);
      return Math.min(distance, ids.length - distance) > near;
    });
    world.network.cut([a], far);
  }
}

function changeMembership(world: SimWorld, random: Random): void {
  const leader = world.anyLeader();
  if (leader === null || leader.core.isConfChangePending) return;
  const { voters, learners } = leader.core.configuration;
  if (voters.outgoing.size > 0) return;
  const present = sortedIds(voters.incoming);
  const learning = sortedIds(learners);
  const operations = drawChange(world, random, present, learning);
  if (operations.length > 0) world.proposeChange(change(...operations));
}

function drawChange(
  world: SimWorld,
  random: Random,
  voters: readonly RaftId[],
  learners: readonly RaftId[],
): ConfChangeOperation[] {
  const promote = learners.map((id): ConfChangeOperation => ({ kind: "addVoter", id }));
  switch (random.below(6)) {
    case 0:
      return voters.length >= VOTERS_MAX ? [] : [{ kind: "addVoter", id: world.createNewcomer() }];
    case 1:
      return [{ kind: "addLearner", id: world.createNewcomer() }];
    case 2:
      return promote.length === 0 || voters.length >= VOTERS_MAX ? [] : [pick(random, promote)];
    case 3:
      return voters.length <= VOTERS_MIN ? [] : [{ kind: "remove", id: pick(random, voters) }];
    case 4:
      return voters.length <= VOTERS_MIN ? [] : [{ kind: "addLearner", id: pick(random, voters) }];
    default:
      // Two at once: through a joint configuration.
      if (voters.length < VOTERS_MIN) return [];
      return [
        { kind: "remove", id: pick(random, voters) },
        { kind: "addVoter", id: world.createNewcomer() },
      ];
  }
}

function transfer(world: SimWorld, random: Random): void {
  const leader = world.anyLeader();
  if (leader === null) return;
  const to = pick(random, sortedIds(leader.core.configuration.voters.incoming));
  leader.give({ kind: "transferLeadership", to });
}

/** Someone is told that its leader's process is gone, which is not true. */
function falseHint(world: SimWorld, random: Random): void {
  const member: SimMember | null = world.anyMember();
  const leader = member?.core.leader ?? null;
  if (member === null || leader === null || random.below(2) === 0) return;
  world.trace.count("falseHint");
  member.give({ kind: "leaderConnectionClosed", peer: leader });
}

function pause(world: SimWorld, random: Random): void {
  const member = world.anyMember();
  if (member === null) return;
  world.trace.note(`pause ${member.id}`);
  member.setPaused(true);
  world.queue.schedule(random.below(3 * world.options.electionTicks * world.options.tickMs), () =>
    member.setPaused(false),
  );
}
