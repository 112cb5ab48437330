import type { DeepReadonly } from "../objects/types.ts";

/** How many messages travel each way. */
export type RpcKind = "unary" | "serverStream" | "clientStream" | "bidi";

/** One RPC as the wire needs it. The type parameters are what a sender may give and what a receiver gets. */
export interface RpcMethod<
  Kind extends RpcKind = RpcKind,
  Req = never,
  Res = never,
  ReqOut = unknown,
  ResOut = unknown,
> {
  readonly kind: Kind;
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly encodeRequest: (message: Req) => Buffer;
  readonly decodeRequest: (bytes: Buffer) => ReqOut;
  readonly encodeResponse: (message: Res) => Buffer;
  readonly decodeResponse: (bytes: Buffer) => ResOut;
}

// Method parameters are bivariant, so that every service fits here whatever its messages are.
export type AnyMethod = RpcMethod<RpcKind, never, never, unknown, unknown>;

/** A service of proto/: its full name and its methods by camelCase name. */
export interface RpcService<Methods = Readonly<Record<string, AnyMethod>>> {
  readonly name: string;
  readonly methods: Methods;
}

/** The methods of a service from the generated `XDefinition` and `XHandlers` types. */
export type MethodsOf<Definition, Handlers> = {
  readonly [Name in keyof Definition as string extends Name
    ? never
    : Name extends string
      ? Uncapitalize<Name>
      : never]: MethodOf<Definition[Name], Name extends keyof Handlers ? Handlers[Name] : never>;
};

type MethodOf<Definition, Handler> = Definition extends {
  requestSerialize: (value: infer Req) => Buffer;
  responseSerialize: (value: infer Res) => Buffer;
  requestDeserialize: (bytes: Buffer) => infer ReqOut;
  responseDeserialize: (bytes: Buffer) => infer ResOut;
}
  ? RpcMethod<KindOf<Handler>, DeepReadonly<Req>, DeepReadonly<Res>, ReqOut, ResOut>
  : never;

// The generated handler types differ in whether the call carries the one request and whether there is a callback.
type KindOf<Handler> = Handler extends (...args: infer Args) => void
  ? Args extends [infer Call, unknown]
    ? Call extends { request: unknown }
      ? "unary"
      : "clientStream"
    : Args extends [infer Call]
      ? Call extends { request: unknown }
        ? "serverStream"
        : "bidi"
      : never
  : never;
