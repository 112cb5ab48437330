import { mustHave } from "../../invariant.ts";
import type { ContainersMethods } from "../gen/containers.ts";
import type { ControlMethods } from "../gen/control.ts";
import descriptor from "../gen/descriptor.json" with { type: "json" };
import type { HostsMethods } from "../gen/hosts.ts";
import type { ImagesMethods } from "../gen/images.ts";
import type { LocalMethods } from "../gen/local.ts";
import type { LogsMethods } from "../gen/logs.ts";
import type { NetworksMethods } from "../gen/networks.ts";
import type { StreamsMethods } from "../gen/streams.ts";
import type { VolumesMethods } from "../gen/volumes.ts";
import type { AnyMethod, RpcKind, RpcService } from "../service-types.ts";
import { decodeMessage, encodeMessage } from "./message-codec.ts";
import { type Description, MessageType } from "./message-types.ts";

const PACKAGE_NAME = "swarm.v1";
const PACKAGE: Description = descriptor.nested.swarm.nested.v1;
const KNOWN = new Map<Description, MessageType>();

/** Services as in schema.ts, for a program that ends after a call or two. */
export interface LightServices {
  readonly control: RpcService<ControlMethods>;
  readonly local: RpcService<LocalMethods>;
  readonly logs: RpcService<LogsMethods>;
  readonly hosts: RpcService<HostsMethods>;
  readonly containers: RpcService<ContainersMethods>;
  readonly streams: RpcService<StreamsMethods>;
  readonly images: RpcService<ImagesMethods>;
  readonly volumes: RpcService<VolumesMethods>;
  readonly networks: RpcService<NetworksMethods>;
}

export type LightServiceName = keyof LightServices;

const NAMES: { readonly [Name in LightServiceName]: string } = {
  control: "Control",
  local: "Local",
  logs: "Logs",
  hosts: "Hosts",
  containers: "Containers",
  streams: "Streams",
  images: "Images",
  volumes: "Volumes",
  networks: "Networks",
};

/** The service with its messages, of which none is looked at before a call needs it. */
export function lightService<Name extends LightServiceName>(which: Name): LightServices[Name] {
  const name = `${PACKAGE_NAME}.${NAMES[which]}`;
  const methods: Record<string, AnyMethod> = {};
  const { methods: described = {} } = mustHave(PACKAGE.nested?.[NAMES[which]], `service ${name} in the descriptor`);
  for (const [method, { requestType, responseType, requestStream, responseStream }] of Object.entries(described)) {
    const request = codec(requestType);
    const response = codec(responseType);
    methods[`${method.charAt(0).toLowerCase()}${method.slice(1)}`] = {
      kind: kindOf(requestStream === true, responseStream === true),
      path: `/${name}/${method}`,
      encodeRequest: request.encode,
      decodeRequest: request.decode,
      encodeResponse: response.encode,
      decodeResponse: response.decode,
    };
  }
  // As in schema.ts, nothing here could check what the generated types say about the bytes.
  return { name, methods } as unknown as LightServices[Name];
}

/** What a method of any of the package's services takes and answers, by its path: `/swarm.v1.Control/ListNodes`. */
export function messagesOf(path: string): { readonly request: MessageType; readonly response: MessageType } {
  const [, service = "", method = ""] = /^\/swarm\.v1\.(\w+)\/(\w+)$/.exec(path) ?? [];
  const described = mustHave(PACKAGE.nested?.[service]?.methods?.[method], `${path} in the descriptor`);
  return { request: messageType(described.requestType), response: messageType(described.responseType) };
}

/** A message of the package by its name, for what is made or read outside of a call. */
export function messageType(name: string): MessageType {
  return MessageType.of(PACKAGE, name, KNOWN);
}

function codec(name: string): { encode: (message: unknown) => Buffer; decode: (bytes: Buffer) => unknown } {
  return {
    encode: (message) => encodeMessage(messageType(name), message),
    decode: (bytes) => decodeMessage(messageType(name), bytes),
  };
}

function kindOf(requestStream: boolean, responseStream: boolean): RpcKind {
  if (requestStream) return responseStream ? "bidi" : "clientStream";
  return responseStream ? "serverStream" : "unary";
}
