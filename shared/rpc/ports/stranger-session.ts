import {
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";
import { Metadata } from "@grpc/grpc-js";
import { SwarmError } from "../../errors.ts";
import {
  STRANGER_CALLS_MAX,
  STRANGER_CONNECTION_BYTES_MAX,
  STRANGER_REQUEST_BYTES_MAX,
  STRANGER_STREAMS_MAX,
} from "../limits.ts";
import { toStatus } from "../status.ts";
import { MeteredSocket } from "./metered-socket.ts";

const HEAD_BYTES = 5;
const OK_HEADERS = { ":status": 200, "content-type": "application/grpc+proto" } as const;
const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 0.001, n: 0.000_001 };

/** A unary call of a peer without an acceptable certificate. */
export interface StrangerCall {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly metadata: Metadata;
  /** How long the caller will wait, in milliseconds; null = it does not say. */
  readonly timeoutMs: number | null;
  /** Aborts when the caller is gone. */
  readonly gone: AbortSignal;
}

export interface StrangerCalls {
  /** Judges a call by its path, before anything of its body is read. @throws SwarmError to refuse it. */
  judge(path: string): void;
  /** The encoded answer. A thrown SwarmError is sent unchanged, anything else as an internal error. */
  answer(call: StrangerCall, request: Buffer): Promise<Buffer>;
}

/**
 * Speaks gRPC, as far as unary calls need it, with a peer that has proven nothing: a few small calls on a connection
 * that can carry STRANGER_CONNECTION_BYTES_MAX in all. A refusal is sent in answer to the headers and resets the
 * stream. Refusing here rather than in grpc-js keeps strangers from using memory: grpc-js would go on reading and throw
 * the bytes away.
 */
export function serveStranger(socket: Socket, calls: StrangerCalls): void {
  const session = performServerHandshake(new MeteredSocket(socket, STRANGER_CONNECTION_BYTES_MAX), {
    // In MB; the smallest possible value.
    maxSessionMemory: 1,
    maxOutstandingPings: 2,
    maxHeaderListPairs: 64,
    settings: {
      enablePush: false,
      maxConcurrentStreams: STRANGER_STREAMS_MAX,
      maxHeaderListSize: STRANGER_REQUEST_BYTES_MAX,
      initialWindowSize: 2 * STRANGER_REQUEST_BYTES_MAX,
    },
  });
  session.on("error", () => session.destroy());
  let count = 0;
  session.on("stream", (stream, headers) => {
    if (++count > STRANGER_CALLS_MAX) session.destroy();
    else serve(stream, headers, calls);
  });
}

function serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, calls: StrangerCalls): void {
  stream.on("error", () => stream.destroy());
  const path = String(headers[constants.HTTP2_HEADER_PATH] ?? "");
  try {
    calls.judge(path);
  } catch (error) {
    refuse(stream, error);
    return;
  }
  const gone = new AbortController();
  stream.once("close", () => gone.abort());
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > HEAD_BYTES + STRANGER_REQUEST_BYTES_MAX) refuse(stream, tooLarge());
  });
  stream.once("end", () => {
    if (stream.closed || stream.headersSent) return;
    const call = {
      path,
      metadata: Metadata.fromHttp2Headers(headers),
      timeoutMs: timeoutOf(headers["grpc-timeout"]),
      gone: gone.signal,
    };
    (async () => await calls.answer(call, requestOf(Buffer.concat(chunks, bytes))))().then(
      (answer) => respond(stream, answer),
      (error: unknown) => refuse(stream, error),
    );
  });
}

/** @throws SwarmError when it is not exactly one plain message. */
function requestOf(body: Buffer): Buffer {
  if (body.length < HEAD_BYTES || body.readUInt32BE(1) !== body.length - HEAD_BYTES) {
    throw new SwarmError("invalidArgument", "the call does not carry exactly one message");
  }
  if (body.readUInt8(0) !== 0) throw new SwarmError("unimplemented", "compressed messages are not read here");
  return body.subarray(HEAD_BYTES);
}

function respond(stream: ServerHttp2Stream, answer: Buffer): void {
  if (stream.closed || stream.headersSent) return;
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(answer.length, 1);
  stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": 0 }));
  stream.respond(OK_HEADERS, { waitForTrailers: true });
  stream.end(Buffer.concat([head, answer]));
}

function refuse(stream: ServerHttp2Stream, error: unknown): void {
  if (stream.closed || stream.headersSent) return;
  const { code, details, metadata } = toStatus(error);
  const trailers: OutgoingHttpHeaders = {
    ...OK_HEADERS,
    "grpc-status": code,
    "grpc-message": encodeURI(details),
    ...metadata.toHttp2Headers(),
  };
  stream.respond(trailers, { endStream: true });
  // The rest of the body is not wanted.
  stream.close(constants.NGHTTP2_NO_ERROR);
}

function tooLarge(): SwarmError {
  return new SwarmError(
    "resourceExhausted",
    `the request is larger than ${STRANGER_REQUEST_BYTES_MAX} bytes, which is all that is read without a certificate`,
  );
}

function timeoutOf(header: string | string[] | undefined): number | null {
  const [, count = "", unit = ""] = /^(\d{1,8})([HMSmun])$/.exec(String(header ?? "")) ?? [];
  return count === "" ? null : Number(count) * (UNIT_MS[unit] ?? 0);
}
