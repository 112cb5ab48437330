import type { Caller } from "./handler.ts";

/** What a caller may say about a call, and what it holds of one; `client.ts` explains the defaults. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Unary: default UNARY_TIMEOUT_MS. Streams: default none. */
  readonly timeoutMs?: number;
  /** The caller for whom this manager passes the call on. */
  readonly onBehalfOf?: Caller;
}

/** Many requests, one response. */
export interface ClientStreamCall<I, O> {
  send(message: I): Promise<void>;
  /** No more requests. */
  end(): void;
  readonly response: Promise<O>;
}

/** Many messages each way. Stop reading `messages` or abort the signal to end the call. */
export interface BidiCall<I, O> {
  /** Resolves when the stream takes more. @throws SwarmError once the call is over. */
  send(message: I): Promise<void>;
  readonly messages: AsyncIterable<O>;
  /** No more requests; answers may still come. */
  end(): void;
  /** Resolves when the call is over, however it ended, even if nobody reads; never rejects. */
  readonly over: Promise<void>;
}
