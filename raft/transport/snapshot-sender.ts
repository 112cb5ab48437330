import type { MessageOf } from "../core/message.ts";
import { fromSnapshotMeta } from "../wire/entry-codec.ts";
import { CHUNK_BYTES, SNAPSHOT_TIMEOUT_MS } from "./limits.ts";
import type { RaftClient, Sender } from "./peer-link.ts";

/**
 * Sends a snapshot in chunks, each when the receiver has room for it.
 * @throws SwarmError when the receiver did not confirm all of it.
 */
export async function sendSnapshot(
  client: RaftClient,
  sender: Sender,
  message: MessageOf<"installSnapshot">,
  signal: AbortSignal,
): Promise<void> {
  const { meta, data } = message.snapshot;
  const stream = client.installSnapshot({ signal, timeoutMs: SNAPSHOT_TIMEOUT_MS });
  const { raftId, clusterId, address } = sender;
  const envelope = { from: raftId, to: message.to, clusterId, term: message.term };
  // An empty state is one empty chunk.
  for (let at = 0; at === 0 || at < data.length; at += CHUNK_BYTES) {
    await stream.send({
      ...envelope,
      meta: at === 0 ? fromSnapshotMeta(meta) : null,
      address: at === 0 ? address : "",
      data: data.subarray(at, at + CHUNK_BYTES),
      last: at + CHUNK_BYTES >= data.length,
    });
  }
  stream.end();
  await stream.response;
}
