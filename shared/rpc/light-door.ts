import { SwarmError } from "../errors.ts";
import { invariant } from "../invariant.ts";
import type { Clock } from "../ports/clock.ts";
import type { Door } from "./doors.ts";
import type { CallContext } from "./handler.ts";
import type { Connection } from "./ports/listener.ts";
import { type AnswerLocally, type LocalSessionCall, serveLocally } from "./ports/local-session.ts";
import { runRaw, type ServedMethod } from "./raw-call.ts";
import { type AnyServerCall, type OpenCall, ownCall } from "./serve-call.ts";

interface LightDoorOptions {
  /** Lets a call of the local caller in. @throws SwarmError to refuse it. */
  readonly open: (call: AnyServerCall, door: Door) => OpenCall;
  readonly clock: () => Clock;
}

/** A unary call of this very process, as its handler gets it. */
export interface OneCall extends Pick<LocalSessionCall, "path" | "timeoutMs" | "gone"> {
  readonly request: unknown;
}

/** What answers the calls of this very process. */
export interface InProcessDoor {
  readonly answer: AnswerLocally;
  /** @throws what the handler throws. */
  readonly answerOne: (call: OneCall) => Promise<unknown>;
}

/** Leads calls that come over the local socket without gRPC (light/frames.ts) to the handlers that answer gRPC's. */
export class LightDoor implements InProcessDoor {
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
  readonly answer = async ({ requests, send, ...call }: LocalSessionCall): Promise<void> =>
    await this.#lead(call, async (served, context) => {
      await runRaw({ ...served, clock: this.#options.clock() }, requests, context, send);
    });

  /** Leads a call of this very process to its unary handler, whose answer comes back as it is. */
  readonly answerOne = async (call: OneCall): Promise<unknown> =>
    await this.#lead(call, async ({ handler }, context) => {
      invariant(handler.kind === "unary", () => `${call.path} is a stream`);
      return await handler.run(call.request, context);
    });

  async #lead<T>(
    { path, timeoutMs, gone }: Omit<OneCall, "request">,
    run: (served: ServedMethod, context: CallContext) => Promise<T>,
  ): Promise<T> {
    const served = this.#methods.get(path);
    if (served === undefined) throw new SwarmError("unimplemented", `this daemon does not know the call ${path}`);
    const { clock, open } = this.#options;
    const deadline = timeoutMs === null ? Number.POSITIVE_INFINITY : clock().wallNow() + timeoutMs;
    const opened = open(ownCall(path, deadline, gone), served.door);
    try {
      const answer = await run(served, opened.context);
      opened.end(null);
      return answer;
    } catch (error) {
      opened.end(error);
      throw error;
    }
  }
}
