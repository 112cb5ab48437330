import { INDEX_ZERO, TERM_ZERO } from "../ids.ts";
import { HARD_STATE_KEY, META_KEY } from "./keys.ts";
import type { Operation, RecordDatabase } from "./level-database.ts";
import { DamagedRecord } from "./record-codec.ts";
import { decodeIdentity, encodeHardState, encodeIdentity } from "./records.ts";
import type { SealedCodec } from "./sealed-codec.ts";

/** Records and bytes handled while the loop's writes wait: less than a millisecond of work. */
const SLOT_RECORDS_MAX = 256;
const SLOT_BYTES_MAX = 256 * 1024;

/** What a pass needs from the storage around it. */
export interface ReEncryptionHost {
  readonly db: RecordDatabase;
  readonly codec: SealedCodec;
  readonly signal: AbortSignal;
  /** Runs with no other batch under way: a record must not change between being read and being rewritten. */
  inOrder(run: () => Promise<void>): Promise<void>;
}

/**
 * Re-seals every record that is not sealed with the current key, a few at a time, while the log is in use. The identity
 * goes last, with a sync: once it has the current key and format, everything has. Returns false when `signal` ended it
 * early.
 * @throws DamagedRecord at a record that it cannot open.
 */
export async function reEncrypt(host: ReEncryptionHost): Promise<boolean> {
  for (let from: string | null = ""; from !== null; ) {
    if (host.signal.aborted) return false;
    const after: string = from;
    from = await inOrder(host, () => oneSlot(host, after));
  }
  await inOrder(host, () => finish(host));
  return true;
}

/** A record that cannot be opened ends this work only: the storage goes on, its writes did not fail. */
async function inOrder<T>(host: ReEncryptionHost, run: () => Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  await host.inOrder(async () => {
    try {
      resolve(await run());
    } catch (error) {
      reject(error);
      promise.catch(() => {});
      if (!(error instanceof DamagedRecord)) throw error;
    }
  });
  return await promise;
}

/** Returns the key after which the next slot begins; null at the end. */
async function oneSlot({ db, codec }: ReEncryptionHost, from: string): Promise<string | null> {
  const operations: Operation[] = [];
  let records = 0;
  let bytes = 0;
  let next: string | null = null;
  for await (const [key, record] of db.iterate({ gt: from })) {
    records++;
    bytes += record.length;
    if (key !== META_KEY && !codec.isCurrent(record)) {
      operations.push({ type: "put", key, value: codec.seal(key, codec.open(key, record)) });
    }
    if (records < SLOT_RECORDS_MAX && bytes < SLOT_BYTES_MAX) continue;
    next = key;
    break;
  }
  if (operations.length > 0) await db.batch(operations, false);
  return next;
}

async function finish({ db, codec }: ReEncryptionHost): Promise<void> {
  const record = await db.get(META_KEY);
  if (record === null) return;
  const identity = decodeIdentity(codec.open(META_KEY, record), db.directory);
  const put = (key: string, bytes: Uint8Array): Operation => ({ type: "put", key, value: codec.seal(key, bytes) });
  const operations = [put(META_KEY, encodeIdentity(identity))];
  if ((await db.get(HARD_STATE_KEY)) === null) {
    // The present format always has one, so that its loss is noticed.
    operations.push(put(HARD_STATE_KEY, encodeHardState({ term: TERM_ZERO, vote: null, commit: INDEX_ZERO })));
  }
  await db.batch(operations, true);
}
