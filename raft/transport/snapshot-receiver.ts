import { SwarmError } from "../../shared/errors.ts";
import type { SnapshotChunk__Output } from "../../shared/rpc/gen/swarm/v1/SnapshotChunk.ts";
import { toRaftId, toTerm } from "../core/ids.ts";
import type { MessageOf } from "../core/message.ts";
import type { SnapshotMeta } from "../core/snapshot.ts";
import { toSnapshotMeta } from "../wire/entry-codec.ts";
import { SNAPSHOT_BYTES_MAX } from "./limits.ts";

/**
 * Puts the chunks of one stream together. `check` judges the first chunk, before its sender is believed anything.
 * @throws SwarmError invalidArgument when the stream is not one whole snapshot; resourceExhausted when it is too large.
 */
export async function receiveSnapshot(
  chunks: AsyncIterable<SnapshotChunk__Output>,
  check: (first: SnapshotChunk__Output) => void,
): Promise<MessageOf<"installSnapshot">> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  let first: SnapshotChunk__Output | null = null;
  let meta: SnapshotMeta | null = null;
  for await (const chunk of chunks) {
    if (first === null) {
      check(chunk);
      if (chunk.meta === null) throw broken("its first chunk does not say what it is");
      first = chunk;
      meta = toSnapshotMeta(chunk.meta);
    }
    bytes += chunk.data.length;
    if (bytes > SNAPSHOT_BYTES_MAX) {
      throw new SwarmError("resourceExhausted", `the snapshot is larger than ${SNAPSHOT_BYTES_MAX} bytes`);
    }
    parts.push(chunk.data);
    if (!chunk.last) continue;
    if (meta === null) break;
    const envelope = { from: toRaftId(first.from), to: toRaftId(first.to), term: toTerm(first.term) };
    return { kind: "installSnapshot", ...envelope, snapshot: { meta, data: concat(parts, bytes) } };
  }
  throw broken("it ended before its last chunk");
}

function broken(why: string): SwarmError {
  return new SwarmError("invalidArgument", `the snapshot is not whole: ${why}`);
}

function concat(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
