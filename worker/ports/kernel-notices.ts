import { signalWhenReadable } from "./system-calls.ts";

/** What is to be looked at when any of the sockets can be read; the signal does not say which. */
const drains = new Set<() => void>();
let isListening = false;

/**
 * Calls `drain` whenever something may have come for the socket, and perhaps when nothing has. Node cannot wait for a
 * file that it did not open, so the kernel sends SIGIO; several signals count as one. Returns what ends it, which must
 * come before the socket is closed.
 */
export function watchSocket(socket: number, drain: () => void): () => void {
  if (!isListening) {
    isListening = true;
    // For good: a signal that came when nobody listened any more would end the process.
    process.on("SIGIO", () => {
      for (const one of drains) one();
    });
  }
  drains.add(drain);
  signalWhenReadable(socket);
  return () => void drains.delete(drain);
}
