import { Server, ServerCredentials, type UntypedHandleCall } from "@grpc/grpc-js";
import { mustHave } from "../../../shared/invariant.ts";
import { FORWARDED_METADATA_KEY } from "../../../shared/rpc/forwarding.ts";
import type { CallContext, RpcHandler, RpcHandlers } from "../../../shared/rpc/handler.ts";
import { type OpenCall, toGrpcHandler } from "../../../shared/rpc/serve-call.ts";
import type { AnyMethod, RpcService } from "../../../shared/rpc/service-types.ts";

/** Serves over TCP without TLS, as etcd does by default. Only here: swarmd itself never does. */
export class PlainServer {
  readonly #grpc = new Server({ "grpc-node.flow_control_window": 1024 * 1024, "grpc.enable_channelz": 0 });

  add<Methods>(service: RpcService<Methods>, handlers: RpcHandlers<RpcService<Methods>>): this {
    const byName = handlers as unknown as Readonly<Record<string, RpcHandler<unknown, unknown>>>;
    for (const [name, method] of Object.entries(service.methods as Readonly<Record<string, AnyMethod>>)) {
      const handler = toGrpcHandler(mustHave(byName[name], name), openCall);
      const encode = method.encodeResponse as (message: unknown) => Buffer;
      const untyped = handler as unknown as UntypedHandleCall;
      this.#grpc.register(method.path, untyped, encode, method.decodeRequest, method.kind);
    }
    return this;
  }

  /** Resolves with HOST:PORT. */
  listen(host: string, port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#grpc.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(`${host}:${bound}`);
        else reject(error);
      });
    });
  }

  stop(): void {
    this.#grpc.forceShutdown();
  }
}

/** The caller as it claims to be, since there is no certificate. */
export function claimedNodeId({ metadata }: CallContext): string {
  const claim = metadata.get(FORWARDED_METADATA_KEY)[0];
  return String((JSON.parse(String(claim)) as { nodeId?: unknown }).nodeId);
}

function openCall(call: Parameters<Parameters<typeof toGrpcHandler>[1]>[0]): OpenCall {
  const controller = new AbortController();
  let over = false;
  // grpc-js also reports this when a call has ended normally.
  call.on("cancelled", () => {
    if (!over) controller.abort();
  });
  const { signal } = controller;
  const { metadata } = call;
  return {
    context: { caller: { kind: "local" }, forwardedBy: null, signal, deadlineMs: null, metadata },
    end: () => {
      over = true;
    },
  };
}
