import type { Entry } from "../../../raft/core/entry.ts";
import type { RaftCore } from "../../../raft/core/raft-core.ts";
import type { TraceEvent } from "../../../raft/core/trace.ts";
import type { RaftId, Term } from "../../../raft/ids.ts";
import type { TraceHash } from "../raft/trace-hash.ts";

interface Election {
  readonly candidates: Set<RaftId>;
  hasLeader: boolean;
}

/**
 * Notices rare states that no single event tells of, so that a corpus of seeds can be asked whether it reached them.
 */
export class Sightings {
  readonly #trace: TraceHash;
  readonly #terms = new Map<Term, Election>();
  /** By member and index: the term of the entry it has written. */
  readonly #written = new Map<RaftId, Map<number, Term>>();
  /** By term and index: who has written it. */
  readonly #copies = new Map<string, Set<RaftId>>();

  constructor(trace: TraceHash) {
    this.#trace = trace;
  }

  onTrace(id: RaftId, event: TraceEvent): void {
    if (event.kind === "becameCandidate") this.#termOf(event.term).candidates.add(id);
    if (event.kind === "becameLeader") this.#termOf(event.term).hasLeader = true;
  }

  /** Figure 8 of the Raft paper: an entry that a majority has written is overwritten by a later leader. */
  onWrite(core: RaftCore, entries: readonly Entry[]): void {
    const first = entries[0]?.index;
    if (first === undefined) return;
    const own = this.#written.get(core.id) ?? new Map<number, Term>();
    this.#written.set(core.id, own);
    const majority = Math.floor(core.configuration.voters.incoming.size / 2) + 1;
    for (let index: number = first; own.has(index); index++) {
      const key = `${own.get(index)}/${index}`;
      if (entries[index - first]?.term === own.get(index)) continue;
      if ((this.#copies.get(key)?.size ?? 0) >= majority) this.#trace.count("figure8");
      this.#trace.count("entryOverwritten");
      own.delete(index);
    }
    for (const { index, term } of entries) {
      own.set(index, term);
      const key = `${term}/${index}`;
      const copies = this.#copies.get(key);
      if (copies === undefined) this.#copies.set(key, new Set([core.id]));
      else copies.add(core.id);
    }
  }

  /** At the end of a run. */
  finish(): void {
    for (const { candidates, hasLeader } of this.#terms.values()) {
      if (candidates.size > 1 && !hasLeader) this.#trace.count("splitVote");
    }
  }

  #termOf(term: Term): Election {
    const present = this.#terms.get(term);
    if (present !== undefined) return present;
    const fresh = { candidates: new Set<RaftId>(), hasLeader: false };
    this.#terms.set(term, fresh);
    return fresh;
  }
}
