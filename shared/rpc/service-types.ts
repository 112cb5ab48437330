import type { Sendable } from "./sendable.ts";

/** How many messages travel each way. */
export type RpcKind = "unary" | "serverStream" | "clientStream" | "bidi";

/** One RPC as the wire needs it, with its request and response as their receivers get them. */
export interface RpcMethod<Kind extends RpcKind = RpcKind, Request = unknown, Response = unknown> {
  readonly kind: Kind;
  /** `/package.Service/Method`. */
  readonly path: string;
  encodeRequest(message: Sendable<Request>): Buffer;
  decodeRequest(bytes: Buffer): Request;
  encodeResponse(message: Sendable<Response>): Buffer;
  decodeResponse(bytes: Buffer): Response;
}

// Method parameters are bivariant, so that every service fits here whatever its messages are.
export type AnyMethod = RpcMethod<RpcKind, unknown, unknown>;

/** A service of proto/: its full name and its methods by camelCase name. */
export interface RpcService<Methods = Readonly<Record<string, AnyMethod>>> {
  readonly name: string;
  readonly methods: Methods;
}
