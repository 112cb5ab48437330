import { SwarmError } from "../../shared/errors.ts";
import { NotLeaderError } from "../../shared/rpc/not-leader.ts";
import type { ConfChange, ConfChangeOperation } from "../core/entry.ts";
import { majorityOf } from "../core/quorum.ts";
import type { RaftCore } from "../core/raft-core.ts";
import type { LogIndex, RaftId, RaftMember } from "../ids.ts";
import { PROMOTE_LAG_ENTRIES } from "./limits.ts";
import type { MemberDirectory } from "./member-directory.ts";

/** What changes of membership need from their node. */
export interface MembershipHost {
  readonly core: RaftCore;
  readonly directory: MemberDirectory;
  readonly era: number;
  /** Leads, and has applied everything of earlier terms. */
  isLeading(): boolean;
  reachable(): ReadonlySet<RaftId>;
  proposeChange(change: ConfChange): Promise<LogIndex>;
  /** HOST:PORT where a member, or this node itself, says that it listens; null = it has not said. */
  addressOf(id: RaftId): string | null;
  /** A change of its own making did not come about; it is tried again. */
  onTendingFailed(error: unknown): void;
  /** Gives leadership to another member, because this node is to be removed. */
  handOver(): Promise<void>;
}

/** The answer to a manager that asked to join. */
export interface Admission {
  readonly raftId: RaftId;
  readonly members: readonly RaftMember[];
  readonly era: number;
}

/** Leader only: adds and removes members, one change at a time. */
export class MembershipChanges {
  readonly #host: MembershipHost;
  #queue: Promise<unknown> = Promise.resolve();
  /** A change of its own making is under way; one at a time. */
  #isTending = false;

  constructor(host: MembershipHost) {
    this.#host = host;
  }

  /** As a voter, at once. A present member with the same address is left alone; with another one it is updated. */
  add(member: RaftMember): Promise<void> {
    return this.#inTurn(async () => {
      const { directory } = this.#host;
      if (directory.wasRemoved(member.raftId)) throw usedUp(member.raftId);
      const present = directory.get(member.raftId);
      if (present?.address === member.address) return;
      await this.#change(present === null ? "addVoter" : "update", member.raftId, member);
    });
  }

  remove(id: RaftId): Promise<void> {
    return this.#inTurn(() => this.#remove(id));
  }

  /**
   * Admits a manager that asked to join: it becomes a learner, and a voter when it has caught up, so that one that
   * never catches up does not count against the quorum. A member that asks has lost its log, or never had one: its old
   * id is removed in any case. No leader can know whether that id ever promised anything, since another leader may have
   * heard it, and answers to earlier messages may still be in flight.
   */
  admit(joiner: { readonly nodeId: string; readonly address: string }): Promise<Admission> {
    return this.#inTurn(async () => {
      const { directory } = this.#host;
      for (const old of directory.members) {
        if (old.nodeId === joiner.nodeId) await this.#change("remove", old.raftId, null);
      }
      const raftId = directory.freshId();
      await this.#change("addLearner", raftId, { raftId, ...joiner });
      return { raftId, members: directory.members, era: this.#host.era };
    });
  }

  /** Called every turn: makes a voter of a learner that has caught up. */
  maybePromote(): void {
    const { core } = this.#host;
    if (core.configuration.learners.size === 0 || !this.#mayTend()) return;
    const ready = [...core.configuration.learners].find((id) => this.#hasCaughtUp(id));
    if (ready !== undefined) this.#tend(() => this.#promote(ready));
  }

  /**
   * Called now and then: records the new address of a member that came back elsewhere, for those that cannot hear it
   * from the member: workers, and managers that have yet to start.
   */
  maybeFollow(): void {
    if (!this.#mayTend()) return;
    const { directory } = this.#host;
    for (const member of directory.members) {
      const address = this.#host.addressOf(member.raftId) ?? member.address;
      if (address === member.address) continue;
      this.#tend(() => this.#follow(member.raftId, address));
      return;
    }
  }

  #mayTend(): boolean {
    return !this.#isTending && this.#host.isLeading() && !this.#host.core.isConfChangePending;
  }

  #tend(run: () => Promise<void>): void {
    this.#isTending = true;
    this.#inTurn(run)
      .catch(this.#host.onTendingFailed)
      .finally(() => {
        this.#isTending = false;
      });
  }

  async #follow(id: RaftId, address: string): Promise<void> {
    // It may have been removed while this was waiting for its turn.
    const member = this.#host.directory.get(id);
    if (member !== null) await this.#change("update", id, { ...member, address });
  }

  #hasCaughtUp(id: RaftId): boolean {
    const { core } = this.#host;
    return (
      this.#host.reachable().has(id) &&
      core.progress.get(id)?.state === "replicate" &&
      this.#matchOf(id) + PROMOTE_LAG_ENTRIES >= core.lastIndex
    );
  }

  async #promote(id: RaftId): Promise<void> {
    // Things may have changed while it waited for its turn.
    if (!this.#host.core.configuration.learners.has(id) || !this.#hasCaughtUp(id)) return;
    await this.#change("addVoter", id, this.#host.directory.get(id));
  }

  async #remove(id: RaftId): Promise<void> {
    const { core, directory } = this.#host;
    const member = directory.get(id);
    if (member === null) return;
    const voters = core.configuration.voters.incoming;
    if (voters.has(id)) {
      if (voters.size === 1) throw lastManager();
      this.#checkQuorumWithout(id, voters, member);
    }
    if (id === core.id) {
      // In a group of two, the other one might never hear that the removal was committed, and wait for us for ever.
      await this.#host.handOver();
      throw new SwarmError("aborted", "this manager led the swarm and has handed over: the new leader can remove it");
    }
    await this.#change("remove", id, null);
  }

  #checkQuorumWithout(id: RaftId, voters: ReadonlySet<RaftId>, member: RaftMember): void {
    const reachable = this.#host.reachable();
    const left = [...voters].filter((voter) => voter !== id);
    const alive = left.filter((voter) => reachable.has(voter));
    if (alive.length >= majorityOf(left.length)) return;
    throw new SwarmError(
      "failedPrecondition",
      `removing manager ${member.nodeId} would leave the swarm without a leader: only ${alive.length} of the ${left.length} remaining managers can be reached`,
    );
  }

  async #change(kind: ConfChangeOperation["kind"], id: RaftId, member: RaftMember | null): Promise<void> {
    await this.#host.proposeChange({ transition: "auto", operations: [{ kind, id }], member });
  }

  #matchOf(id: RaftId): number {
    return this.#host.core.progress.get(id)?.match ?? 0;
  }

  /** @throws NotLeaderError when this node does not lead once it is the change's turn. */
  async #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const before = this.#queue;
    const done = (async () => {
      await before;
      this.#requireLeading();
      return await run();
    })();
    this.#queue = done.catch(() => {});
    return await done;
  }

  #requireLeading(): void {
    if (this.#host.isLeading()) return;
    const { core, directory } = this.#host;
    const leader = core.leader === null || core.leader === core.id ? null : directory.get(core.leader);
    throw new NotLeaderError(leader?.address ?? null);
  }
}

/** Its peers would take it for a removed member, and never listen to it. */
function usedUp(id: RaftId): SwarmError {
  return new SwarmError(
    "failedPrecondition",
    `member ${id} was removed from the managers: it has to join as a new one`,
  );
}

function lastManager(): SwarmError {
  return new SwarmError(
    "failedPrecondition",
    "this is the last manager of the swarm: removing it would erase all current state of the swarm",
  );
}
