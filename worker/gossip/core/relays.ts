import type { InstantMs } from "../../../shared/ports/clock.ts";
import type { Endpoint } from "../wire/address.ts";
import type { Ack, IndirectPing, Source } from "../wire/messages.ts";
import type { Context } from "./context.ts";

/** Pings for others at once; a flood of requests beyond it is dropped. */
export const RELAYS_MAX = 1_024;

interface Relay {
  readonly asker: Endpoint;
  readonly askerNode: string | null;
  /** The requester's number; ours is the key. */
  readonly seqNo: number;
  readonly nack: boolean;
  endMs: InstantMs;
}

/** Pings on behalf of others: forwards the ack under the requester's number, or reports that none came. */
export class Relays {
  readonly #context: Context;
  readonly #relays = new Map<number, Relay>();

  constructor(context: Context) {
    this.#context = context;
  }

  onIndirectPing(request: IndirectPing, from: Endpoint, source: Source | null): void {
    const { nowMs, profile } = this.#context;
    if (this.#relays.size >= RELAYS_MAX) {
      this.#context.emit({ kind: "odd", what: "tooManyRelays", node: request.node });
      return;
    }
    const seqNo = this.#context.nextSeqNo();
    this.#relays.set(seqNo, {
      asker: from,
      askerNode: request.source?.node ?? null,
      seqNo: request.seqNo,
      nack: request.nack,
      endMs: nowMs + profile.probeTimeoutMs,
    });
    this.#context.send(request.target, request.node, [{ type: "ping", seqNo, node: request.node, source }]);
  }

  onAck({ seqNo, payload }: Ack): void {
    const relay = this.#relays.get(seqNo);
    if (relay === undefined) return;
    this.#relays.delete(seqNo);
    this.#context.send(relay.asker, relay.askerNode, [{ type: "ack", seqNo: relay.seqNo, payload }]);
  }

  tick(): void {
    for (const [seqNo, relay] of this.#relays) {
      if (this.#context.nowMs < relay.endMs) continue;
      this.#relays.delete(seqNo);
      if (relay.nack) this.#context.send(relay.asker, relay.askerNode, [{ type: "nack", seqNo: relay.seqNo }]);
    }
  }

  get dueMs(): InstantMs {
    let dueMs = Number.POSITIVE_INFINITY;
    for (const { endMs } of this.#relays.values()) dueMs = Math.min(dueMs, endMs);
    return dueMs;
  }

  postpone(byMs: number): void {
    for (const relay of this.#relays.values()) relay.endMs += byMs;
  }
}
