/** Tables of networks between a leader and hosts, without sessions around them: for properties and measurements. */

import { assignmentsMessage, revisionParts } from "../../manager/dispatcher/assignment-message.ts";
import { NetworkTables } from "../../manager/dispatcher/network-tables.ts";
import { SentTables } from "../../manager/dispatcher/sent-tables.ts";
import type { TableBook } from "../../manager/dispatcher/table-book.ts";
import { TableFeed } from "../../manager/dispatcher/table-feed.ts";
import type { Change, Commit, Store } from "../../manager/store/store-types.ts";
import { Tables } from "../../manager/store/tables.ts";
import { TroubleBook } from "../../manager/trouble.ts";
import type { NodeId } from "../../shared/ids.ts";
import { silentLogger } from "../../shared/log.ts";
import type { ObjectKind, ObjectKinds } from "../../shared/objects/types.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import { seededRandom } from "../../shared/ports/seeded-random.ts";
import type { ManagerMessage, NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { services } from "../../shared/rpc/schema.ts";
import { type AssignmentSet, applyAssignments } from "../../worker/agent/assignment-set.ts";
import { VirtualClock } from "./virtual-clock.ts";

const { encodeResponse, decodeResponse } = services.dispatcher.methods.session;

/** The leader's end and the host's of one session, as far as tables go. */
export class TableSession {
  readonly #world: TableWorld;
  readonly nodeId: NodeId;
  #sent = new SentTables();
  #revision = 0;
  #known: AssignmentSet | null = null;
  readonly #underWay: Buffer[] = [];
  /** Sent so far. */
  bytes = 0;

  constructor(world: TableWorld, nodeId: NodeId) {
    this.#world = world;
    this.nodeId = nodeId;
  }

  /** The session is lost, on both sides. */
  lose(): void {
    this.#sent = new SentTables();
    this.#revision = 0;
    this.#known = null;
  }

  get tables(): readonly NetworkTable[] {
    return [...(this.#known?.networks.values() ?? [])];
  }

  /** Brings the host up to date; false = the leader does not know the tables yet. */
  catchUp(): boolean {
    if (!this.send()) return false;
    this.receive();
    return true;
  }

  /** The leader's part: what the host lacks, in its wire form. */
  send(): boolean {
    const feeds = this.#world.feeds(this.nodeId);
    if (feeds === null) return false;
    const step = this.#sent.next(feeds);
    if (step === null && this.#revision > 0) return true;
    this.#revision++;
    this.#sent.onSent(this.#revision);
    const parts = revisionParts({ put: [], removedIds: [] }, step);
    for (const [at, part] of parts.entries()) {
      const head = { kind: this.#revision === 1 ? "FULL" : "DELTA", revision: this.#revision } as const;
      const bytes = encodeResponse(assignmentsMessage({ ...head, more: at < parts.length - 1 }, part) as never);
      this.bytes += bytes.length;
      this.#underWay.push(bytes);
    }
    return true;
  }

  /** In place of the host's part, when nobody looks at what it has: a thousand hosts do not fit one process. */
  drop(): void {
    this.#underWay.length = 0;
    this.#sent.onApplied(this.#revision);
  }

  /** The host's part. */
  receive(): void {
    for (const bytes of this.#underWay.splice(0)) {
      const { assignments } = decodeResponse(bytes) as ManagerMessage;
      if (assignments) this.#known = applyAssignments(this.#known, assignments);
    }
    this.#sent.onApplied(this.#revision);
  }
}

/** A store that holds what it is told to, and the leader's tables on it. */
export class TableWorld {
  readonly clock: Clock;
  readonly view = new Tables();
  tables: NetworkTables;
  /** Of whatever table, by whatever host; null = none is in session. */
  appliedRevision: number | null = null;
  /** Commits that the leader's tables do not hear of, until `resync`. */
  isDeaf = false;
  #feeds = new WeakMap<TableBook, TableFeed>();

  constructor(fill: (put: (kind: ObjectKind, object: ObjectKinds[ObjectKind]) => void) => void, clock?: Clock) {
    this.clock = clock ?? new VirtualClock();
    fill((kind, object) => this.view.put(kind, object as never));
    this.tables = this.#lead();
  }

  #lead(): NetworkTables {
    const store = { view: () => this.view } as unknown as Store;
    const troubles = new TroubleBook(silentLogger, seededRandom(1));
    return new NetworkTables({ store, clock: this.clock, troubles, appliedBy: () => this.appliedRevision }, () => {});
  }

  /** Another manager leads: all sessions are lost with the tables. */
  elect(): void {
    this.tables[Symbol.dispose]();
    this.#feeds = new WeakMap();
    this.tables = this.#lead();
  }

  put<Kind extends ObjectKind>(kind: Kind, object: ObjectKinds[Kind]): void {
    const old = this.view.get(kind, object.id) ?? null;
    this.view.put(kind, object);
    this.#commit({ kind, action: old === null ? "create" : "update", object, old } as Change);
  }

  remove(kind: ObjectKind, id: string): void {
    const object = this.view.get(kind, id);
    if (object === undefined) return;
    this.view.remove(kind, id);
    this.#commit({ kind, action: "remove", object, old: object } as Change);
  }

  resync(): void {
    this.isDeaf = false;
    this.tables.onCommit({ version: 0, changes: [], resync: true });
  }

  feeds(nodeId: NodeId): readonly TableFeed[] | null {
    const books = this.tables.booksOf(nodeId);
    return (
      books?.map((book) => {
        const feed = this.#feeds.get(book) ?? new TableFeed(book);
        this.#feeds.set(book, feed);
        return feed;
      }) ?? null
    );
  }

  #commit(change: Change): void {
    const commit: Commit = { version: 0, changes: [change], resync: false };
    if (!this.isDeaf) this.tables.onCommit(commit);
  }
}
