import { applyConfChange, restoreConfState } from "../../../raft/core/conf-change.ts";
import { jointVote } from "../../../raft/core/quorum.ts";
import type { RaftCore } from "../../../raft/core/raft-core.ts";
import { type Configuration, Tracker } from "../../../raft/core/tracker.ts";
import { INDEX_ZERO, indexMax, indexPlus, type RaftId, sortedIds } from "../../../raft/ids.ts";
import { type Random, shuffled } from "../../../shared/ports/random.ts";
import type { SimMember } from "./sim-member.ts";
import type { SimWorld } from "./sim-world.ts";

/** Members who can go on without the others; null where it takes everyone, or more. Everyone must be up. */
export function drawSurvivors(world: SimWorld, random: Random): ReadonlySet<RaftId> | null {
  const configurations = [...world.up.values()]
    .filter(({ core }) => holdsAllCommitted(world, core))
    .flatMap((member) => configurationsAhead(world, member));
  // Who was removed stops in a moment.
  const survivors = new Set(sortedIds(world.up.keys()).filter((id) => world.mayLive(id)));
  const canGoOn = (): boolean =>
    configurations.every(({ voters }) => jointVote(voters, (id) => survivors.has(id)) === "won");
  if (configurations.length === 0 || !canGoOn()) return null;
  for (const id of shuffled(random, [...survivors])) {
    if (random.below(4) === 0) continue;
    survivors.delete(id);
    if (!canGoOn()) survivors.add(id);
  }
  return survivors.size < world.up.size ? survivors : null;
}

/** Only who does can be elected, and a quorum does. */
function holdsAllCommitted(world: SimWorld, core: RaftCore): boolean {
  const last = world.checkers.lastCommitted;
  return last === null || core.commit >= last.index || core.termAt(last.index) === last.term;
}

/** In force, or so as soon as what is in the log is committed: whoever leads may need a quorum of each. */
function configurationsAhead(world: SimWorld, { core, applied }: SimMember): readonly Configuration[] {
  const tracker = new Tracker({ inflightCountMax: 1, inflightBytesMax: 0 });
  restoreConfState(tracker, INDEX_ZERO, core.confState);
  const ahead = [tracker.configuration];
  // A received snapshot has brought its configuration before it is applied.
  const inForceUpTo = indexMax(applied, indexPlus(core.firstIndex, -1));
  for (let index = indexPlus(inForceUpTo, 1); index <= core.lastIndex; index = indexPlus(index, 1)) {
    const term = core.termAt(index);
    const entry = typeof term === "number" ? world.checkers.entryOf(term, index) : null;
    if (entry?.kind !== "confChange") continue;
    const { configuration, progress } = applyConfChange(tracker, core.lastIndex, entry.change);
    tracker.configuration = configuration;
    tracker.progress = progress;
    ahead.push(configuration);
  }
  return ahead;
}
