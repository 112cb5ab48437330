import { SwarmError } from "../../shared/errors.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { SnapshotChunk } from "../../shared/rpc/gen/raft.ts";
import type { MessageOf } from "../core/message.ts";
import { toRaftId, toTerm } from "../ids.ts";
import { toSnapshotMeta } from "../wire/entry-codec.ts";
import { SNAPSHOT_BYTES_MAX, SNAPSHOT_KEPT_MS } from "./limits.ts";

/** Which bytes they are: two members may encode the same state differently. */
export interface SnapshotName {
  readonly from: number;
  readonly index: number;
  readonly term: number;
  readonly bytes: number;
}

interface Partial {
  readonly name: SnapshotName;
  readonly parts: Uint8Array[];
  bytes: number;
}

/**
 * Puts the chunks of snapshots together. What a broken stream delivered is kept for a while, and continued.
 */
export class SnapshotReceiver implements Disposable {
  readonly #clock: Clock;
  /** Of one snapshot at most: there is one leader. */
  #kept: Partial | null = null;
  #forgetting: Disposable | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many of its bytes are here. */
  receivedBytes(name: SnapshotName): number {
    return this.#kept !== null && isSame(this.#kept.name, name) ? this.#kept.bytes : 0;
  }

  /**
   * Takes one stream. `check` judges the first chunk before anything else from its sender is accepted.
   * @throws SwarmError invalidArgument when it does not make a whole snapshot; resourceExhausted when that is too
   * large.
   */
  async receive(
    chunks: AsyncIterable<SnapshotChunk>,
    check: (first: SnapshotChunk) => void,
  ): Promise<MessageOf<"installSnapshot">> {
    const iterator = chunks[Symbol.asyncIterator]();
    const { value: first } = (await iterator.next()) as IteratorResult<SnapshotChunk, undefined>;
    if (first === undefined) throw broken("it has no chunk");
    check(first);
    if (first.meta === null) throw broken("its first chunk does not say what it is");
    const meta = toSnapshotMeta(first.meta);
    const { index, term } = meta;
    const partial = this.#take({ from: first.from, index, term, bytes: first.bytes }, first.offset);
    try {
      for (let chunk = first; ; ) {
        add(partial, chunk);
        if (chunk.last) break;
        const { value: next } = (await iterator.next()) as IteratorResult<SnapshotChunk, undefined>;
        if (next === undefined) throw broken("it ended before its last chunk");
        chunk = next;
      }
    } catch (error) {
      this.#keep(partial);
      throw error;
    }
    if (partial.bytes !== first.bytes) throw broken(`it has ${partial.bytes} of ${first.bytes} bytes`);
    const envelope = { from: toRaftId(first.from), to: toRaftId(first.to), term: toTerm(first.term) };
    return { kind: "installSnapshot", ...envelope, snapshot: { meta, data: concat(partial) } };
  }

  [Symbol.dispose](): void {
    this.#forget();
  }

  /** A stream that is still open cannot be continued by another. */
  #take(name: SnapshotName, offset: number): Partial {
    const kept = this.#kept;
    this.#forget();
    if (offset === 0) return { name, parts: [], bytes: 0 };
    if (kept === null || !isSame(kept.name, name) || kept.bytes !== offset) {
      throw broken(`it goes on at byte ${offset}, but what came before that is no longer here`);
    }
    return kept;
  }

  #keep(partial: Partial): void {
    this.#forget();
    if (partial.bytes === 0 || partial.bytes > partial.name.bytes) return;
    this.#kept = partial;
    this.#forgetting = this.#clock.schedule(SNAPSHOT_KEPT_MS, "raft partial snapshot", () => this.#forget());
  }

  #forget(): void {
    this.#forgetting?.[Symbol.dispose]();
    this.#forgetting = null;
    this.#kept = null;
  }
}

function add(partial: Partial, { data }: SnapshotChunk): void {
  if (partial.bytes + data.length > SNAPSHOT_BYTES_MAX) {
    throw new SwarmError("resourceExhausted", `the snapshot is larger than ${SNAPSHOT_BYTES_MAX} bytes`);
  }
  partial.parts.push(data);
  partial.bytes += data.length;
}

function isSame(a: SnapshotName, b: SnapshotName): boolean {
  return a.from === b.from && a.index === b.index && a.term === b.term && a.bytes === b.bytes;
}

function broken(why: string): SwarmError {
  return new SwarmError("invalidArgument", `the snapshot is not whole: ${why}`);
}

function concat({ parts, bytes }: Partial): Uint8Array {
  // Not zeroed first: every byte is overwritten.
  const whole = Buffer.allocUnsafeSlow(bytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
