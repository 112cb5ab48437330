import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/**
 * A connection that may carry a limited number of bytes: the next byte destroys it. HTTP/2 would read the socket below
 * JavaScript, where nothing can count; pings, settings, resets and headers cost as much as bodies.
 */
export class MeteredSocket extends Duplex {
  readonly #socket: Socket;
  #left: number;

  constructor(socket: Socket, bytesMax: number) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    this.#left = bytesMax;
    socket.on("data", (chunk: Buffer) => {
      this.#left -= chunk.length;
      if (this.#left < 0) this.destroy();
      else if (!this.push(chunk)) socket.pause();
    });
    socket.on("end", () => this.push(null));
    socket.on("close", () => this.destroy());
    // HTTP/2 destroys it with a reason when the peer breaks the protocol; there is no one else to tell.
    this.on("error", () => {});
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
