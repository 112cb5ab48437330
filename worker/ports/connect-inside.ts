/** A TCP connection. Dispose it to close it. */
export interface InsideConnection extends Disposable {
  /** Until the other side ends it. @throws Error when it breaks. */
  readonly bytes: AsyncIterable<Buffer>;
  /** Resolves when more can be taken. */
  write(bytes: Uint8Array): Promise<void>;
  end(): void;
}

/**
 * Connects to a port at 127.0.0.1, or else ::1, in the network namespace of a file.
 * @throws Error with the kernel's reason.
 */
export type ConnectInside = (namespace: string, port: number) => Promise<InsideConnection>;
