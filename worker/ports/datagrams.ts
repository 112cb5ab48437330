/** A UDP socket of this host. */
export interface DatagramSocket extends Disposable {
  /** To the same port of another host. Best effort; may not be split on its way if the route's MTU is known. */
  send(bytes: Uint8Array, address: string): void;
}

/** Opens UDP sockets. */
export interface Datagrams {
  /** Hears what comes to the address and port. @throws Error when they cannot be had. */
  open(
    address: string,
    port: number,
    onPacket: (bytes: Uint8Array, fromAddress: string) => void,
  ): Promise<DatagramSocket>;
}
