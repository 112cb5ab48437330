import type { Metadata } from "@grpc/grpc-js";
import type { NodeRole } from "../rpc/gen/objects.ts";
import type { EncodedMessage } from "./encoded-message.ts";
import type { Sendable } from "./sendable.ts";
import type { RpcKind, RpcMethod, RpcService } from "./service-types.ts";

/** Who is calling, as far as that is proven. */
export type Caller =
  /** Through the unix socket, whose file mode is the proof. */
  | { readonly kind: "local" }
  /** Over TLS without a certificate. */
  | { readonly kind: "anonymous"; readonly address: string }
  /** Over TLS, with a certificate of this cluster that is valid now. */
  | {
      readonly kind: "node";
      readonly nodeId: string;
      /** The role it may act in: that of its certificate, or a lesser one if the store says so. */
      readonly role: NodeRole;
      /** As its certificate says; see `Node.role_generation`. */
      readonly roleGeneration: number;
      /** SHA-256 fingerprint of the root that signed its certificate; "" where that is not known here. */
      readonly certificateRoot: string;
      readonly clusterId: string;
      readonly address: string;
    };

/** What a handler knows about its call besides the messages. */
export interface CallContext {
  readonly caller: Caller;
  /** The manager that passed the call on for `caller`; null when it came directly. */
  readonly forwardedBy: string | null;
  /** Aborts when the caller goes away, its deadline passes, or the server stops. */
  readonly signal: AbortSignal;
  /** Unix milliseconds after which the caller no longer listens; null = none. */
  readonly deadlineMs: number | null;
  readonly metadata: Metadata;
}

/** Sends one message; resolves when the stream takes more. @throws SwarmError cancelled once the caller has gone. */
export type Send<Message> = (message: Message) => Promise<void>;

type UnaryRun<I, O> = (request: I, context: CallContext) => Promise<O>;
type ServerStreamRun<I, O> = (request: I, context: CallContext, send: Send<O>) => Promise<void>;
type ClientStreamRun<I, O> = (messages: AsyncIterable<I>, context: CallContext) => Promise<O>;
type BidiRun<I, O> = (messages: AsyncIterable<I>, context: CallContext, send: Send<O>) => Promise<void>;

/** A handler and its kind, so that a handler for the wrong kind of RPC does not compile. */
export interface UnaryHandler<I, O> {
  readonly kind: "unary";
  readonly run: UnaryRun<I, O>;
}
export interface ServerStreamHandler<I, O> {
  readonly kind: "serverStream";
  readonly run: ServerStreamRun<I, O>;
}
export interface ClientStreamHandler<I, O> {
  readonly kind: "clientStream";
  readonly run: ClientStreamRun<I, O>;
}
export interface BidiHandler<I, O> {
  readonly kind: "bidi";
  readonly run: BidiRun<I, O>;
}
export type RpcHandler<I, O> =
  | UnaryHandler<I, O>
  | ServerStreamHandler<I, O>
  | ClientStreamHandler<I, O>
  | BidiHandler<I, O>;

/** One request, one response. A thrown SwarmError reaches the caller unchanged. */
export function unary<I, O>(run: UnaryRun<I, O>): UnaryHandler<I, O> {
  return { kind: "unary", run };
}

/** One request, many responses; the stream ends when `run` resolves. */
export function serverStream<I, O>(run: ServerStreamRun<I, O>): ServerStreamHandler<I, O> {
  return { kind: "serverStream", run };
}

/** Many requests, one response. */
export function clientStream<I, O>(run: ClientStreamRun<I, O>): ClientStreamHandler<I, O> {
  return { kind: "clientStream", run };
}

/** Many messages each way; the stream ends when `run` resolves, even if the caller has not ended its side. */
export function bidi<I, O>(run: BidiRun<I, O>): BidiHandler<I, O> {
  return { kind: "bidi", run };
}

/**
 * What implements a service: `const handlers: RpcHandlers<typeof services.control> = { listNodes: unary(...), ... }`.
 */
export type RpcHandlers<Service> =
  Service extends RpcService<infer Methods> ? { readonly [Name in keyof Methods]: HandlerFor<Methods[Name]> } : never;

type HandlerFor<Method> =
  Method extends RpcMethod<infer Kind, infer Request, infer Response>
    ? HandlerOf<Kind, Request, Sendable<Response> | (Kind extends "bidi" ? EncodedMessage : never)>
    : never;

type HandlerOf<Kind extends RpcKind, I, O> = {
  unary: UnaryHandler<I, O>;
  serverStream: ServerStreamHandler<I, O>;
  clientStream: ClientStreamHandler<I, O>;
  bidi: BidiHandler<I, O>;
}[Kind];
