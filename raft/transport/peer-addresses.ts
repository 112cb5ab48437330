import { isHostPort } from "../../shared/address.ts";
import type { RaftId, RaftMember } from "../ids.ts";

/**
 * Where members listen. The log records it, but a member that sends to us knows better where it is now: otherwise a
 * member that has moved could not even be sent a vote, and if two moved at once neither could tell the group.
 */
export class PeerAddresses {
  #members: ReadonlyMap<RaftId, RaftMember> = new Map();
  #removed: ReadonlySet<RaftId> = new Set();
  /** What senders said, where it differs from the log. */
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

  /** An accepted frame says where its sender listens. Returns whether that is new. */
  learn(id: RaftId, address: string): boolean {
    if (this.#removed.has(id) || this.addressOf(id) === address || !isHostPort(address)) return false;
    if (this.#members.get(id)?.address === address) this.#learnt.delete(id);
    else this.#learnt.set(id, address);
    return true;
  }

  /** HOST:PORT; null = not known. */
  addressOf(id: RaftId): string | null {
    return this.#learnt.get(id) ?? this.#members.get(id)?.address ?? null;
  }
}
