import type { ConfChange } from "../core/entry.ts";
import { jointIds } from "../core/quorum.ts";
import type { SnapshotMeta } from "../core/snapshot.ts";
import type { Configuration } from "../core/tracker.ts";
import { type RaftId, type RaftMember, sortedIds, toRaftId } from "../ids.ts";

/** Names and addresses of the members, as far as the log is applied here, and the ids that were used up. */
export class MemberDirectory {
  readonly #members = new Map<RaftId, RaftMember>();
  readonly #removed = new Set<RaftId>();

  /** Ascending by id. */
  get members(): readonly RaftMember[] {
    return sortedIds(this.#members.keys()).map((id) => this.#members.get(id) as RaftMember);
  }

  get removed(): readonly RaftId[] {
    return sortedIds(this.#removed);
  }

  get(id: RaftId): RaftMember | null {
    return this.#members.get(id) ?? null;
  }

  find(nodeId: string): RaftMember | null {
    return this.members.find((member) => member.nodeId === nodeId) ?? null;
  }

  wasRemoved(id: RaftId): boolean {
    return this.#removed.has(id);
  }

  /** An id that was never used: votes and acknowledgements of a lost disk must not be taken for a new member's. */
  freshId(): RaftId {
    return toRaftId(Math.max(0, ...this.#members.keys(), ...this.#removed) + 1);
  }

  /** A change took effect and led to `configuration`. */
  apply(change: ConfChange, configuration: Configuration): void {
    const present = new Set([
      ...jointIds(configuration.voters),
      ...configuration.learners,
      ...configuration.learnersNext,
    ]);
    if (change.member !== null && present.has(change.member.raftId)) {
      this.#members.set(change.member.raftId, change.member);
    }
    // In a joint configuration a removed voter still counts, and leaves only with the old half.
    for (const id of [...this.#members.keys()]) {
      if (present.has(id)) continue;
      this.#members.delete(id);
      this.#removed.add(id);
    }
  }

  restore(meta: SnapshotMeta): void {
    this.#members.clear();
    for (const member of meta.members) this.#members.set(member.raftId, member);
    for (const id of meta.removed) this.#removed.add(id);
  }
}
