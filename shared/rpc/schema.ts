import protobuf from "protobufjs/light.js";
import { mustHave } from "../invariant.ts";
import type { DeepReadonly } from "../objects/types.ts";
import { decodeMapsBare } from "./bare-maps.ts";
import descriptor from "./gen/descriptor.json" with { type: "json" };
import type {
  CertificateAuthorityDefinition,
  CertificateAuthorityHandlers,
} from "./gen/swarm/v1/CertificateAuthority.ts";
import type { ConfChange, ConfChange__Output } from "./gen/swarm/v1/ConfChange.ts";
import type { ControlDefinition, ControlHandlers } from "./gen/swarm/v1/Control.ts";
import type { DispatcherDefinition, DispatcherHandlers } from "./gen/swarm/v1/Dispatcher.ts";
import type { LocalDefinition, LocalHandlers } from "./gen/swarm/v1/Local.ts";
import type { LogsDefinition, LogsHandlers } from "./gen/swarm/v1/Logs.ts";
import type { NetworkTable, NetworkTable__Output } from "./gen/swarm/v1/NetworkTable.ts";
import type { RaftDefinition, RaftHandlers } from "./gen/swarm/v1/Raft.ts";
import type { RaftEntry, RaftEntry__Output } from "./gen/swarm/v1/RaftEntry.ts";
import type { RaftMessage, RaftMessage__Output } from "./gen/swarm/v1/RaftMessage.ts";
import type { SnapshotMeta, SnapshotMeta__Output } from "./gen/swarm/v1/SnapshotMeta.ts";
import type { StoreChanges, StoreChanges__Output } from "./gen/swarm/v1/StoreChanges.ts";
import type { StoreSnapshot, StoreSnapshot__Output } from "./gen/swarm/v1/StoreSnapshot.ts";
import type { Task, Task__Output } from "./gen/swarm/v1/Task.ts";
import type { AnyMethod, MethodsOf, RpcKind, RpcService } from "./service-types.ts";

const PACKAGE = "swarm.v1";
/** As `npm run generate` tells the type generator: the two must agree. */
const CONVERSION: protobuf.IConversionOptions = { longs: Number, enums: String, defaults: true, oneofs: true };

interface Services {
  readonly control: RpcService<MethodsOf<ControlDefinition, ControlHandlers>>;
  readonly dispatcher: RpcService<MethodsOf<DispatcherDefinition, DispatcherHandlers>>;
  readonly logs: RpcService<MethodsOf<LogsDefinition, LogsHandlers>>;
  readonly certificateAuthority: RpcService<MethodsOf<CertificateAuthorityDefinition, CertificateAuthorityHandlers>>;
  readonly local: RpcService<MethodsOf<LocalDefinition, LocalHandlers>>;
  readonly raft: RpcService<MethodsOf<RaftDefinition, RaftHandlers>>;
}

/** A message of proto/ to bytes and back, outside of any RPC: for the Raft log, snapshots and local databases. */
export interface Codec<Input, Output> {
  readonly encode: (message: DeepReadonly<Input>) => Uint8Array;
  /** @throws Error when the bytes are not such a message. */
  readonly decode: (bytes: Uint8Array) => Output;
}

interface Codecs {
  readonly storeChanges: Codec<StoreChanges, StoreChanges__Output>;
  readonly storeSnapshot: Codec<StoreSnapshot, StoreSnapshot__Output>;
  readonly task: Codec<Task, Task__Output>;
  readonly networkTable: Codec<NetworkTable, NetworkTable__Output>;
  readonly raftEntry: Codec<RaftEntry, RaftEntry__Output>;
  readonly raftMessage: Codec<RaftMessage, RaftMessage__Output>;
  readonly confChange: Codec<ConfChange, ConfChange__Output>;
  readonly snapshotMeta: Codec<SnapshotMeta, SnapshotMeta__Output>;
}

/** The services of proto/. Each is built when it is first asked for: the command line needs two of six. */
export const services: Services = lazily<Services>({
  control: () => service("Control"),
  dispatcher: () => service("Dispatcher"),
  logs: () => service("Logs"),
  certificateAuthority: () => service("CertificateAuthority"),
  local: () => service("Local"),
  raft: () => service("Raft"),
});

/** Messages that are stored, not only sent. */
export const codecs: Codecs = lazily<Codecs>({
  storeChanges: () => codec("StoreChanges"),
  storeSnapshot: () => codec("StoreSnapshot"),
  task: () => codec("Task"),
  networkTable: () => codec("NetworkTable"),
  raftEntry: () => codec("RaftEntry"),
  raftMessage: () => codec("RaftMessage"),
  confChange: () => codec("ConfChange"),
  snapshotMeta: () => codec("SnapshotMeta"),
});

let loaded: protobuf.Root | null = null;

// protobufjs itself, not @grpc/proto-loader around it: that one builds descriptors of every message for reflection,
// which nobody here asks for and which triples the start time (about 100 ms against 30 ms, Node 26).
function root(): protobuf.Root {
  if (loaded === null) {
    loaded = protobuf.Root.fromJSON(descriptor as protobuf.INamespace);
    loaded.resolveAll();
    decodeMapsBare(loaded.lookup(PACKAGE) as protobuf.Namespace, protobuf.Type);
  }
  return loaded;
}

// The generated types say what the bytes mean; nothing here could check that, so the one cast stands here.
function codec<Input, Output>(name: string): Codec<Input, Output> {
  const { encode, decode } = coderOf(root().lookupType(`${PACKAGE}.${name}`));
  return { encode, decode: decode as (bytes: Uint8Array) => Output };
}

function service<Methods>(name: string): RpcService<Methods> {
  const fullName = `${PACKAGE}.${name}`;
  const methods: Record<string, AnyMethod> = {};
  for (const method of root().lookupService(fullName).methodsArray) {
    const request = coderOf(mustHave(method.resolvedRequestType, `request type of ${method.name}`));
    const response = coderOf(mustHave(method.resolvedResponseType, `response type of ${method.name}`));
    methods[uncapitalized(method.name)] = {
      kind: kindOf(method.requestStream === true, method.responseStream === true),
      path: `/${fullName}/${method.name}`,
      encodeRequest: request.encode,
      decodeRequest: request.decode,
      encodeResponse: response.encode,
      decodeResponse: response.decode,
    };
  }
  return { name: fullName, methods: methods as Methods };
}

function coderOf(type: protobuf.Type): {
  encode: (message: unknown) => Buffer;
  decode: (bytes: Uint8Array) => unknown;
} {
  return {
    // On Node the writer's buffers are Buffers; the types do not know.
    encode: (message) => type.encode(type.fromObject(message as object)).finish() as Buffer,
    decode: (bytes) => type.toObject(type.decode(bytes), CONVERSION),
  };
}

function kindOf(requestStream: boolean, responseStream: boolean): RpcKind {
  if (requestStream) return responseStream ? "bidi" : "clientStream";
  return responseStream ? "serverStream" : "unary";
}

function uncapitalized(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** An object whose properties are made on first use. */
function lazily<Shape extends object>(makers: { readonly [Name in keyof Shape]: () => Shape[Name] }): Shape {
  const target = {} as Shape;
  for (const name of Object.keys(makers) as (keyof Shape)[]) {
    Object.defineProperty(target, name, {
      configurable: true,
      enumerable: true,
      get: () => {
        const value = makers[name]();
        Object.defineProperty(target, name, { value, enumerable: true });
        return value;
      },
    });
  }
  return target;
}
