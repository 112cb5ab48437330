import type { Clock } from "../shared/ports/clock.ts";
import { TimeSlices } from "../shared/time-slices.ts";
import { type Answer, JSON_TYPE, jsonText, stream } from "./answer.ts";

/** A list of up to so many objects is one answer, with its length. Takes a few milliseconds at most. */
export const WHOLE_MAX = 100;
/** Work on one list in a turn of the event loop, in milliseconds, as for loops of the leader. */
const SLICE_MS = 5;
/** What is gathered before it is handed over, in UTF-16 units: a write for each object would cost more than text. */
const PIECE_UNITS = 64 << 10;

/** A JSON list of `items`, each as `textOf` has it: a JSON value. */
export interface JsonList<Item> {
  readonly items: readonly Item[];
  readonly textOf: (item: Item) => string;
}

/**
 * A JSON list, however long. Objects of a long one are put into words when they are about to be sent, and no more of
 * them than its reader takes: thirty thousand tasks are tens of megabytes and a second of work, in which a leader could
 * not answer anybody else.
 */
export function jsonList<Item>(
  list: JsonList<Item>,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Answer {
  const { items, textOf } = list;
  if (items.length <= WHOLE_MAX) return jsonText(`[${items.map(textOf).join(",")}]`);
  return stream(JSON_TYPE, piecesOf(list, clock, signal), { headersAtOnce: false });
}

async function* piecesOf<Item>(
  { items, textOf }: JsonList<Item>,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const slices = new TimeSlices({ clock, sliceMs: SLICE_MS, label: "http api: a long list" });
  let text = "";
  let sign = "[";
  for (const item of items) {
    if (slices.isUsedUp) await slices.rest(signal);
    text += `${sign}${textOf(item)}`;
    sign = ",";
    if (text.length < PIECE_UNITS) continue;
    yield Buffer.from(text);
    text = "";
  }
  yield Buffer.from(`${text}]\n`);
}
