import { SwarmError } from "../../shared/errors.ts";
import { KINDS, perKind } from "../../shared/objects/kinds.ts";
import { OBJECT_KINDS, type ObjectKind, type ObjectKinds } from "../../shared/objects/types.ts";
import type { StoreSnapshot } from "../../shared/rpc/gen/objects.ts";
import { codecs } from "../../shared/rpc/schema.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import { SNAPSHOT_PIECE_BYTES } from "./limits.ts";

/** Every object of a state, sorted by id within its kind: equal states have equal bytes. */
export interface SnapshotContent {
  readonly sequence: number;
  readonly objects: { readonly [Kind in ObjectKind]: readonly ObjectKinds[Kind][] };
}

/**
 * The pieces of one StoreSnapshot. Protocol Buffers join repeated fields of concatenated messages, so each object is
 * encoded by itself, and the pieces put together are the whole message.
 */
export function* encodeSnapshot({ sequence, objects }: SnapshotContent): Generator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  for (const kind of OBJECT_KINDS) {
    for (const object of objects[kind]) {
      const part = encode({ [KINDS[kind].plural]: [object] });
      parts.push(part);
      bytes += part.length;
      if (bytes < SNAPSHOT_PIECE_BYTES) continue;
      yield Buffer.concat(parts, bytes);
      parts = [];
      bytes = 0;
    }
  }
  yield Buffer.concat([...parts, encode({ sequence })]);
}

/** Some objects of a snapshot; its sequence number is in the last part and 0 in the others. */
export type SnapshotPart = SnapshotContent;

/**
 * Reads the whole message piece by piece, split wherever a field ends, however it was written.
 * @throws SwarmError invalidArgument or RangeError when the bytes are not what `encodeSnapshot` makes.
 */
export function* decodeSnapshot(bytes: Uint8Array): Generator<SnapshotPart> {
  for (let from = 0; from < bytes.length; ) {
    const end = endOfFields(bytes, from);
    const wire = codecs.storeSnapshot.decode(bytes.subarray(from, end));
    yield {
      sequence: wire.sequence,
      objects: perKind((kind) => {
        const parse = KINDS[kind].parse as (object: unknown) => ObjectKinds[typeof kind];
        return (wire[KINDS[kind].plural] as readonly unknown[]).map((object) => parse(object));
      }),
    };
    from = end;
  }
}

function encode(part: Sendable<StoreSnapshot>): Uint8Array {
  return codecs.storeSnapshot.encode(part);
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** Where the first field ends that reaches SNAPSHOT_PIECE_BYTES after `from`. */
function endOfFields(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && at - from < SNAPSHOT_PIECE_BYTES) {
    const tag = readVarint(bytes, at);
    const value = readVarint(bytes, tag.end);
    const wireType = tag.value % 8;
    if (wireType !== VARINT && wireType !== LENGTH_DELIMITED) throw notASnapshot(`a field of wire type ${wireType}`);
    at = wireType === VARINT ? value.end : value.end + value.value;
  }
  if (at > bytes.length) throw notASnapshot("it is cut short");
  return at;
}

function readVarint(bytes: Uint8Array, from: number): { readonly value: number; readonly end: number } {
  let value = 0;
  let scale = 1;
  for (let at = from; ; at++) {
    const byte = bytes[at];
    if (byte === undefined) throw notASnapshot("it is cut short");
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, end: at + 1 };
    scale *= 128;
  }
}

function notASnapshot(why: string): SwarmError {
  return new SwarmError("invalidArgument", `not a snapshot of the store: ${why}`);
}
