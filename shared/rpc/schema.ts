import protobuf from "protobufjs/light.js";
import { mustHave } from "../invariant.ts";
import { shapeDecodedObjects } from "./decoded-objects.ts";
import { EncodedMessage } from "./encoded-message.ts";
import { checkFitsWire } from "./fits-wire.ts";
import type { CertificateAuthorityMethods } from "./gen/ca.ts";
import type { ContainersMethods, OwnContainer } from "./gen/containers.ts";
import type { ControlMethods } from "./gen/control.ts";
import descriptor from "./gen/descriptor.json" with { type: "json" };
import type {
  Assignments,
  DispatcherMethods,
  NetworkEndpoint,
  NetworkHost,
  NetworkService,
  NetworkTable,
} from "./gen/dispatcher.ts";
import type { HostsMethods } from "./gen/hosts.ts";
import type { ImagesMethods } from "./gen/images.ts";
import type { LocalMethods } from "./gen/local.ts";
import type { LogsMethods } from "./gen/logs.ts";
import type { LocalNetwork, NetworksMethods } from "./gen/networks.ts";
import type { ServiceSpec, StoreChanges, StoreSnapshot, Task } from "./gen/objects.ts";
import type { ConfChange, RaftEntry, RaftMessage, RaftMethods, SnapshotMeta } from "./gen/raft.ts";
import type { StreamsMethods } from "./gen/streams.ts";
import type { VolumesMethods } from "./gen/volumes.ts";
import type { Sendable } from "./sendable.ts";
import type { AnyMethod, RpcKind, RpcService } from "./service-types.ts";

const PACKAGE = "swarm.v1";
interface Services {
  readonly control: RpcService<ControlMethods>;
  readonly dispatcher: RpcService<DispatcherMethods>;
  readonly logs: RpcService<LogsMethods>;
  readonly certificateAuthority: RpcService<CertificateAuthorityMethods>;
  readonly local: RpcService<LocalMethods>;
  readonly raft: RpcService<RaftMethods>;
  readonly hosts: RpcService<HostsMethods>;
  readonly containers: RpcService<ContainersMethods>;
  readonly streams: RpcService<StreamsMethods>;
  readonly images: RpcService<ImagesMethods>;
  readonly volumes: RpcService<VolumesMethods>;
  readonly networks: RpcService<NetworksMethods>;
}

/** A message of proto/ to bytes and back, outside of any RPC: for the Raft log, snapshots and local databases. */
export interface Codec<Message> {
  readonly encode: (message: Sendable<Message>) => Uint8Array;
  /** @throws Error when the bytes are not such a message. */
  readonly decode: (bytes: Uint8Array) => Message;
}

interface Codecs {
  readonly serviceSpec: Codec<ServiceSpec>;
  readonly storeChanges: Codec<StoreChanges>;
  readonly storeSnapshot: Codec<StoreSnapshot>;
  readonly task: Codec<Task>;
  readonly assignments: Codec<Assignments>;
  readonly networkTable: Codec<NetworkTable>;
  readonly networkHost: Codec<NetworkHost>;
  readonly networkEndpoint: Codec<NetworkEndpoint>;
  readonly networkService: Codec<NetworkService>;
  readonly raftEntry: Codec<RaftEntry>;
  readonly raftMessage: Codec<RaftMessage>;
  readonly confChange: Codec<ConfChange>;
  readonly snapshotMeta: Codec<SnapshotMeta>;
  readonly ownContainer: Codec<OwnContainer>;
  readonly localNetwork: Codec<LocalNetwork>;
}

/** The services of proto/. Each is built when it is first asked for: a test needs one or two. */
export const services: Services = lazily<Services>({
  control: () => service("Control"),
  dispatcher: () => service("Dispatcher"),
  logs: () => service("Logs"),
  certificateAuthority: () => service("CertificateAuthority"),
  local: () => service("Local"),
  raft: () => service("Raft"),
  hosts: () => service("Hosts"),
  containers: () => service("Containers"),
  streams: () => service("Streams"),
  images: () => service("Images"),
  volumes: () => service("Volumes"),
  networks: () => service("Networks"),
});

/** Messages that are stored, not only sent. */
export const codecs: Codecs = lazily<Codecs>({
  serviceSpec: () => codec("ServiceSpec"),
  storeChanges: () => codec("StoreChanges"),
  storeSnapshot: () => codec("StoreSnapshot"),
  task: () => codec("Task"),
  assignments: () => codec("Assignments"),
  networkTable: () => codec("NetworkTable"),
  networkHost: () => codec("NetworkHost"),
  networkEndpoint: () => codec("NetworkEndpoint"),
  networkService: () => codec("NetworkService"),
  raftEntry: () => codec("RaftEntry"),
  raftMessage: () => codec("RaftMessage"),
  confChange: () => codec("ConfChange"),
  snapshotMeta: () => codec("SnapshotMeta"),
  ownContainer: () => codec("OwnContainer"),
  localNetwork: () => codec("LocalNetwork"),
});

let loaded: protobuf.Root | null = null;

// protobufjs itself, not @grpc/proto-loader around it: that one builds descriptors of every message for reflection,
// which is not used here and triples the start time (about 100 ms against 30 ms, Node 26).
function root(): protobuf.Root {
  if (loaded === null) {
    loaded = protobuf.Root.fromJSON(descriptor as protobuf.INamespace);
    loaded.resolveAll();
    shapeDecodedObjects(loaded.lookup(PACKAGE) as protobuf.Namespace, protobuf.Type);
  }
  return loaded;
}

// The generated types say what the bytes mean; nothing here could check that, so this is the one place with a cast.
function codec<Message>(name: string): Codec<Message> {
  const { encode, decode } = coderOf(root().lookupType(`${PACKAGE}.${name}`));
  return { encode, decode: decode as (bytes: Uint8Array) => Message };
}

function service<Methods>(name: string): RpcService<Methods> {
  const fullName = `${PACKAGE}.${name}`;
  const methods: Record<string, AnyMethod> = {};
  for (const method of root().lookupService(fullName).methodsArray) {
    const requestType = mustHave(method.resolvedRequestType, `request type of ${method.name}`);
    const request = coderOf(requestType);
    const response = coderOf(mustHave(method.resolvedResponseType, `response type of ${method.name}`));
    const kind = kindOf(method.requestStream === true, method.responseStream === true);
    methods[uncapitalized(method.name)] = {
      kind,
      path: `/${fullName}/${method.name}`,
      encodeRequest: kind === "unary" ? checked(requestType, request.encode) : request.encode,
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
    encode: (message) =>
      message instanceof EncodedMessage
        ? message.bytes
        : (type.encode(type.fromObject(message as object)).finish() as Buffer),
    decode: (bytes) => type.toObject(type.decode(bytes)),
  };
}

/** Requests carry numbers that people chose; streams carry only our own, and many of them. */
function checked(type: protobuf.Type, encode: (message: unknown) => Buffer): (message: unknown) => Buffer {
  return (message) => {
    checkFitsWire(type, message);
    return encode(message);
  };
}

function kindOf(requestStream: boolean, responseStream: boolean): RpcKind {
  if (requestStream) return responseStream ? "bidi" : "clientStream";
  return responseStream ? "serverStream" : "unary";
}

function uncapitalized(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** An object whose properties are created on first use. */
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
