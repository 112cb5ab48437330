import { SwarmError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Door } from "./doors.ts";
import type { Connection } from "./ports/listener.ts";
import { type LocalSessionCall, serveLocally } from "./ports/local-session.ts";
import { runRaw, type ServedMethod } from "./raw-call.ts";
import { type AnyServerCall, type OpenCall, ownCall } from "./serve-call.ts";

interface LightDoorOptions {
  /** Lets a call of the local caller in. @throws SwarmError to refuse it. */
  readonly open: (call: AnyServerCall, door: Door) => OpenCall;
  readonly clock: () => Clock;
}

/** Leads calls that come over the local socket without gRPC (light/frames.ts) to the handlers that answer gRPC's. */
export class LightDoor {
  readonly #options: LightDoorOptions;
  readonly #methods = new Map<string, ServedMethod & { readonly door: Door }>();
  readonly #sessions = new Set<Promise<void>>();

  constructor(options: LightDoorOptions) {
    this.#options = options;
  }

  add(served: ServedMethod & { readonly door: Door }): void {
    this.#methods.set(served.method.path, served);
  }

  /** Serves a connection whose client has begun with the greeting. */
  serve(socket: Connection): void {
    const session = serveLocally(socket, this.answer, this.#options.clock()).then(
      () => void this.#sessions.delete(session),
    );
    this.#sessions.add(session);
  }

  /** Resolves when the connections of this moment are closed. */
  async idle(): Promise<void> {
    await Promise.all(this.#sessions);
  }

  /** Leads one call to its handler, whatever has carried it here. */
  readonly answer = async ({ path, timeoutMs, gone, requests, send }: LocalSessionCall): Promise<void> => {
    const served = this.#methods.get(path);
    if (served === undefined) throw new SwarmError("unimplemented", `this daemon does not know the call ${path}`);
    const { clock, open } = this.#options;
    const deadline = timeoutMs === null ? Number.POSITIVE_INFINITY : clock().wallNow() + timeoutMs;
    const opened = open(ownCall(path, deadline, gone), served.door);
    try {
      await runRaw(served, requests, opened.context, send);
      opened.end(null);
    } catch (error) {
      opened.end(error);
      throw error;
    }
  };
}
