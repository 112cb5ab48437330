import { Socket } from "node:net";
import { basename, dirname } from "node:path";
import { SwarmError } from "../../shared/errors.ts";
import type { MonitorConnection, MonitorConnector, OutputStream } from "./monitor-connection.ts";
import { closeFile, connectPackets, openPlace, openStreamPair, replaceFile } from "./system-calls.ts";

/** The first byte of each packet from conmon. */
const STREAMS: ReadonlyMap<number, OutputStream> = new Map([
  [2, "stdout"],
  [3, "stderr"],
]);
/** conmon reads 8 KiB of a container at a time, and sends each in a packet of its own. */
const PACKET_BYTES_MAX = 64 << 10;
/** conmon cuts what is longer than 32 KiB. */
const INPUT_PACKET_BYTES_MAX = 16 << 10;

/**
 * conmon's socket keeps the bounds of packets (SOCK_SEQPACKET), by which it says which output bytes came by.
 *
 * Node.js makes no sockets of that kind, and refuses their numbers. To read(2) and write(2) they are like any other, so
 * a Socket is made on one of an ordinary pair, and the kernel then told to put the other one at its number (dup3). By
 * `onread` each read(2) is given to us by itself, which is one packet.
 */
export const systemMonitorConnector: MonitorConnector = {
  async connect(socketPath, onOutput) {
    const packets = connectTo(socketPath);
    try {
      return connectionOver(packets, onOutput);
    } finally {
      closeFile(packets);
    }
  },
};

/** It was killed, or its files are gone; what it watches runs on. */
const NO_MONITOR = "the container has no monitor that answers: nobody can be attached before it is restarted";

/** By way of its directory: the address of a socket has room for 107 bytes. */
function connectTo(socketPath: string): number {
  let directory: number;
  try {
    directory = openPlace(dirname(socketPath));
  } catch (error) {
    throw new SwarmError("unavailable", NO_MONITOR, { cause: error });
  }
  try {
    return connectPackets(`/proc/self/fd/${directory}/${basename(socketPath)}`);
  } catch (cause) {
    throw new SwarmError("unavailable", NO_MONITOR, { cause });
  } finally {
    closeFile(directory);
  }
}

function connectionOver(packets: number, onOutput: (stream: OutputStream, bytes: Buffer) => void): MonitorConnection {
  const { own, other } = openStreamPair();
  closeFile(other);
  const ended = Promise.withResolvers<void>();
  const socket = new Socket({
    fd: own,
    readable: true,
    writable: true,
    allowHalfOpen: true,
    onread: {
      buffer: Buffer.alloc(PACKET_BYTES_MAX),
      callback: (length, buffer) => {
        const stream = STREAMS.get(buffer[0] ?? 0);
        // What comes next is written over it.
        if (stream !== undefined && length > 1) onOutput(stream, Buffer.from(buffer.subarray(1, length)));
        return !isHeld;
      },
    },
  });
  let isHeld = false;
  // Before this turn of the event loop ends, so that it reads and writes there from the first.
  replaceFile(own, packets);
  socket.on("error", () => {});
  socket.once("end", () => socket.destroy());
  socket.once("close", () => ended.resolve());
  return {
    ended: ended.promise,
    async write(bytes) {
      for (let at = 0; at < bytes.length && !socket.destroyed && !socket.writableEnded; at += INPUT_PACKET_BYTES_MAX) {
        const piece = bytes.subarray(at, at + INPUT_PACKET_BYTES_MAX);
        // One after the other: Node.js would write two that wait as one packet.
        await new Promise<void>((resolve) => {
          const done = (): void => {
            socket.off("close", done);
            resolve();
          };
          socket.once("close", done);
          socket.write(piece, done);
        });
      }
    },
    endInput: () => void socket.end(),
    hold(held) {
      if (isHeld === held) return;
      isHeld = held;
      if (held) socket.pause();
      else socket.resume();
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}
