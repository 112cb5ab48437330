import type { LogDestination } from "../../shared/objects/log-destination.ts";

/** A way out for lines of logs. */
export interface LogSocket extends AsyncDisposable {
  /**
   * Sends messages in their order; resolves when the other side has them, or the kernel for it.
   * @throws Error when they may not have come there; then the socket is of no use any more.
   */
  send(messages: readonly Uint8Array[]): Promise<void>;
}

/** Ways out of this host for lines of logs. */
export interface LogSockets {
  /** @throws Error, whose message says what could not be reached. */
  open(destination: LogDestination): Promise<LogSocket>;
}
