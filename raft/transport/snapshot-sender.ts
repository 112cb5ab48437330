import type { MessageOf } from "../core/message.ts";
import { fromSnapshotMeta } from "../wire/entry-codec.ts";
import { ASK_TIMEOUT_MS, CHUNK_BYTES, SNAPSHOT_TIMEOUT_MS } from "./limits.ts";
import type { RaftClient, Sender } from "./peer-link.ts";

/**
 * Sends a snapshot in chunks, each when the receiver has room for it; continues where an earlier stream broke off.
 * @throws SwarmError when the receiver did not confirm all of it.
 */
export async function sendSnapshot(
  client: RaftClient,
  sender: Sender,
  message: MessageOf<"installSnapshot">,
  signal: AbortSignal,
): Promise<void> {
  const { meta, data } = message.snapshot;
  const { raftId, era, clusterId, address } = sender;
  const ends = { from: raftId, to: message.to, clusterId, era };
  const name = { index: meta.index, term: meta.term, bytes: data.length };
  const { receivedBytes } = await client.snapshotProgress({ ...ends, ...name }, { signal, timeoutMs: ASK_TIMEOUT_MS });
  const stream = client.installSnapshot({ signal, timeoutMs: SNAPSHOT_TIMEOUT_MS });
  const head = { meta: fromSnapshotMeta(meta), address, offset: receivedBytes, bytes: data.length };
  // At least one chunk, perhaps empty, says what it is.
  let at = Math.min(receivedBytes, data.length);
  for (let isFirst = true; isFirst || at < data.length; isFirst = false) {
    const chunk = data.subarray(at, at + CHUNK_BYTES);
    at += chunk.length;
    const last = at === data.length;
    await stream.send({ ...ends, term: message.term, ...(isFirst ? head : {}), data: chunk, last });
  }
  stream.end();
  await stream.response;
}
