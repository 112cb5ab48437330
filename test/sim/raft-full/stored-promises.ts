import type { Entry } from "../../../raft/core/entry.ts";
import type { HardState } from "../../../raft/core/options.ts";
import { INDEX_ZERO, indexMax, type LogIndex } from "../../../raft/ids.ts";
import { DATA_KEY_FILE, type DataKey, type Keyring } from "../../../raft/storage/data-keys.ts";
import { BASE_KEY, HARD_STATE_KEY, SNAPSHOT_KEY } from "../../../raft/storage/keys.ts";
import type { RecordCipher } from "../../../raft/storage/ports/aes-gcm.ts";
import { decodeEntryId, decodeHardState, decodeSnapshotRecord } from "../../../raft/storage/records.ts";
import { SealedCodec } from "../../../raft/storage/sealed-codec.ts";
import { WITNESS_FILE } from "../../../raft/storage/witness.ts";
import { decodeEntries } from "../../../raft/wire/entries-codec.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import type { Durable } from "../raft/checkers.ts";
import type { SimDisk } from "./sim-disk.ts";
import type { SimKeyDirectory } from "./sim-key-files.ts";

interface KeyText {
  readonly key: string;
}

/**
 * What a node's disk says, read from outside and without asking the node: for checkers, and to know what damage does.
 */
export class StoredPromises implements Durable {
  readonly #disk: SimDisk;
  readonly #keys: SimKeyDirectory;
  readonly #cipher: RecordCipher;
  #ringText = "";
  #codec: SealedCodec | null = null;
  #tail: { readonly record: Uint8Array; readonly last: LogIndex } | null = null;
  readonly #opened = new Map<string, { readonly record: Uint8Array; readonly bytes: Uint8Array }>();

  constructor(disk: SimDisk, keys: SimKeyDirectory, cipher: RecordCipher) {
    this.#cipher = cipher;
    this.#disk = disk;
    this.#keys = keys;
  }

  /** What a loss of power would leave of term, vote and commit index. */
  get hardState(): HardState | null {
    const record = this.#disk.syncedHard;
    return record === null ? null : decodeHardState(this.#open(HARD_STATE_KEY, record));
  }

  get log(): { lastIndex(): LogIndex } {
    return { lastIndex: () => this.#lastIndex() };
  }

  /** Of what is on disk now; null = nothing. */
  get stored(): { readonly commit: number; readonly base: number; readonly snapshot: number } {
    const { current } = this.#disk;
    const hard = current.get(HARD_STATE_KEY);
    const base = current.get(BASE_KEY);
    const snapshot = current.get(SNAPSHOT_KEY);
    return {
      commit: hard === undefined ? 0 : decodeHardState(this.#open(HARD_STATE_KEY, hard)).commit,
      base: base === undefined ? 0 : decodeEntryId(this.#open(BASE_KEY, base)).index,
      snapshot: snapshot === undefined ? 0 : decodeSnapshotRecord(this.#open(SNAPSHOT_KEY, snapshot)).meta.index,
    };
  }

  /** The disk is behind what the witness saw on it. */
  get isBehindWitness(): boolean {
    const text = this.#keys.files.get(WITNESS_FILE);
    if (text === undefined) return false;
    const witness = JSON.parse(text) as { readonly term: number; readonly commit: number };
    const { term, commit } = this.hardState ?? { term: 0, commit: 0 };
    return term < witness.term || commit < witness.commit;
  }

  /** The data key on disk opens what is on disk. */
  get hasItsKey(): boolean {
    const record = this.#disk.syncedHard;
    if (record === null) return true;
    try {
      this.#open(HARD_STATE_KEY, record);
      return true;
    } catch {
      return false;
    }
  }

  /** Entries of the record `key`, as it is now. */
  entriesOf(key: string): readonly Entry[] {
    const record = this.#disk.current.get(key);
    return record === undefined ? [] : decodeEntries(this.#open(key, record));
  }

  #lastIndex(): LogIndex {
    const { syncedTail, syncedBase } = this.#disk;
    const base = syncedBase === null ? INDEX_ZERO : decodeEntryId(this.#open(BASE_KEY, syncedBase)).index;
    if (syncedTail === null) return base;
    if (this.#tail?.record !== syncedTail[1]) {
      const entries = decodeEntries(this.#open(...syncedTail));
      this.#tail = { record: syncedTail[1], last: entries.at(-1)?.index ?? INDEX_ZERO };
    }
    return indexMax(this.#tail.last, base);
  }

  #open(key: string, record: Uint8Array): Uint8Array {
    const opened = this.#opened.get(key);
    if (opened?.record === record) return opened.bytes;
    const bytes = this.#currentCodec().open(key, record);
    this.#opened.set(key, { record, bytes });
    return bytes;
  }

  #currentCodec(): SealedCodec {
    const text = this.#keys.files.get(DATA_KEY_FILE) ?? "";
    if (this.#codec === null || text !== this.#ringText) {
      this.#codec = new SealedCodec(this.#toRing(text), this.#cipher, seededRandom(0, "never used"));
      this.#ringText = text;
    }
    return this.#codec;
  }

  #toRing(text: string): Keyring {
    const { current, previous } = JSON.parse(text) as { readonly current: KeyText; readonly previous: KeyText | null };
    return { current: this.#toKey(current), previous: previous === null ? null : this.#toKey(previous) };
  }

  #toKey({ key }: KeyText): DataKey {
    const bytes = Buffer.from(key, "base64");
    return { id: this.#cipher.keyId(bytes), bytes };
  }
}
