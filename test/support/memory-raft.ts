import type { LogIndex, RaftId, RaftMember, Term } from "../../raft/ids.ts";
import type { RaftHandle, RaftStatus, StateMachine } from "../../raft/raft-handle.ts";
import { SwarmError } from "../../shared/errors.ts";
import { restoreBytes } from "./state-machine.ts";

export type Leadership = "leading" | "following" | "removed";

interface Pending {
  readonly data: Uint8Array;
  readonly resolve: (index: LogIndex) => void;
  readonly reject: (error: SwarmError) => void;
}

export interface MemoryRaftOptions {
  readonly machine: StateMachine;
  /** true: entries commit in the next microtask; false: only by `commit()`. */
  readonly autoCommit: boolean;
  readonly member?: RaftMember;
}

/** A Raft group of one, in memory, whose commits and leadership a test decides. Leads from the start. */
export class MemoryRaft implements RaftHandle {
  autoCommit: boolean;
  /** Every applied entry, for replays. */
  readonly log: { readonly index: LogIndex; readonly data: Uint8Array }[] = [];
  /** What status() shows beside this manager; tests may change it. */
  members: RaftMember[];
  reachable: Set<RaftId>;
  /** The leader status() shows while this manager follows. */
  otherLeader: RaftId | null = null;
  leadership: Leadership = "following";

  readonly #machine: StateMachine;
  readonly #self: RaftMember;
  readonly #leadershipListeners = new Set<(state: Leadership) => void>();
  readonly #leaderListeners = new Set<(leader: RaftMember | null) => void>();
  #pending: Pending[] = [];
  #index = 0;
  #term = 0;

  constructor(options: MemoryRaftOptions) {
    this.#machine = options.machine;
    this.autoCommit = options.autoCommit;
    this.#self = options.member ?? {
      raftId: 1 as RaftId,
      nodeId: "m1".padEnd(25, "z"),
      address: "10.77.0.1:2377",
    };
    this.members = [this.#self];
    this.reachable = new Set([this.#self.raftId]);
  }

  get inFlight(): number {
    return this.#pending.length;
  }

  status(): RaftStatus {
    const leads = this.leadership === "leading";
    return {
      raftId: this.#self.raftId,
      term: this.#term as Term,
      role: leads ? "leader" : "follower",
      leader: leads ? this.#self.raftId : this.otherLeader,
      commit: this.#index as LogIndex,
      applied: this.#index as LogIndex,
      members: this.members,
      reachable: leads ? this.reachable : new Set(),
    };
  }

  propose(data: Uint8Array): Promise<LogIndex> {
    if (this.leadership !== "leading") return Promise.reject(new SwarmError("unavailable", "not the leader"));
    return new Promise((resolve, reject) => {
      this.#pending.push({ data, resolve, reject });
      if (this.autoCommit) queueMicrotask(() => this.commit());
    });
  }

  /** Commits and applies the oldest `count` entries in flight. */
  commit(count = Number.POSITIVE_INFINITY): void {
    for (let done = 0; done < count; done++) {
      const entry = this.#pending.shift();
      if (entry === undefined) return;
      this.#index++;
      this.log.push({ index: this.#index as LogIndex, data: entry.data });
      this.#machine.apply(this.#index as LogIndex, entry.data);
      entry.resolve(this.#index as LogIndex);
    }
  }

  /** Drops one entry in flight: it will never commit, those after it may. */
  drop(at = 0): void {
    const [entry] = this.#pending.splice(at, 1);
    entry?.reject(new SwarmError("unavailable", "proposal dropped"));
  }

  becomeLeader(): void {
    this.#term++;
    this.#become("leading");
  }

  /** Loses leadership; the oldest `surviving` entries in flight commit nevertheless, through the next leader. */
  loseLeadership(surviving = 0): void {
    const lost = this.#pending;
    this.#pending = [];
    this.#become("following");
    for (const entry of lost) entry.reject(new SwarmError("aborted", "leadership was lost"));
    for (const { data } of lost.slice(0, surviving)) {
      this.#index++;
      this.log.push({ index: this.#index as LogIndex, data });
      this.#machine.apply(this.#index as LogIndex, data);
    }
  }

  /** Replaces this manager's state, as a snapshot from the leader does. */
  restore(index: number, data: Uint8Array): void {
    this.#index = index;
    restoreBytes(this.#machine, index, data);
  }

  readBarrier(): Promise<void> {
    return Promise.resolve();
  }

  addMember(member: RaftMember): Promise<void> {
    if (!this.members.some(({ raftId }) => raftId === member.raftId)) this.members.push(member);
    this.reachable.add(member.raftId);
    return Promise.resolve();
  }

  removeMember(raftId: RaftId): Promise<void> {
    this.members = this.members.filter((member) => member.raftId !== raftId);
    this.reachable.delete(raftId);
    return Promise.resolve();
  }

  transferLeadership(to: RaftId): Promise<void> {
    this.otherLeader = to;
    this.loseLeadership();
    return Promise.resolve();
  }

  onLeadership(listener: (state: Leadership) => void): Disposable {
    this.#leadershipListeners.add(listener);
    return { [Symbol.dispose]: () => void this.#leadershipListeners.delete(listener) };
  }

  onLeaderChange(listener: (leader: RaftMember | null) => void): Disposable {
    this.#leaderListeners.add(listener);
    return { [Symbol.dispose]: () => void this.#leaderListeners.delete(listener) };
  }

  #become(state: Leadership): void {
    this.leadership = state;
    for (const listener of this.#leadershipListeners) listener(state);
    const { leader } = this.status();
    const member = this.members.find(({ raftId }) => raftId === leader) ?? null;
    for (const listener of this.#leaderListeners) listener(member);
  }
}
