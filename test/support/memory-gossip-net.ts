/** Gossip's sockets in one process: packets and streams between addresses, which can be taken, cut or powered off. */
import { SwarmError } from "../../shared/errors.ts";
import type { Prober } from "../../shared/host-probe/prober.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { GossipStream, OpenTransport, TransportEvents } from "../../worker/gossip/gossip-transport.ts";
import type { Endpoint } from "../../worker/gossip/wire/address.ts";

/** Between sending and arriving. */
const LATENCY_MS = 1;

export class MemoryGossipNet {
  readonly #clock: Clock;
  readonly #listeners = new Map<string, TransportEvents>();
  /** Addresses whose gossip port another program has. */
  readonly taken = new Set<string>();
  /** Addresses nothing comes from or gets to. */
  readonly off = new Set<string>();
  /** Ways on which packets are lost and streams are not: `FROM TO`. */
  readonly withoutPackets = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly open: OpenTransport = async (listen, events) => {
    const { address } = listen;
    if (this.taken.has(address)) throw new SwarmError("failedPrecondition", `Cannot listen on ${address}: taken.`);
    this.#listeners.set(address, events);
    return {
      local: listen,
      send: (bytes, to) => {
        if (this.withoutPackets.has(`${address} ${to.address}`)) return;
        this.#later(() => this.#reach(address, to)?.onPacket(bytes, listen));
      },
      dial: (to) => this.#dial(listen, to),
      [Symbol.asyncDispose]: async () => {
        this.#listeners.delete(address);
      },
    };
  };

  /** What the kernel at an address says to connection attempts. */
  readonly prober: Prober = {
    probe: async (host, _port, timeoutMs) => {
      const isOff = this.off.has(host);
      await new Promise<void>((resolve) => {
        this.#clock.schedule(isOff ? timeoutMs : LATENCY_MS, "memory net: probe", resolve);
      });
      if (isOff) return "noAnswer";
      return this.#listeners.has(host) ? "accepted" : "refused";
    },
  };

  #reach(from: string, to: Endpoint): TransportEvents | undefined {
    return this.off.has(from) || this.off.has(to.address) ? undefined : this.#listeners.get(to.address);
  }

  #later(action: () => void): void {
    this.#clock.schedule(LATENCY_MS, "memory net: packet", action);
  }

  #dial(from: Endpoint, to: Endpoint): GossipStream {
    const [near, far] = [new Pipe(), new Pipe()];
    const isOff = this.off.has(from.address) || this.off.has(to.address);
    this.#later(() => {
      const there = this.#reach(from.address, to);
      if (there !== undefined) there.onStream(this.#stream(from, far, near));
      else if (!isOff) near.fail();
    });
    return this.#stream(to, near, far);
  }

  #stream(peer: Endpoint, mine: Pipe, theirs: Pipe): GossipStream {
    return {
      peer,
      read: () => mine.read(),
      send: async (bytes) => this.#later(() => theirs.put(bytes)),
      end: () => this.#later(() => theirs.put(null)),
      close: () => {
        mine.fail();
        this.#later(() => theirs.put(null));
      },
    };
  }
}

/** One direction of a stream. */
class Pipe {
  readonly #chunks: (Uint8Array | null)[] = [];
  #isFailed = false;
  #wake: (() => void) | null = null;

  put(chunk: Uint8Array | null): void {
    this.#chunks.push(chunk);
    this.#wake?.();
  }

  fail(): void {
    this.#isFailed = true;
    this.#wake?.();
  }

  async read(): Promise<Uint8Array | null> {
    while (this.#chunks.length === 0) {
      if (this.#isFailed) throw new Error("the stream is closed");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#chunks.shift() ?? null;
  }
}
