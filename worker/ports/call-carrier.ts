import type { BidiCall } from "../../shared/rpc/call-types.ts";
import type { OpenCall } from "../../shared/rpc/gen/dispatcher.ts";
import type { HostCall, HostReply } from "../../shared/rpc/gen/hosts.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";

/** A stream to the leader that carries one call of this host's engine. */
export type CarryStream = BidiCall<Sendable<HostReply>, HostCall>;

/** Answers the calls that the leader has for this host's engine. */
export interface CallCarrier {
  /**
   * Opens a stream for the call and serves it there, or gives up one that it has; `signal` ends with the session.
   * Returns at once.
   */
  take(request: OpenCall, open: (signal: AbortSignal) => CarryStream, signal: AbortSignal): void;
}
