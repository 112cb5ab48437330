import type { RaftId, RaftMember } from "../ids.ts";

export type LeadershipState = "leading" | "following" | "removed";

/** Tells the rest of the manager about leadership, each change once and in order. */
export class LeadershipEvents {
  readonly #onLeadership = new Set<(state: LeadershipState) => void>();
  readonly #onLeaderChange = new Set<(leader: RaftMember | null) => void>();
  #state: LeadershipState = "following";
  #leader: RaftMember | null = null;

  get state(): LeadershipState {
    return this.#state;
  }

  /** A listener that subscribes late is told at once, unless there is nothing to tell ("following"). */
  onLeadership(listener: (state: LeadershipState) => void): Disposable {
    this.#onLeadership.add(listener);
    if (this.#state !== "following") listener(this.#state);
    return { [Symbol.dispose]: () => void this.#onLeadership.delete(listener) };
  }

  onLeaderChange(listener: (leader: RaftMember | null) => void): Disposable {
    this.#onLeaderChange.add(listener);
    if (this.#leader !== null) listener(this.#leader);
    return { [Symbol.dispose]: () => void this.#onLeaderChange.delete(listener) };
  }

  /** "removed" is for ever: an id that left the group never comes back. */
  setState(state: LeadershipState): void {
    if (this.#state === state || this.#state === "removed") return;
    // A leadership must end before anything else is reported.
    if (state === "removed" && this.#state === "leading") this.setState("following");
    this.#state = state;
    for (const listener of [...this.#onLeadership]) listener(state);
  }

  setLeader(leader: RaftId | null, find: (id: RaftId) => RaftMember | null): void {
    // Known only by id as long as the entry that says who it is has not been applied here.
    const member = leader === null ? null : find(leader);
    if (sameMember(member, this.#leader)) return;
    this.#leader = member;
    for (const listener of [...this.#onLeaderChange]) listener(member);
  }
}

function sameMember(a: RaftMember | null, b: RaftMember | null): boolean {
  return a?.raftId === b?.raftId && a?.address === b?.address;
}
