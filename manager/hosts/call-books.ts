import { SwarmError } from "../../shared/errors.ts";
import { ENTRY_CALLS_MAX, HOST_CALLS_MAX } from "../../shared/rpc/limits.ts";
import type { CarriedCall } from "./carried-call.ts";

/** The calls that are open, by their ids, and how many each host and each manager has. */
export class CallBooks {
  readonly #open = new Map<string, CarriedCall>();
  readonly #ofHost = new Map<string, number>();
  readonly #ofEntry = new Map<string, number>();

  /**
   * A place for one more call, until disposed. `entry`: the manager that it came through.
   * @throws SwarmError resourceExhausted.
   */
  enter(call: CarriedCall, entry: string, hostname: string): Disposable {
    const { callId, nodeId } = call;
    if ((this.#ofHost.get(nodeId) ?? 0) >= HOST_CALLS_MAX) {
      throw tooMany(`node ${hostname} has ${HOST_CALLS_MAX} open calls (exec, attach, logs and the like) already`);
    }
    if ((this.#ofEntry.get(entry) ?? 0) >= ENTRY_CALLS_MAX) {
      throw tooMany(`this manager has ${ENTRY_CALLS_MAX} open calls (exec, attach, logs and the like) already`);
    }
    this.#open.set(callId, call);
    count(this.#ofHost, nodeId, 1);
    count(this.#ofEntry, entry, 1);
    return {
      [Symbol.dispose]: () => {
        this.#open.delete(callId);
        count(this.#ofHost, nodeId, -1);
        count(this.#ofEntry, entry, -1);
      },
    };
  }

  /** @throws SwarmError notFound when nobody waits for it any more. */
  get(callId: string, nodeId: string): CarriedCall {
    const call = this.#open.get(callId);
    if (call === undefined || call.nodeId !== nodeId) {
      throw new SwarmError("notFound", `nobody waits for call ${callId.slice(0, 100)} any more`);
    }
    return call;
  }
}

function tooMany(sentence: string): SwarmError {
  return new SwarmError("resourceExhausted", `${sentence}: end some of them first`);
}

function count(counts: Map<string, number>, key: string, change: number): void {
  const now = (counts.get(key) ?? 0) + change;
  if (now === 0) counts.delete(key);
  else counts.set(key, now);
}
