import type { TaskStatus } from "../rpc/gen/objects.ts";
import { HOST_LIMITS } from "./limits.ts";

/** Approximate size of a status without its texts and ports: ids, numbers and field tags. */
const STATUS_BYTES = 128;
const PORT_BYTES = 16;
const CUT = " … ";

/** The status with its texts cut to a sentence or two: what a program printed may be of any length. */
export function cutStatus(status: TaskStatus): TaskStatus {
  const message = cutText(status.message, HOST_LIMITS.statusText.max);
  const err = cutText(status.err, HOST_LIMITS.statusText.max);
  return message === status.message && err === status.err ? status : { ...status, message, err };
}

/** Approximately how many bytes a status takes in a report and in the log. */
export function statusBytes({ message, err, hostPorts }: TaskStatus): number {
  return STATUS_BYTES + Buffer.byteLength(message) + Buffer.byteLength(err) + hostPorts.length * PORT_BYTES;
}

/**
 * The text, shortened to at most `bytesMax` bytes: its beginning and its end, cut at whole characters, with an ellipsis
 * between them. The beginning says what was tried; what a program printed last says why it failed.
 */
export function cutText(text: string, bytesMax: number): string {
  if (text.length * 3 <= bytesMax || Buffer.byteLength(text) <= bytesMax) return text;
  const room = bytesMax - Buffer.byteLength(CUT);
  const headBytes = Math.ceil(room / 2);
  const tailBytes = room - headBytes;
  const head = Buffer.from(text.slice(0, headBytes), "utf8");
  const tail = Buffer.from(text.slice(-tailBytes), "utf8");
  let end = headBytes;
  while (end > 0 && continuesCharacter(head[end])) end--;
  let start = tail.length - tailBytes;
  while (start < tail.length && continuesCharacter(tail[start])) start++;
  return head.toString("utf8", 0, end) + CUT + tail.toString("utf8", start);
}

/** A byte of the form 10xxxxxx. */
function continuesCharacter(byte = 0): boolean {
  return (byte & 0xc0) === 0x80;
}
