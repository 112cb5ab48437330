import { sortedIds } from "../../../raft/core/ids.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import { Violation } from "./checkers.ts";
import { startFaults } from "./faults.ts";
import { type Canary, describeOptions, drawOptions, type SimOptions } from "./options.ts";
import type { SimMember } from "./sim-member.ts";
import { SimWorld } from "./sim-world.ts";
import { TraceHash } from "./trace-hash.ts";

export interface SimResult {
  readonly seed: number;
  readonly options: SimOptions;
  readonly hash: string;
  readonly events: number;
  readonly simulatedMs: number;
  /** How often each kind of thing happened. */
  readonly counts: ReadonlyMap<string, number>;
}

/** A run that went wrong, with everything needed to see it again. */
export class SimFailure extends Error {
  override readonly name = "SimFailure";
  readonly seed: number;

  constructor(options: SimOptions, trace: TraceHash, cause: unknown) {
    const why = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    const lines = [
      `seed ${options.seed}: ${why}`,
      `run it again: node scripts/sim.ts raft --seed ${options.seed}${options.canary === "none" ? "" : ` --canary ${options.canary}`}`,
      `options: ${describeOptions(options)}`,
      ...trace.recent.slice(-60),
    ];
    super(lines.join("\n"), { cause });
    this.seed = options.seed;
  }
}

/**
 * One run: first anything may go wrong and nothing may ever be false; then all is well and everything must come to be
 * right. @throws SimFailure.
 */
export function runSimulation(seed: number, settings: { canary?: Canary; keepLines?: boolean } = {}): SimResult {
  const random = seededRandom(seed, "raft simulation");
  const options = drawOptions(seed, random.fork("options"), settings.canary);
  let now = (): number => 0;
  const trace = new TraceHash(() => now(), settings.keepLines ?? false);
  try {
    const world = new SimWorld(options, random.fork("world"), trace);
    now = () => world.queue.now;
    startFaults(world, random.fork("faults"), options.chaosMs);
    while (world.queue.runNext(options.chaosMs)) {
      // The checkers look after each event.
    }
    world.heal();
    demandProgress(world);
    world.trace.count(`history_${world.clients.check()}`);
    return {
      seed,
      options,
      hash: trace.hash,
      events: trace.events,
      simulatedMs: world.queue.now,
      counts: trace.counts,
    };
  } catch (error) {
    // Once more with words: lines cost more than the run itself, so they are only made for runs that fail.
    if (settings.keepLines !== true) runSimulation(seed, { ...settings, keepLines: true });
    throw new SimFailure(options, trace, error);
  }
}

/** A leader, a commit of its own, and everyone who belongs to the group caught up with it, all within healMs. */
function demandProgress(world: SimWorld): void {
  const { options, queue } = world;
  const deadline = options.chaosMs + options.healMs;
  let target: number | null = null;
  let proposedAt = 0;
  while (queue.now < deadline) {
    if (!queue.runNext(deadline)) break;
    if (target === null && queue.now - proposedAt >= options.tickMs) {
      proposedAt = queue.now;
      const before = world.acknowledged;
      world.propose();
      if (before > 0 && world.checkers.appliedCount > 0) target = world.checkers.appliedCount + 1;
    }
    const members = groupOf(world);
    if (target !== null && members.length > 0 && members.every(({ applied }) => applied >= (target ?? 0))) {
      compare(members);
      world.trace.count("converged");
      return;
    }
    if (queue.now - proposedAt >= options.electionTicks * options.tickMs) {
      proposedAt = queue.now;
      world.propose();
    }
  }
  throw new Violation(`no progress within ${options.healMs} ms of calm: ${describeMembers(world, target)}`);
}

/** Who belongs to the group, by the leader's configuration; nobody while there is no leader. */
function groupOf(world: SimWorld): readonly SimMember[] {
  const leader = [...world.up.values()].find(({ isLeader }) => isLeader);
  if (leader === undefined) return [];
  const members = sortedIds(leader.core.progress.keys()).map((id) => world.up.get(id));
  return members.every((member) => member !== undefined) ? (members as SimMember[]) : [];
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
  const members = sortedIds(world.up.keys()).map((id) => {
    const { core, applied } = world.up.get(id) as SimMember;
    const { role, term, commit, lastIndex } = core;
    const voters = sortedIds(core.configuration.voters.incoming).join(" ");
    return `${id} ${role} term=${term} applied=${applied} commit=${commit} last=${lastIndex} voters=(${voters})`;
  });
  return `wanted ${target}; ${members.join("; ")}`;
}
