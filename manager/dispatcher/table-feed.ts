import type { Assignments } from "../../shared/rpc/gen/dispatcher.ts";
import { codecs } from "../../shared/rpc/schema.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import { type Chunk, emptyChange, inChunks } from "./change-chunks.ts";
import type { TableBook } from "./table-book.ts";

/** A whole table is sent as it was encoded, and what has changed since after it, up to this share of its lines. */
export const STALE_SHARE_MAX = 0.25;

/** Bytes of Assignments messages that are the same for every host: encoded when the first of them needs it. */
export class SharedPart {
  /** About as many as it will have. */
  readonly weight: number;
  readonly #make: () => Sendable<Assignments>;
  #bytes: Uint8Array | null = null;

  constructor(weight: number, make: () => Sendable<Assignments>) {
    this.weight = weight;
    this.#make = make;
  }

  get bytes(): Uint8Array {
    this.#bytes ??= codecs.assignments.encode(this.#make());
    return this.#bytes;
  }
}

/** What brings a host to a revision of a table. */
export interface TableUpdate {
  readonly revision: number;
  readonly parts: readonly SharedPart[];
}

/** One table for all hosts that take part: whatever is sent to several of them is made and encoded once. */
export class TableFeed {
  readonly #book: TableBook;
  #whole: TableUpdate | null = null;
  /** To the newest revision, by the revision before. */
  #changes = new Map<number, readonly SharedPart[] | null>();
  #changesTo = -1;

  constructor(book: TableBook) {
    this.#book = book;
  }

  get networkId(): string {
    return this.#book.networkId;
  }

  get revision(): number {
    return this.#book.revision;
  }

  /** For a host that has the table of revision `since`; null = it has none. Nothing when it has the newest. */
  update(since: number | null): TableUpdate | null {
    const { revision } = this.#book;
    if (since === revision) return null;
    const parts = since === null ? null : this.#change(since);
    if (parts !== null) return { revision, parts };
    const whole = this.#recentWhole();
    const rest = whole.revision === revision ? [] : (this.#change(whole.revision) ?? []);
    return { revision, parts: [...whole.parts, ...rest] };
  }

  #change(since: number): readonly SharedPart[] | null {
    const { revision } = this.#book;
    if (this.#changesTo !== revision) this.#changes = new Map();
    this.#changesTo = revision;
    const known = this.#changes.get(since);
    if (known !== undefined) return known;
    const change = this.#book.changeSince(since);
    const parts = change && inChunks(change).map(changePart);
    this.#changes.set(since, parts);
    return parts;
  }

  #recentWhole(): TableUpdate {
    const { revision, lineCount } = this.#book;
    const whole = this.#whole;
    const isRecent =
      whole !== null &&
      revision - whole.revision <= lineCount * STALE_SHARE_MAX &&
      (whole.revision === revision || this.#change(whole.revision) !== null);
    if (isRecent) return whole;
    this.#whole = { revision, parts: this.#wholeParts() };
    return this.#whole;
  }

  // The table with as many lines as one message takes; what it has more of comes as changes of it.
  #wholeParts(): readonly SharedPart[] {
    const { network, dataPathPort, hosts, endpoints, services } = this.#book.whole();
    const all = { ...emptyChange(this.networkId), putHosts: hosts, putEndpoints: endpoints, putServices: services };
    const [first, ...rest] = inChunks(all);
    const table = (): Sendable<Assignments> => {
      const { putHosts, putEndpoints, putServices } = first.change;
      const lines = { hosts: putHosts, endpoints: putEndpoints, services: putServices };
      return { put: [{ network: { network, dataPathPort, ...lines } }] };
    };
    return [new SharedPart(first.weight, table), ...rest.map(changePart)];
  }
}

function changePart({ change, weight }: Chunk): SharedPart {
  return new SharedPart(weight, () => ({ tableChanges: [change] }));
}
