import { InvariantError, unreachable } from "../../shared/invariant.ts";
import { INDEX_ZERO, indexMax, indexMin, indexPlus, type LogIndex } from "../ids.ts";
import type { Inflights } from "./inflights.ts";

/**
 * probe: where the logs match is not known, so one append at a time. replicate: it is known, so appends are sent
 * ahead of their answers. snapshot: what the peer needs is compacted away; nothing is sent until the snapshot is in.
 */
export type ProgressState = "probe" | "replicate" | "snapshot";

/**
 * What a leader believes about one peer.
 *
 * 1. match < next always, and match never falls while this leader leads.
 * 2. Everything up to `match` is known to be durable there; [match + 1, next) is in flight (replicate).
 */
export class Progress {
  match: LogIndex = INDEX_ZERO;
  next: LogIndex;
  state: ProgressState = "probe";
  /** State snapshot only: the index of the snapshot that was sent. */
  pendingSnapshot: LogIndex = INDEX_ZERO;
  /** Heard from since the last quorum check. */
  recentActive = false;
  /** Wait for an answer to an append or heartbeat before the next append. Set by sending, cleared by receiving. */
  appendPaused = false;
  isLearner: boolean;
  readonly inflights: Inflights;
  /** The highest commit index that was sent, as far as we know it to arrive. Saves empty appends. */
  #sentCommit: LogIndex = INDEX_ZERO;

  constructor(next: LogIndex, isLearner: boolean, inflights: Inflights) {
    this.next = next;
    this.isLearner = isLearner;
    this.inflights = inflights;
  }

  isPaused(): boolean {
    switch (this.state) {
      case "probe":
      case "replicate":
        return this.appendPaused;
      case "snapshot":
        return true;
      default:
        return unreachable(this.state);
    }
  }

  becomeProbe(): void {
    // After a snapshot that arrived, probing starts after it rather than from scratch.
    const from = this.state === "snapshot" ? indexMax(this.match, this.pendingSnapshot) : this.match;
    this.#reset("probe");
    this.next = indexPlus(from, 1);
    this.#forgetCommitBeyondNext();
  }

  becomeReplicate(): void {
    this.#reset("replicate");
    this.next = indexPlus(this.match, 1);
  }

  becomeSnapshot(index: LogIndex): void {
    this.#reset("snapshot");
    this.pendingSnapshot = index;
    this.next = indexPlus(index, 1);
    this.#sentCommit = index;
  }

  /** An append of `count` entries (0 = only news of the commit index) has been sent. */
  sentEntries(count: number, bytes: number): void {
    switch (this.state) {
      case "replicate":
        if (count > 0) {
          this.next = indexPlus(this.next, count);
          this.inflights.add(indexPlus(this.next, -1), bytes);
        }
        // Into a full window only one empty append goes out; it doubles as a probe.
        this.appendPaused = this.inflights.isFull();
        return;
      case "probe":
        if (count > 0) this.appendPaused = true;
        return;
      case "snapshot":
        throw new InvariantError("an append was sent to a peer that waits for a snapshot");
      default:
        unreachable(this.state);
    }
  }

  sentCommit(commit: LogIndex): void {
    this.#sentCommit = commit;
  }

  /** Whether the peer was sent a commit index as high as this; it may be lost. */
  hasSentCommit(commit: LogIndex): boolean {
    return commit <= this.#sentCommit;
  }

  /** Whether an append that carries only `commit` would tell the peer anything useful. */
  canBumpCommit(commit: LogIndex): boolean {
    return commit > this.#sentCommit && this.#sentCommit < this.next - 1;
  }

  /** The peer acknowledged everything up to `index`. Returns whether that is new. */
  maybeUpdate(index: LogIndex): boolean {
    if (index <= this.match) return false;
    this.match = index;
    this.next = indexMax(this.next, indexPlus(index, 1));
    this.appendPaused = false;
    return true;
  }

  /**
   * The peer rejected the append whose `prev` was `rejected`; its log may match at `hint`.
   * Returns false when the rejection is stale: it answers a message sent before something newer was acknowledged.
   */
  maybeDecrease(rejected: LogIndex, hint: LogIndex): boolean {
    if (this.state === "replicate") {
      if (rejected <= this.match) return false;
      this.next = indexPlus(this.match, 1);
      this.#forgetCommitBeyondNext();
      return true;
    }
    // In probe, only the last append can be outstanding.
    if (this.next - 1 !== rejected) return false;
    this.next = indexMax(indexMin(rejected, indexPlus(hint, 1)), indexPlus(this.match, 1));
    this.#forgetCommitBeyondNext();
    this.appendPaused = false;
    return true;
  }

  clone(): Progress {
    const copy = new Progress(this.next, this.isLearner, this.inflights.clone());
    copy.match = this.match;
    copy.state = this.state;
    copy.pendingSnapshot = this.pendingSnapshot;
    copy.recentActive = this.recentActive;
    copy.appendPaused = this.appendPaused;
    copy.#sentCommit = this.#sentCommit;
    return copy;
  }

  #reset(state: ProgressState): void {
    this.appendPaused = false;
    this.pendingSnapshot = INDEX_ZERO;
    this.state = state;
    this.inflights.reset();
  }

  /** A commit index sent beyond entries that must be sent again did not take effect. */
  #forgetCommitBeyondNext(): void {
    this.#sentCommit = indexMin(this.#sentCommit, indexPlus(this.next, -1));
  }
}
