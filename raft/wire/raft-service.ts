import type { RaftFrameAck } from "../../shared/rpc/gen/raft.ts";
import { services } from "../../shared/rpc/schema.ts";
import type { RpcMethod, RpcService } from "../../shared/rpc/service-types.ts";

type Methods = (typeof services.raft)["methods"];
type FramesMethod = RpcMethod<"bidi", Buffer, RaftFrameAck>;

/**
 * The Raft service of proto/, except that frames stay bytes: `frame-codec.ts` makes and reads them, in one step from
 * and to the core's messages, since thousands of entries travel in them each second.
 */
export const raftService: RpcService<Omit<Methods, "messages"> & { readonly messages: FramesMethod }> = {
  ...services.raft,
  methods: {
    ...services.raft.methods,
    messages: {
      ...services.raft.methods.messages,
      // They come from frame-codec.ts, which makes Buffers.
      encodeRequest: (bytes) => bytes as Buffer,
      decodeRequest: (bytes) => bytes,
    },
  },
};
