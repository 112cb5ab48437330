import type { SharedPart, TableFeed } from "./table-feed.ts";

/** What a session must tell of tables. */
export interface TableStep {
  readonly removedIds: readonly string[];
  readonly parts: readonly SharedPart[];
}

interface Sent {
  readonly feed: TableFeed;
  readonly revision: number;
}

/** Which revision of which table one session has sent, and which its worker's kernel matches. */
export class SentTables {
  #sent: ReadonlyMap<string, Sent> = new Map();
  /** By revision of the assignments, oldest first: what the worker has once it acknowledges that. */
  readonly #underWay: { readonly revision: number; readonly tables: ReadonlyMap<string, Sent> }[] = [];
  #acknowledged: ReadonlyMap<string, Sent> = new Map();

  /** The step from what was sent to `feeds`, all that the node should have; null when there is none. */
  next(feeds: readonly TableFeed[]): TableStep | null {
    const now = new Map<string, Sent>();
    const parts: SharedPart[] = [];
    for (const feed of feeds) {
      const old = this.#sent.get(feed.networkId);
      const isSame = old?.feed === feed;
      const update = feed.update(isSame ? old.revision : null);
      now.set(feed.networkId, { feed, revision: update?.revision ?? feed.revision });
      parts.push(...(update?.parts ?? []));
    }
    const removedIds = [...this.#sent.keys()].filter((id) => !now.has(id));
    this.#sent = now;
    return parts.length + removedIds.length === 0 ? null : { removedIds, parts };
  }

  /** What was last sent is part of this revision of the assignments. */
  onSent(revision: number): void {
    this.#underWay.push({ revision, tables: this.#sent });
  }

  /** The worker has applied that revision of the assignments, and all before. */
  onApplied(revision: number): void {
    for (let [first] = this.#underWay; first !== undefined && first.revision <= revision; [first] = this.#underWay) {
      this.#acknowledged = first.tables;
      this.#underWay.shift();
    }
  }

  /** The revision of the table that the worker's kernel matches; 0 = none of it yet. */
  appliedRevision(feed: TableFeed): number {
    const known = this.#acknowledged.get(feed.networkId);
    return known?.feed === feed ? known.revision : 0;
  }
}
