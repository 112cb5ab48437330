import type {
  DnsConnection,
  DnsListenEvents,
  DnsListener,
  DnsPeer,
  DnsSockets,
} from "../../worker/ports/dns-sockets.ts";

/** What a server does with a message: answers, in one packet after the other, stays silent (null), or refuses. */
export type FakeServer = (message: Buffer, transport: "udp" | "tcp") => readonly Uint8Array[] | null | "refused";

/** Other servers and clients, without a network. */
export class FakeDnsSockets implements DnsSockets {
  readonly servers = new Map<string, FakeServer>();
  /** `server transport` of every question that was sent. */
  readonly asked: string[] = [];
  /** Questions without an answer yet. */
  waiting = 0;
  /** Addresses that are there to listen on. */
  readonly addresses = new Set<string>();
  readonly listening = new Map<string, DnsListenEvents>();
  readonly sent: { readonly bytes: Uint8Array; readonly to: DnsPeer }[] = [];

  async listen(address: string, events: DnsListenEvents): Promise<DnsListener> {
    if (!this.addresses.has(address)) throw new Error(`bind EADDRNOTAVAIL ${address}`);
    this.listening.set(address, events);
    return {
      send: (bytes, to) => this.sent.push({ bytes, to }),
      [Symbol.asyncDispose]: async () => void this.listening.delete(address),
    };
  }

  async ask(...[server, transport, message, accepts, signal]: Parameters<DnsSockets["ask"]>): Promise<Uint8Array> {
    this.asked.push(`${server} ${transport}`);
    this.waiting++;
    try {
      const said = this.servers.get(server)?.(Buffer.from(message), transport) ?? null;
      if (said === "refused") throw new Error("connect ECONNREFUSED");
      const answer = said?.find(accepts);
      if (answer !== undefined) return await Promise.resolve(answer);
      return await new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
    } finally {
      this.waiting--;
    }
  }
}

/** A client's connection, said piece by piece. */
export class FakeConnection implements DnsConnection {
  readonly peer: DnsPeer;
  readonly sent: Uint8Array[] = [];
  isClosed = false;
  readonly #pieces: (Uint8Array | null)[] = [];
  #wake = Promise.withResolvers<void>();

  constructor(address: string) {
    this.peer = { address, port: 40_000 };
  }

  /** null = the client has ended. */
  say(piece: Uint8Array | null): void {
    this.#pieces.push(piece);
    this.#wake.resolve();
  }

  async read(): Promise<Uint8Array | null> {
    for (;;) {
      if (this.isClosed) throw new Error("closed");
      const piece = this.#pieces.shift();
      if (piece !== undefined) return piece;
      this.#wake = Promise.withResolvers();
      await this.#wake.promise;
    }
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (this.isClosed) throw new Error("closed");
    this.sent.push(bytes);
  }

  close(): void {
    this.isClosed = true;
    this.#wake.resolve();
  }
}
