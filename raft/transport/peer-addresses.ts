import { isHostPort } from "../../shared/address.ts";
import type { RaftId, RaftMember } from "../ids.ts";

/**
 * Where members listen. The log says so, but whoever speaks to us knows better where it is right now: a member that has
 * moved could otherwise not even be given a vote, and of two that moved at once none could tell the group.
 */
export class PeerAddresses {
  #members: ReadonlyMap<RaftId, RaftMember> = new Map();
  #removed: ReadonlySet<RaftId> = new Set();
  /** What senders said, where that is not what the log says. */
  readonly #learnt = new Map<RaftId, string>();

  get members(): ReadonlyMap<RaftId, RaftMember> {
    return this.#members;
  }

  get removed(): ReadonlySet<RaftId> {
    return this.#removed;
  }

  setMembers(members: readonly RaftMember[], removed: readonly RaftId[]): void {
    const before = this.#members;
    this.#members = new Map(members.map((member) => [member.raftId, member]));
    this.#removed = new Set(removed);
    for (const { raftId, address } of members) {
      // News in the log is newer than what was heard before it.
      if (before.get(raftId)?.address !== address) this.#learnt.delete(raftId);
    }
    for (const id of removed) this.#learnt.delete(id);
  }

  /** A frame that was taken says where its sender listens. Returns whether that is news. */
  learn(id: RaftId, address: string): boolean {
    if (this.#removed.has(id) || this.addressOf(id) === address || !isHostPort(address)) return false;
    if (this.#members.get(id)?.address === address) this.#learnt.delete(id);
    else this.#learnt.set(id, address);
    return true;
  }

  /** HOST:PORT; null = nobody has said it. */
  addressOf(id: RaftId): string | null {
    return this.#learnt.get(id) ?? this.#members.get(id)?.address ?? null;
  }
}
