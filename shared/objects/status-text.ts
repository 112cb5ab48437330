import type { TaskStatus } from "../rpc/gen/objects.ts";
import { HOST_LIMITS } from "./limits.ts";

/** About what a status takes besides its texts and ports: ids, numbers, and how they are tagged. */
const STATUS_BYTES = 128;
const PORT_BYTES = 16;
const CUT = "…";

/** The status with its texts no longer than a sentence or two: what a program printed may be of any length. */
export function cutStatus(status: TaskStatus): TaskStatus {
  const message = cutText(status.message, HOST_LIMITS.statusText.max);
  const err = cutText(status.err, HOST_LIMITS.statusText.max);
  return message === status.message && err === status.err ? status : { ...status, message, err };
}

/** About how many bytes a status takes in a report and in the log. */
export function statusBytes({ message, err, hostPorts }: TaskStatus): number {
  return STATUS_BYTES + Buffer.byteLength(message) + Buffer.byteLength(err) + hostPorts.length * PORT_BYTES;
}

/** The text, cut at a whole character so that it takes at most `bytesMax` bytes; an ellipsis says that it was cut. */
export function cutText(text: string, bytesMax: number): string {
  if (text.length * 3 <= bytesMax || Buffer.byteLength(text) <= bytesMax) return text;
  const room = bytesMax - Buffer.byteLength(CUT);
  const bytes = Buffer.from(text.slice(0, room), "utf8");
  let end = Math.min(room, bytes.length);
  // A byte of the form 10xxxxxx continues a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end).toString("utf8") + CUT;
}
