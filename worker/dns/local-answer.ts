import type { Random } from "../../shared/ports/random.ts";
import { answer, type NamesView } from "./answer.ts";
import { RECORDS_MAX } from "./limits.ts";
import type { Query } from "./query.ts";
import { HEADER_BYTES } from "./record-type.ts";
import { type DnsTransport, replyBytesMax, writeReply } from "./reply.ts";

/** Bytes of the shortest record there is in an answer: a pointer, type, class, time, length and an IPv4 address. */
const RECORD_BYTES_MIN = 16;

/** The message with this host's own answer; null = the question is somebody else's to answer. */
export function answerLocally(view: NamesView, query: Query, transport: DnsTransport, random: Random): Buffer | null {
  const room = replyBytesMax(query, transport) - HEADER_BYTES;
  // One more than can fit, so that it shows when something is left out.
  const recordsMax = Math.min(Math.floor(room / RECORD_BYTES_MIN) + 1, RECORDS_MAX);
  const verdict = answer(view, query, random, recordsMax);
  return verdict.kind === "forward" ? null : writeReply(query, verdict.reply, transport);
}
