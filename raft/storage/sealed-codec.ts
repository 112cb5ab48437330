import { invariant } from "../../shared/invariant.ts";
import type { Random } from "../../shared/ports/random.ts";
import { type DataKey, type Keyring, NO_KEY, toHex } from "./data-keys.ts";
import { NONCE_BYTES, type RecordCipher, TAG_BYTES } from "./ports/aes-gcm.ts";
import { checksumCodec, DamagedRecord, FORMAT_CHECKSUM, FORMAT_SEALED, type RecordCodec } from "./record-codec.ts";

/** One byte of format, four of key id. */
const BOUND_BYTES = 5;
const HEADER_BYTES = BOUND_BYTES + NONCE_BYTES;
const NONCE_PREFIX_BYTES = NONCE_BYTES - 4;
const COUNTER_END = 2 ** 32;

/**
 * Records that are encrypted and authenticated: format, key id, nonce, ciphertext, tag. Format, key id and the record's
 * name are bound in, so that no record can be put in another's place. It cannot be detected here that an older record
 * of the same name was put back.
 *
 * A nonce must never be used twice with the same key. It is 64 random bits, drawn anew for every process, and a
 * counter: random nonces alone would be used up within 2^32 records, a week of heavy load.
 */
export class SealedCodec implements RecordCodec {
  /** The available keys; replaced as a whole. */
  ring: Keyring;
  readonly #cipher: RecordCipher;
  readonly #random: Random;
  readonly #nonce = Buffer.alloc(NONCE_BYTES);
  #counter = COUNTER_END;

  constructor(ring: Keyring, cipher: RecordCipher, random: Random) {
    this.ring = ring;
    this.#cipher = cipher;
    this.#random = random;
  }

  seal(key: string, bytes: Uint8Array): Uint8Array {
    const { id, bytes: secret } = this.ring.current;
    const record = Buffer.allocUnsafe(HEADER_BYTES + bytes.length + TAG_BYTES);
    record[0] = FORMAT_SEALED;
    record.writeUInt32BE(id, 1);
    const nonce = this.#nextNonce();
    record.set(nonce, BOUND_BYTES);
    this.#cipher.encrypt(secret, nonce, boundTo(record, key), bytes, record, HEADER_BYTES);
    return record;
  }

  open(key: string, record: Uint8Array): Uint8Array {
    if (record[0] === FORMAT_CHECKSUM) {
      // Anyone can make a valid one, so they are accepted only while old ones are being replaced.
      if (this.ring.previous === NO_KEY) return checksumCodec.open(key, record);
      throw new DamagedRecord(`record ${key} is not encrypted`);
    }
    if (record[0] !== FORMAT_SEALED) throw new DamagedRecord(`record ${key} has the unknown format ${record[0]}`);
    if (record.length < HEADER_BYTES + TAG_BYTES) throw new DamagedRecord(`record ${key} is cut short`);
    const dataKey = this.#find(keyIdOf(record));
    if (dataKey === null) throw new DamagedRecord(`record ${key} names the unknown key ${toHex(keyIdOf(record))}`);
    const nonce = record.subarray(BOUND_BYTES, HEADER_BYTES);
    const bytes = this.#cipher.decrypt(dataKey.bytes, nonce, boundTo(record, key), record.subarray(HEADER_BYTES));
    if (bytes === null) throw new DamagedRecord(`record ${key} was altered after it was written`);
    return bytes;
  }

  isCurrent(record: Uint8Array): boolean {
    return record[0] === FORMAT_SEALED && keyIdOf(record) === this.ring.current.id;
  }

  /** Whether one of the keys claims the record; it may still be damaged. */
  hasKeyOf(record: Uint8Array): boolean {
    if (record[0] === FORMAT_CHECKSUM) return this.ring.previous === NO_KEY;
    return this.#find(keyIdOf(record)) !== null;
  }

  #find(id: number): DataKey | null {
    const { current, previous } = this.ring;
    if (current.id === id) return current;
    return previous !== null && previous !== NO_KEY && previous.id === id ? previous : null;
  }

  #nextNonce(): Buffer {
    if (this.#counter === COUNTER_END) {
      this.#nonce.set(this.#random.bytes(NONCE_PREFIX_BYTES));
      this.#counter = 0;
    }
    this.#nonce.writeUInt32BE(this.#counter, NONCE_PREFIX_BYTES);
    this.#counter++;
    invariant(this.#counter <= COUNTER_END, "a counter never passes its end");
    return this.#nonce;
  }
}

/** @returns 0 for a record that is too short to name a key. */
export function keyIdOf(record: Uint8Array): number {
  if (record.length < BOUND_BYTES) return 0;
  return new DataView(record.buffer, record.byteOffset, record.byteLength).getUint32(1);
}

function boundTo(record: Uint8Array, key: string): Uint8Array {
  const bound = Buffer.allocUnsafe(BOUND_BYTES + Buffer.byteLength(key));
  bound.set(record.subarray(0, BOUND_BYTES));
  bound.write(key, BOUND_BYTES);
  return bound;
}
