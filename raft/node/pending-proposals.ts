import { SwarmError } from "../../shared/errors.ts";
import { invariant } from "../../shared/invariant.ts";
import type { Entry, Proposal } from "../core/entry.ts";
import type { LogIndex, Term } from "../ids.ts";

/** A proposal and its waiting caller. */
export interface PendingProposal {
  readonly proposal: Proposal;
  readonly resolve: (index: LogIndex) => void;
  readonly reject: (error: SwarmError) => void;
}

interface InFlight {
  readonly pending: PendingProposal;
  readonly term: Term;
}

/**
 * Proposals waiting to be made, and those in this leader's log that are not applied yet, by the index they were given.
 */
export class PendingProposals {
  readonly #byIndex = new Map<LogIndex, InFlight>();
  #gathered: PendingProposal[] = [];

  get count(): number {
    return this.#byIndex.size + this.#gathered.length;
  }

  /** To be made with others: together they cost one message to each peer and one write. */
  gather(pending: PendingProposal): void {
    this.#gathered.push(pending);
  }

  takeGathered(): readonly PendingProposal[] {
    const gathered = this.#gathered;
    this.#gathered = [];
    return gathered;
  }

  add(index: LogIndex, term: Term, pending: PendingProposal): void {
    invariant(!this.#byIndex.has(index), () => `two proposals at ${index}`);
    this.#byIndex.set(index, { pending, term });
  }

  /** An entry was applied: answers whoever proposed it here. */
  onApplied(entry: Entry): void {
    const inFlight = this.#byIndex.get(entry.index);
    if (inFlight === undefined) return;
    this.#byIndex.delete(entry.index);
    const { pending, term } = inFlight;
    if (entry.term !== term) pending.reject(lostLeadership());
    else if (entry.kind !== pending.proposal.kind) pending.reject(changeRefused("an empty entry took its place"));
    else pending.resolve(entry.index);
  }

  /** A snapshot replaced the log up to `index`: what happened to single entries is not known. */
  onSnapshot(index: LogIndex): void {
    for (const [at, { pending }] of this.#byIndex) {
      if (at > index) continue;
      this.#byIndex.delete(at);
      pending.reject(lostLeadership());
    }
  }

  /** This node no longer leads, or not in the same term: the new leader may keep the entries or overwrite them. */
  abort(error: SwarmError): void {
    const all = [...this.#byIndex.values()];
    this.#byIndex.clear();
    for (const { pending } of all) pending.reject(error);
  }
}

export function lostLeadership(): SwarmError {
  return new SwarmError(
    "aborted",
    "this manager lost leadership while the change was under way: its outcome is unknown",
  );
}

/** The error for callers of a node that has ended or is about to. */
export function stopping(): SwarmError {
  return new SwarmError("unavailable", "this manager is stopping");
}

/** `why` is the Raft core's own reason, the same as in etcd's log. */
export function changeRefused(why: string): SwarmError {
  return new SwarmError("unavailable", `the managers cannot be changed right now (${why}): try again in a moment`);
}
