import type { ManagerMessage, PublishLogsRequest, WorkerMessage } from "../../shared/rpc/gen/dispatcher.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { CarryStream } from "../ports/call-carrier.ts";
import type { GuestLink } from "../ports/guest-keeper.ts";

export type Outgoing = Sendable<WorkerMessage>;

/** One stream to a manager. */
export interface SessionStream {
  /** Resolves when the stream takes more. @throws SwarmError once the stream is over. */
  send(message: Outgoing): Promise<void>;
  /** Ends when the manager ends the stream. @throws SwarmError, NotLeaderError among them. */
  readonly messages: AsyncIterable<ManagerMessage>;
}

/** A stream of log lines to the same manager. */
export interface PublishStream {
  send(message: Sendable<PublishLogsRequest>): Promise<void>;
  end(): void;
  /** Resolves when the manager has taken everything, or wants no more. */
  readonly done: Promise<void>;
}

/** A connection to one manager. */
export interface SessionConnection extends AsyncDisposable {
  openSession(signal: AbortSignal): SessionStream;
  publishLogs(signal: AbortSignal): PublishStream;
  carry(signal: AbortSignal): CarryStream;
  /** What the same manager does for own containers. */
  readonly guests: GuestLink;
}

/**
 * How managers are reached: by gRPC in production, in memory in a simulation. The first stream makes the connection.
 */
export interface SessionTransport {
  connect(address: string): SessionConnection;
}
