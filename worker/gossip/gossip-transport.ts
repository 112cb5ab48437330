import type { Endpoint } from "./wire/address.ts";

/** A TCP connection. */
export interface GossipStream {
  readonly peer: Endpoint;
  /** The next bytes; null when the peer ended. @throws when the connection failed or was closed here. */
  read(): Promise<Uint8Array | null>;
  /** Resolves when the bytes are handed to the system. @throws when the connection failed. */
  send(bytes: Uint8Array): Promise<void>;
  /** Ends our direction after what was sent; the peer may still send. */
  end(): void;
  close(): void;
}

/** UDP packets, best effort, and TCP streams on the same port. */
export interface GossipTransport extends AsyncDisposable {
  /** Where it listens; the actual port if 0 was requested. */
  readonly local: Endpoint;
  /** Never throws: a packet that cannot be sent is a lost packet. */
  send(bytes: Uint8Array, to: Endpoint): void;
  dial(to: Endpoint): GossipStream;
}

export interface TransportEvents {
  onPacket(bytes: Uint8Array, from: Endpoint): void;
  onStream(stream: GossipStream): void;
}

/** Binds both sockets. @throws SwarmError failedPrecondition when the address cannot be listened on. */
export type OpenTransport = (listen: Endpoint, events: TransportEvents) => Promise<GossipTransport>;
