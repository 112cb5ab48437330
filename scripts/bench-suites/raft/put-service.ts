import protobuf from "protobufjs";
import type { RpcMethod, RpcService } from "../../../shared/rpc/service-types.ts";

/**
 * The part of etcd's key-value API that is measured; our members of the bench serve the same, so that clients are the
 * same.
 */
const PROTO = `
  syntax = "proto3";
  package etcdserverpb;
  message ResponseHeader { uint64 cluster_id = 1; uint64 member_id = 2; int64 revision = 3; uint64 raft_term = 4; }
  message PutRequest { bytes key = 1; bytes value = 2; }
  message PutResponse { ResponseHeader header = 1; }
`;

interface PutRequest {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}
interface PutResponse {
  readonly header: { readonly revision: number };
}

const { root } = protobuf.parse(PROTO);
const requestType = root.lookupType("etcdserverpb.PutRequest");
const responseType = root.lookupType("etcdserverpb.PutResponse");

export const PUT_PATH = "/etcdserverpb.KV/Put";

export function encodePut(request: PutRequest): Buffer {
  return requestType.encode(request as object).finish() as Buffer;
}

/** @throws Error when the bytes are no PutRequest. */
export function decodePut(bytes: Uint8Array): PutRequest {
  return requestType.decode(bytes) as unknown as PutRequest;
}

interface PutMethods {
  readonly put: RpcMethod<"unary", Buffer, PutResponse | null>;
}

/** As our members serve it. A request stays bytes: they go into the log as they came. */
export const putService: RpcService<PutMethods> = {
  name: "etcdserverpb.KV",
  methods: {
    put: {
      kind: "unary",
      path: PUT_PATH,
      encodeRequest: (bytes) => Buffer.from(bytes),
      decodeRequest: (bytes) => bytes,
      encodeResponse: (response) => responseType.encode(response as object).finish() as Buffer,
      // Nobody here looks at the revision.
      decodeResponse: () => null,
    },
  },
};
