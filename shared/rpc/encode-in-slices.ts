import type { Clock } from "../ports/clock.ts";
import { TimeSlices } from "../time-slices.ts";

/** Lists of more items than this are encoded piece by piece. */
const LONG_LIST = 100;
/** Items of a piece: of the largest, tasks, half a millisecond of work. */
const PIECE_ITEMS = 20;
/** Work on one message in a turn of the event loop, in milliseconds, as for loops of the leader. */
const SLICE_MS = 5;

/**
 * The bytes of a message as `encode` would make them at once, with others let go first in between: a list of thirty
 * thousand tasks is more than a second of work, in which a leader could not send a heartbeat. Bytes of one message type
 * may be joined, and lists grow by that.
 */
export async function encodeInSlices(
  encode: (message: unknown) => Buffer,
  message: unknown,
  clock: Clock,
): Promise<Buffer> {
  const lists = longLists(message);
  if (lists.length === 0) return encode(message);
  const slices = new TimeSlices({ clock, sliceMs: SLICE_MS, label: "encode a long list" });
  const rest = { ...(message as object), ...Object.fromEntries(lists.map(([name]) => [name, []])) };
  const pieces = [encode(rest)];
  for (const [name, items] of lists) {
    for (let at = 0; at < items.length; at += PIECE_ITEMS) {
      if (slices.isUsedUp) await slices.rest();
      pieces.push(encode({ [name]: items.slice(at, at + PIECE_ITEMS) }));
    }
  }
  return Buffer.concat(pieces);
}

function longLists(message: unknown): readonly (readonly [name: string, items: readonly unknown[]])[] {
  if (typeof message !== "object" || message === null) return [];
  return Object.entries(message).filter(([, value]) => Array.isArray(value) && value.length > LONG_LIST);
}
