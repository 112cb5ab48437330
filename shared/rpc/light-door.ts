import { SwarmError } from "../errors.ts";
import type { Door } from "./doors.ts";
import type { CallContext, RpcHandler, Send } from "./handler.ts";
import type { Connection } from "./ports/listener.ts";
import { type LocalSessionCall, serveLocally } from "./ports/local-session.ts";
import { type AnyServerCall, decodeRequest, type OpenCall, ownCall } from "./serve-call.ts";
import type { AnyMethod } from "./service-types.ts";

/** A method with what answers it. */
interface ServedMethod {
  readonly method: AnyMethod;
  readonly handler: RpcHandler<unknown, unknown>;
  readonly door: Door;
}

interface LightDoorOptions {
  /** Lets a call of the local caller in. @throws SwarmError to refuse it. */
  readonly open: (call: AnyServerCall, door: Door) => OpenCall;
  readonly wallNow: () => number;
}

/** Leads calls that come over the local socket without gRPC (light/frames.ts) to the handlers that answer gRPC's. */
export class LightDoor {
  readonly #options: LightDoorOptions;
  readonly #methods = new Map<string, ServedMethod>();
  readonly #sessions = new Set<Promise<void>>();

  constructor(options: LightDoorOptions) {
    this.#options = options;
  }

  add(served: ServedMethod): void {
    this.#methods.set(served.method.path, served);
  }

  /** Serves a connection whose client has begun with the greeting. */
  serve(socket: Connection): void {
    const session = serveLocally(socket, this.#answer).then(() => void this.#sessions.delete(session));
    this.#sessions.add(session);
  }

  /** Resolves when the connections of this moment are closed. */
  async idle(): Promise<void> {
    await Promise.all(this.#sessions);
  }

  readonly #answer = async (call: LocalSessionCall, request: Buffer): Promise<void> => {
    const { path, timeoutMs, gone } = call;
    const served = this.#methods.get(path);
    if (served === undefined) throw new SwarmError("unimplemented", `this daemon does not know the call ${path}`);
    const deadline = timeoutMs === null ? Number.POSITIVE_INFINITY : this.#options.wallNow() + timeoutMs;
    const opened = this.#options.open(ownCall(path, deadline, gone), served.door);
    try {
      await run(served, decodeRequest(served.method, request), opened.context, call.send);
      opened.end(null);
    } catch (error) {
      opened.end(error);
      throw error;
    }
  };
}

async function run({ method, handler }: ServedMethod, request: unknown, context: CallContext, send: Send<Buffer>) {
  const encode = method.encodeResponse as (message: unknown) => Buffer;
  if (handler.kind === "unary") await send(encode(await handler.run(request, context)));
  else if (handler.kind === "serverStream") await handler.run(request, context, (message) => send(encode(message)));
  else throw new SwarmError("unimplemented", `the call ${method.path} needs gRPC`);
}
