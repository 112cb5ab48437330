import { type CallOptions as GrpcCallOptions, Metadata, type ServiceError } from "@grpc/grpc-js";
import { SwarmError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { BidiCall, CallOptions, ClientStreamCall } from "./call-types.ts";
import type { ClientChannel, Lease } from "./client-channel.ts";
import { setForwardedCaller } from "./forwarding.ts";
import type { AnyMethod } from "./service-types.ts";

/** What making any kind of call requires. */
export interface CallMaker {
  readonly channel: ClientChannel;
  readonly method: AnyMethod;
  readonly clock: Clock;
}

type Encode = (message: unknown) => Buffer;

export async function callUnary(
  maker: CallMaker,
  request: unknown,
  options: CallOptions,
  timeoutMs: number,
): Promise<unknown> {
  using lease = await maker.channel.lease(options.signal);
  const { path, encodeRequest, decodeResponse } = maker.method;
  return await new Promise((resolve, reject) => {
    const call = lease.client.makeUnaryRequest(
      path,
      encodeRequest as Encode,
      decodeResponse,
      request,
      metadataOf(options),
      grpcOptions(maker, timeoutMs),
      (error, response) => {
        options.signal?.removeEventListener("abort", onAbort);
        if (error === null) resolve(response);
        else reject(maker.channel.toError(error, options.signal));
      },
    );
    const onAbort = (): void => call.cancel();
    options.signal?.addEventListener("abort", onAbort, { once: true });
  });
}

export async function* callServerStream(
  maker: CallMaker,
  request: unknown,
  options: CallOptions,
): AsyncGenerator<unknown> {
  using lease = await maker.channel.lease(options.signal);
  const { path, encodeRequest, decodeResponse } = maker.method;
  const call = lease.client.makeServerStreamRequest(
    path,
    encodeRequest as Encode,
    decodeResponse,
    request,
    metadataOf(options),
    grpcOptions(maker, options.timeoutMs),
  );
  yield* messagesOf(maker, call, new StreamEnd(call, options.signal), options.signal);
}

export function callClientStream(maker: CallMaker, options: CallOptions): ClientStreamCall<unknown, unknown> {
  const { promise: response, resolve, reject } = Promise.withResolvers<unknown>();
  // A caller that sees the failure in `send` may never look at `response`.
  response.catch(() => {});
  const opened = (async () => {
    const lease = await maker.channel.lease(options.signal);
    const { path, encodeRequest, decodeResponse } = maker.method;
    const call = lease.client.makeClientStreamRequest(
      path,
      encodeRequest as Encode,
      decodeResponse,
      metadataOf(options),
      grpcOptions(maker, options.timeoutMs),
      (error, message) => {
        lease[Symbol.dispose]();
        end.markOver(error);
        if (error === null) resolve(message);
        else reject(maker.channel.toError(error, options.signal));
      },
    );
    const end = new StreamEnd(call, options.signal);
    return { call, end };
  })();
  opened.catch(reject);
  return {
    response,
    send: async (message) => {
      const { call, end } = await opened;
      await write(maker, call, end, message, options.signal);
    },
    end: () => void opened.then(({ call }) => call.end()).catch(() => {}),
  };
}

export function callBidi(maker: CallMaker, options: CallOptions): BidiCall<unknown, unknown> {
  const opened = (async () => {
    const lease: Lease = await maker.channel.lease(options.signal);
    const { path, encodeRequest, decodeResponse } = maker.method;
    const call = lease.client.makeBidiStreamRequest(
      path,
      encodeRequest as Encode,
      decodeResponse,
      metadataOf(options),
      grpcOptions(maker, options.timeoutMs),
    );
    call.on("status", () => lease[Symbol.dispose]());
    return { call, end: new StreamEnd(call, options.signal) };
  })();
  // Reported to whoever sends or reads next; nobody may be doing either right now.
  opened.catch(() => {});
  return {
    send: async (message) => {
      const { call, end } = await opened;
      await write(maker, call, end, message, options.signal);
    },
    messages: {
      async *[Symbol.asyncIterator]() {
        const { call, end } = await opened;
        yield* messagesOf(maker, call, end, options.signal);
      },
    },
    end: () => void opened.then(({ call }) => call.end()).catch(() => {}),
    over: opened.then(
      ({ end }) => end.ended,
      () => {},
    ),
  };
}

interface GrpcStream {
  cancel(): void;
  on(event: "error", listener: (error: ServiceError) => void): unknown;
  on(event: "status", listener: () => void): unknown;
}

/**
 * Remembers how a stream ended, since grpc-js emits that only once, and wakes whoever is waiting for it. Cancels the
 * call when the signal aborts.
 */
class StreamEnd {
  failure: ServiceError | null = null;
  over = false;
  readonly ended: Promise<void>;
  readonly #waiting = new Set<() => void>();
  readonly #unlisten: () => void;

  constructor(call: GrpcStream, signal: AbortSignal | undefined) {
    const onAbort = (): void => call.cancel();
    signal?.addEventListener("abort", onAbort, { once: true });
    this.ended = new Promise((resolve) => this.#waiting.add(resolve));
    this.#unlisten = () => signal?.removeEventListener("abort", onAbort);
    if (signal?.aborted === true) call.cancel();
    call.on("error", (error) => {
      this.failure = error;
    });
    call.on("status", () => this.markOver(this.failure));
  }

  markOver(failure: ServiceError | null): void {
    this.failure ??= failure;
    this.over = true;
    this.#unlisten();
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Calls `wake` when the stream is over, unless disposed before. */
  onOver(wake: () => void): Disposable {
    this.#waiting.add(wake);
    return { [Symbol.dispose]: () => void this.#waiting.delete(wake) };
  }
}

interface GrpcReadable extends GrpcStream {
  iterator(options: { destroyOnReturn: boolean }): AsyncIterableIterator<unknown>;
}

async function* messagesOf(
  maker: CallMaker,
  call: GrpcReadable,
  end: StreamEnd,
  signal: AbortSignal | undefined,
): AsyncGenerator<unknown> {
  try {
    yield* call.iterator({ destroyOnReturn: false });
    if (end.failure !== null) throw end.failure;
  } catch (error) {
    throw maker.channel.toError(error as ServiceError, signal);
  } finally {
    if (!end.over) call.cancel();
  }
}

interface GrpcWritable {
  write(message: unknown): boolean;
  once(event: "drain", listener: () => void): unknown;
  removeListener(event: "drain", listener: () => void): unknown;
}

async function write(
  maker: CallMaker,
  call: GrpcWritable,
  end: StreamEnd,
  message: unknown,
  signal: AbortSignal | undefined,
): Promise<void> {
  const throwIfOver = (): void => {
    if (!end.over) return;
    if (end.failure !== null) throw maker.channel.toError(end.failure, signal);
    throw new SwarmError("cancelled", "the stream has ended");
  };
  throwIfOver();
  if (call.write(message)) return;
  await new Promise<void>((resolve) => {
    const onDrain = (): void => {
      waiting[Symbol.dispose]();
      resolve();
    };
    const waiting = end.onOver(() => {
      call.removeListener("drain", onDrain);
      resolve();
    });
    call.once("drain", onDrain);
  });
  throwIfOver();
}

function metadataOf(options: CallOptions): Metadata {
  const metadata = new Metadata();
  if (options.onBehalfOf !== undefined) setForwardedCaller(metadata, options.onBehalfOf);
  return metadata;
}

function grpcOptions(maker: CallMaker, timeoutMs: number | undefined): GrpcCallOptions {
  return timeoutMs === undefined ? {} : { deadline: maker.clock.wallNow() + timeoutMs };
}
