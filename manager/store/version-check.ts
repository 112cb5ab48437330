import { SwarmError } from "../../shared/errors.ts";
import type { ObjectKind, ObjectKinds, Service } from "../../shared/objects/types.ts";
import { SETTLE_ATTEMPTS_MAX } from "./limits.ts";
import type { Store, WriteTx } from "./store-types.ts";

/** What a caller says it has read: an object's meta.version; 0 = it does not care. */
export interface ExpectedVersion<Kind extends ObjectKind> {
  readonly kind: Kind;
  readonly id: string;
  readonly version: number;
}

/**
 * A transaction on an object that must still be what the caller has read. While the object has a write in flight its
 * version is not known yet, so this waits for the commit and looks again.
 * @throws SwarmError aborted ("update out of sequence") when it has changed, or keeps changing; notFound.
 */
export async function updateExpecting<Kind extends ObjectKind, T>(
  store: Store,
  label: string,
  expected: ExpectedVersion<Kind>,
  change: (tx: WriteTx, object: ObjectKinds[Kind]) => T,
): Promise<T> {
  for (let attempt = 0; attempt < SETTLE_ATTEMPTS_MAX; attempt++) {
    const outcome = await store.update(label, (tx) => {
      const object = tx.get(expected.kind, expected.id);
      if (object === undefined) throw new SwarmError("notFound", `${expected.kind} ${expected.id} not found`);
      // Since it writes nothing, the transaction resolves when the write in flight is committed.
      if (object.meta.version === 0) return null;
      requireVersion(expected.kind, object, expected.version);
      return { result: change(tx, object) };
    });
    if (outcome !== null) return outcome.result;
  }
  throw outOfSequence(expected.kind, expected.id);
}

/**
 * For a service only its spec counts: allocator and updater write its status all the time, which is no reason to refuse
 * an update by someone who has read the newest spec. If it is not known when the spec changed, since an earlier release
 * wrote it, the whole service must be as it was read.
 * @throws SwarmError aborted.
 */
export function requireVersion<Kind extends ObjectKind>(kind: Kind, object: ObjectKinds[Kind], version: number): void {
  if (version === 0) return;
  const oldest = (kind === "service" && (object as Service).specVersion) || object.meta.version;
  if (version < oldest || version > object.meta.version) throw outOfSequence(kind, object.id);
}

function outOfSequence(kind: ObjectKind, id: string): SwarmError {
  return new SwarmError("aborted", `update out of sequence: ${kind} ${id} has changed since it was read; try again`);
}
