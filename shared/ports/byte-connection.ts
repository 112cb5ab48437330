import type { Socket } from "node:net";

/** A TCP connection as bytes in both directions. Dispose it to close it. */
export interface ByteConnection extends Disposable {
  /** Until the other side ends it. @throws Error when it breaks. */
  readonly bytes: AsyncIterable<Buffer>;
  /** Resolves when more can be taken; what is written to a closed one goes nowhere. */
  write(bytes: Uint8Array): Promise<void>;
  /** Nothing more is written; the other side may go on. */
  end(): void;
}

/** `close` says what becomes of what was written and has not gone out yet. */
export function byteConnection(socket: Socket, close: "after sending" | "at once"): ByteConnection {
  return {
    bytes: socket as AsyncIterable<Buffer>,
    write: async (bytes) => {
      if (socket.destroyed || socket.write(bytes)) return;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          socket.off("drain", done).off("close", done);
          resolve();
        };
        socket.on("drain", done).on("close", done);
      });
    },
    end: () => void socket.end(),
    [Symbol.dispose]: () => void (close === "at once" ? socket.destroy() : socket.destroySoon()),
  };
}
