import { constants, type ServerHttp2Stream } from "node:http2";
import type { ServerInterceptingCall, ServerInterceptor } from "@grpc/grpc-js";
import { SwarmError } from "../../errors.ts";
import { mustHave } from "../../invariant.ts";
import { requestBytesMax } from "../limits.ts";
import { MessageMeter } from "../message-meter.ts";
import type { ReadBudget } from "../read-budget.ts";
import { toStatus } from "../status.ts";

export interface MemberReadsDeps {
  readonly budget: ReadBudget;
  /** Who calls a method from ADDRESS:PORT, as the budget's key. @throws SwarmError when that caller is refused. */
  readonly judge: (peer: string, path: string) => string;
}

/**
 * Judges calls of grpc-js by their headers and limits what is read of them: the size of each message by its method, and
 * the bytes of all calls together. grpc-js never starts a call that is refused here.
 *
 * grpc-js offers no way to do this: an interceptor sees a message only once it is complete. So we watch the stream
 * below, which the first interceptor finds in the call it is given.
 */
export function limitMemberReads({ budget, judge }: MemberReadsDeps): ServerInterceptor {
  return (method, call) => {
    // What interceptors return is used only through the interface that the call they were given has as well.
    const same = call as ServerInterceptingCall;
    const { stream } = call as unknown as { readonly stream?: ServerHttp2Stream };
    const reads = mustHave(stream, "the HTTP/2 stream in a call of grpc-js");
    const refuse = (error: unknown): void => {
      call.sendStatus(toStatus(error));
      // In the same turn the reset would overtake the answer. The rest of the request is not wanted.
      setImmediate(() => reads.close(constants.NGHTTP2_NO_ERROR));
    };
    let caller: string;
    try {
      caller = judge(call.getPeer(), method.path);
    } catch (error) {
      refuse(error);
      return same;
    }
    const meter = new MessageMeter();
    const bytesMax = requestBytesMax(method.path);
    let held = 0;
    const account = (): boolean => {
      const change = meter.held - held;
      held = meter.held;
      return budget.change(caller, change);
    };
    const stop = (): void => {
      reads.off("data", onData);
      reads.off("resume", onResume);
      if (held > 0) budget.change(caller, -held);
      held = 0;
    };
    const onData = (chunk: Buffer): void => {
      meter.take(chunk);
      const fits = account();
      if (fits && meter.largest <= bytesMax) return;
      stop();
      refuse(fits ? tooLarge(meter.largest, bytesMax) : tooMuch());
    };
    const onResume = (): void => {
      // grpc-js asks for more of a stream once all its messages are taken; the one request of other calls is held by
      // their handlers until they end.
      if (method.requestStream) meter.taken();
      account();
    };
    reads.on("data", onData);
    reads.on("resume", onResume);
    reads.once("close", stop);
    return same;
  };
}

function tooLarge(bytes: number, bytesMax: number): SwarmError {
  return new SwarmError("resourceExhausted", `the request has ${bytes} bytes: this call takes at most ${bytesMax}`);
}

function tooMuch(): SwarmError {
  return new SwarmError("resourceExhausted", "too many requests are being read at once: try again");
}
