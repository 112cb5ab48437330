/** Where a packet came from or goes to. */
export interface DnsPeer {
  readonly address: string;
  readonly port: number;
}

/** A TCP connection that a client opened. */
export interface DnsConnection {
  readonly peer: DnsPeer;
  /** The next bytes, in whatever pieces they come; null = the client has ended. @throws when it is broken. */
  read(): Promise<Uint8Array | null>;
  /** Resolves when the bytes are taken. @throws when the connection is broken. */
  send(bytes: Uint8Array): Promise<void>;
  /** At once, whatever is under way. Idempotent. */
  close(): void;
}

export interface DnsListenEvents {
  onPacket(bytes: Uint8Array, from: DnsPeer): void;
  onConnection(connection: DnsConnection): void;
}

export interface DnsListener extends AsyncDisposable {
  /** Best effort. */
  send(bytes: Uint8Array, to: DnsPeer): void;
}

/** The network as the DNS server sees it. */
export interface DnsSockets {
  /** UDP and TCP port 53 of one address of this host. @throws Error when it cannot be had. */
  listen(address: string, events: DnsListenEvents): Promise<DnsListener>;
  /**
   * Sends a message to port 53 of a server and resolves with the first answer that `accepts` takes. Each call has a
   * socket and, by the kernel's choice, a source port of its own; packets of others than that server are not seen.
   * @throws Error when the server refuses or cannot be reached; the signal's reason when aborted.
   */
  ask(
    server: string,
    transport: "udp" | "tcp",
    message: Uint8Array,
    accepts: (answer: Uint8Array) => boolean,
    signal: AbortSignal,
  ): Promise<Uint8Array>;
}
