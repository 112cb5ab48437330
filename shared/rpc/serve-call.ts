import {
  Metadata,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
} from "@grpc/grpc-js";
import { SwarmError } from "../errors.ts";
import { unreachable } from "../invariant.ts";
import type { CallContext, Caller, RpcHandler, Send } from "./handler.ts";
import { toStatus, type WireStatus } from "./status.ts";

/** What grpc-js calls of any kind have in common. */
export interface AnyServerCall {
  readonly metadata: Metadata;
  getPeer(): string;
  getPath(): string;
  getDeadline(): Date | number;
  on(event: "cancelled", listener: () => void): unknown;
}

/** A call's context, and what to do when it is over. `end` gets the thrown value, or null. */
export interface OpenCall {
  readonly context: CallContext;
  end(error: unknown): void;
}

/** A call that did not come through grpc-js. `deadline`: Unix milliseconds, or infinity. */
export function ownCall(path: string, deadline: number, gone: AbortSignal): AnyServerCall {
  return {
    metadata: new Metadata(),
    getPeer: () => "local",
    getPath: () => path,
    getDeadline: () => deadline,
    on: (_event, listener) => gone.addEventListener("abort", listener, { once: true }),
  };
}

/** What a handler knows of a call that was carried to it inside of another one. */
export function ownContext(caller: Caller, signal: AbortSignal): CallContext {
  return { caller, forwardedBy: null, signal, deadlineMs: null, metadata: new Metadata() };
}

type Open = (call: AnyServerCall) => OpenCall;
type Respond = (error: WireStatus | null, value?: unknown) => void;
/** What grpc-js wants for one method. */
export type GrpcHandler = (call: never, respond: Respond) => void;

/** Turns a handler into what grpc-js calls; `open` may throw to refuse the call. */
export function toGrpcHandler(handler: RpcHandler<unknown, unknown>, open: Open): GrpcHandler {
  switch (handler.kind) {
    case "unary":
      return (call: ServerUnaryCall<unknown, unknown>, respond) =>
        supervise(open, call, (context) => handler.run(call.request, context), respond);
    case "clientStream":
      return (call: ServerReadableStream<unknown, unknown>, respond) =>
        supervise(open, call, (context) => handler.run(messagesOf(call, context.signal), context), respond);
    case "serverStream":
      return (call: ServerWritableStream<unknown, unknown>) =>
        supervise(
          open,
          call,
          (context) => handler.run(call.request, context, sendOn(call, context.signal)),
          endOf(call),
        );
    case "bidi":
      return (call: ServerDuplexStream<unknown, unknown>) =>
        supervise(
          open,
          call,
          (context) => handler.run(messagesOf(call, context.signal), context, sendOn(call, context.signal)),
          endOf(call),
        );
    default:
      return unreachable(handler);
  }
}

function supervise(
  open: Open,
  call: AnyServerCall,
  run: (context: CallContext) => Promise<unknown>,
  respond: Respond,
): void {
  let opened: OpenCall;
  try {
    opened = open(call);
  } catch (error) {
    respond(toStatus(error));
    return;
  }
  // `async` so that a handler that throws at once is treated like one that rejects.
  const running = (async () => run(opened.context))();
  running.then(
    (value) => {
      opened.end(null);
      respond(null, value);
    },
    (error: unknown) => {
      opened.end(error);
      respond(toStatus(error));
    },
  );
}

function endOf(call: { emit(event: "error", error: WireStatus): boolean; end(): unknown }): Respond {
  return (error) => {
    if (error === null) call.end();
    else call.emit("error", error);
  };
}

function sendOn(
  call: ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>,
  signal: AbortSignal,
): Send<unknown> {
  return async (message) => {
    if (signal.aborted || call.writableEnded || call.destroyed) throw gone();
    if (call.write(message)) return;
    await new Promise<void>((resolve, reject) => {
      const onDrain = (): void => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      const onAbort = (): void => {
        call.removeListener("drain", onDrain);
        reject(gone());
      };
      call.once("drain", onDrain);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  };
}

async function* messagesOf(
  call: ServerReadableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>,
  signal: AbortSignal,
): AsyncGenerator<unknown> {
  try {
    // Leaving the loop early must not destroy the stream: the other direction is still in use.
    yield* call.iterator({ destroyOnReturn: false });
  } catch (error) {
    if (signal.aborted) throw gone();
    throw error;
  }
  if (signal.aborted) throw gone();
}

function gone(): SwarmError {
  return new SwarmError("cancelled", "the caller has gone");
}
