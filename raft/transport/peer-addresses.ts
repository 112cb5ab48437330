import { isHostPort } from "../../shared/address.ts";
import type { RaftId, RaftMember } from "../ids.ts";

/**
 * Where members listen. The log records it, but a member that sends to us knows better where it is now: otherwise a
 * member that has moved could not even be sent a vote, and if two moved at once neither could tell the group. Two that
 * have moved hear of each other only by a third one, so members also tell each other where they reach the rest. That
 * may be out of date, as the log may be, and nobody can say which is: what was told is tried where nothing else works.
 */
export class PeerAddresses {
  #members: ReadonlyMap<RaftId, RaftMember> = new Map();
  #removed: ReadonlySet<RaftId> = new Set();
  /** What senders said of themselves, where it differs from the log. */
  readonly #learnt = new Map<RaftId, string>();
  /** What each member said last of the others. */
  readonly #heard = new Map<RaftId, ReadonlyMap<RaftId, string>>();
  #told: readonly RaftMember[] = [];

  get members(): ReadonlyMap<RaftId, RaftMember> {
    return this.#members;
  }

  get removed(): ReadonlySet<RaftId> {
    return this.#removed;
  }

  /** Where the members are by the log and their own words: what others should hear. Another array once it is news. */
  get told(): readonly RaftMember[] {
    return this.#told;
  }

  setMembers(members: readonly RaftMember[], removed: readonly RaftId[]): void {
    const before = this.#members;
    this.#members = new Map(members.map((member) => [member.raftId, member]));
    this.#removed = new Set(removed);
    for (const { raftId, address } of members) {
      // News in the log is newer than what was heard before it.
      if (before.get(raftId)?.address !== address) this.#learnt.delete(raftId);
    }
    for (const id of removed) {
      this.#learnt.delete(id);
      this.#heard.delete(id);
    }
    this.#tell();
  }

  /** An accepted frame says where its sender listens. Returns whether that is new. */
  learn(id: RaftId, address: string): boolean {
    if (this.#removed.has(id) || this.addressOf(id) === address || !isHostPort(address)) return false;
    if (this.#members.get(id)?.address === address) this.#learnt.delete(id);
    else this.#learnt.set(id, address);
    this.#tell();
    return true;
  }

  /** A member says where it reaches others. Returns whose addresses nobody had told, each with that one. */
  hear(teller: RaftId, members: readonly RaftMember[]): ReadonlyMap<RaftId, string> {
    const others = members.filter(
      ({ raftId, address }) => raftId !== teller && this.#members.has(raftId) && isHostPort(address),
    );
    const news = others.filter(({ raftId, address }) => !this.candidates(raftId).includes(address));
    this.#heard.set(teller, new Map(others.map(({ raftId, address }) => [raftId, address])));
    return new Map(news.map(({ raftId, address }) => [raftId, address]));
  }

  /** HOST:PORT; null = not known. */
  addressOf(id: RaftId): string | null {
    return this.#learnt.get(id) ?? this.#members.get(id)?.address ?? null;
  }

  /** Where the member may be, the likeliest place first. */
  candidates(id: RaftId): readonly string[] {
    const heard = [...this.#heard.values()].map((addresses) => addresses.get(id));
    const all = [this.#learnt.get(id), this.#members.get(id)?.address, ...heard];
    return [...new Set(all.filter((address) => address !== undefined))];
  }

  #tell(): void {
    const told = [...this.#members.values()].map((member) => {
      const address = this.addressOf(member.raftId) ?? member.address;
      return address === member.address ? member : { ...member, address };
    });
    const isNews =
      told.length !== this.#told.length ||
      told.some(({ raftId, address }, at) => this.#told[at]?.raftId !== raftId || this.#told[at]?.address !== address);
    if (isNews) this.#told = told;
  }
}
