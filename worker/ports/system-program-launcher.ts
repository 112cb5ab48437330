import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, rmSync } from "node:fs";
import { createServer, Socket } from "node:net";
import { constants } from "node:os";
import { ReadStream } from "node:tty";
import { SwarmError } from "../../shared/errors.ts";
import type { ByteSink, ProgramLauncher, RunningProgram, WantedStreams, WindowSize } from "./program-launcher.ts";
import { refusalOfShortage, spawnChild } from "./spawn-child.ts";
import { openPipe, receiveFile, setWindowSize } from "./system-calls.ts";

const EXIT_NOT_FOUND = 127;
const EXIT_SIGNAL_BASE = 128;
/** Of a socket's address, without the zero at its end. */
const SOCKET_PATH_BYTES_MAX = 107;

/** Starts programs as children of this process, each in a session of its own. */
export class SystemProgramLauncher implements ProgramLauncher {
  readonly #directory: string;

  /** @param directory where sockets are made for a moment; only root can enter it. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  launch(argv: readonly [string, ...string[]], streams: WantedStreams): RunningProgram {
    const pipes = new Pipes();
    try {
      const stdin = streams.stdin ? pipes.toChild() : null;
      const stdout = streams.stdout ? pipes.fromChild() : null;
      const stderr = streams.stderr ? pipes.fromChild() : null;
      const stdio = [stdin?.childEnd, stdout?.childEnd, stderr?.childEnd].map((end) => end ?? "ignore");
      const exit = run(argv, stdio);
      return new Program({
        stdin: stdin?.socket ?? null,
        stdout: stdout?.socket ?? null,
        stderr: stderr?.socket ?? null,
        exit,
        resize: () => {},
      });
    } catch (error) {
      pipes.abandon();
      throw error;
    } finally {
      pipes.closeChildEnds();
    }
  }

  async launchWithTerminal(
    argvOf: (consoleSocket: string) => readonly [string, ...string[]],
    size: WindowSize | null,
  ): Promise<RunningProgram> {
    const path = `${this.#directory}/${randomBytes(8).toString("hex")}`;
    if (Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX) {
      throw new SwarmError("failedPrecondition", `the run directory's path is too long for a socket: ${path}`);
    }
    const received = Promise.withResolvers<number>();
    received.promise.catch(() => {});
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      receiveSoon(socket).then(received.resolve, received.reject);
    });
    try {
      await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
      const exit = run(argvOf(path), ["ignore", "ignore", "ignore"]);
      const master = await Promise.race([received.promise, exit.then(() => null)]);
      if (master === null) return new Program({ stdin: null, stdout: null, stderr: null, exit, resize: () => {} });
      // Not every runtime heeds the size that it is given.
      if (size !== null) setWindowSize(master, size.rows, size.columns);
      const terminal = new ReadStream(master);
      const resize = ({ rows, columns }: WindowSize): void => {
        if (!terminal.destroyed) setWindowSize(master, rows, columns);
      };
      return new Program({ stdin: terminal, stdout: terminal, stderr: null, exit, resize });
    } finally {
      server.close();
      rmSync(path, { force: true });
    }
  }
}

interface ProgramParts {
  readonly stdin: Socket | null;
  readonly stdout: Socket | null;
  readonly stderr: Socket | null;
  readonly exit: Promise<number>;
  readonly resize: (size: WindowSize) => void;
}

class Program implements RunningProgram {
  readonly stdin: ByteSink | null;
  readonly stdout: AsyncIterable<Buffer>;
  readonly stderr: AsyncIterable<Buffer>;
  readonly exit: Promise<number>;
  readonly resize: (size: WindowSize) => void;
  readonly #sockets: readonly Socket[];

  constructor({ stdin, stdout, stderr, exit, resize }: ProgramParts) {
    this.#sockets = [stdin, stdout, stderr].filter((socket) => socket !== null);
    // A terminal whose last process has gone reads as an error; so does a pipe that nobody reads when it is written to.
    for (const socket of this.#sockets) socket.on("error", () => {});
    this.stdin = stdin === null ? null : sinkOf(stdin, stdin === stdout);
    this.stdout = chunksOf(stdout);
    this.stderr = chunksOf(stderr);
    this.exit = exit;
    this.resize = resize;
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** The pipes of one program, until their ends have found their places. */
class Pipes {
  readonly #childEnds: number[] = [];
  readonly #sockets: Socket[] = [];

  toChild(): { readonly childEnd: number; readonly socket: Socket } {
    const { readEnd, writeEnd } = openPipe();
    return this.#keep(readEnd, new Socket({ fd: writeEnd, readable: false, writable: true }));
  }

  fromChild(): { readonly childEnd: number; readonly socket: Socket } {
    const { readEnd, writeEnd } = openPipe();
    return this.#keep(writeEnd, new Socket({ fd: readEnd, readable: true, writable: false }));
  }

  closeChildEnds(): void {
    for (const end of this.#childEnds) closeSync(end);
  }

  abandon(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #keep(childEnd: number, socket: Socket): { readonly childEnd: number; readonly socket: Socket } {
    this.#childEnds.push(childEnd);
    this.#sockets.push(socket);
    return { childEnd, socket };
  }
}

/** @throws SwarmError resourceExhausted when there is a shortage of something. */
function run(argv: readonly [string, ...string[]], stdio: readonly (number | "ignore")[]): Promise<number> {
  const [program, ...args] = argv;
  const ended = Promise.withResolvers<number>();
  let shortage: SwarmError | null = null;
  const child: ChildProcess | null = spawnChild(
    program,
    args,
    { cwd: "/", detached: true, stdio: [...stdio] },
    (error) => {
      shortage = refusalOfShortage(error, program);
      ended.resolve(EXIT_NOT_FOUND);
    },
  );
  if (child === null && shortage !== null) throw shortage;
  child?.once("exit", (code, by) => {
    ended.resolve(code ?? EXIT_SIGNAL_BASE + (by === null ? 0 : constants.signals[by]));
  });
  return ended.promise;
}

/** The runtime sends right after it has connected. */
async function receiveSoon(socket: Socket): Promise<number> {
  // Node.js tells the number of a connection nowhere else.
  const { fd } = (socket as unknown as { readonly _handle: { readonly fd: number } })._handle;
  try {
    for (;;) {
      const file = receiveFile(fd);
      if (file !== null) return file;
      await new Promise((resolve) => setImmediate(resolve));
      if (socket.destroyed) throw new SwarmError("internal", "the runtime sent no terminal");
    }
  } finally {
    socket.destroy();
  }
}

/** Ending a terminal's input would close its output as well: there the end is a letter, which the client sends. */
function sinkOf(socket: Socket, isTerminal: boolean): ByteSink {
  return {
    write: async (bytes) => {
      if (socket.destroyed || socket.writableEnded || socket.write(bytes)) return;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          socket.off("drain", done).off("close", done);
          resolve();
        };
        socket.on("drain", done).on("close", done);
      });
    },
    end: () => {
      if (!isTerminal) socket.end();
    },
  };
}

async function* chunksOf(socket: Socket | null): AsyncGenerator<Buffer> {
  if (socket === null) return;
  try {
    for await (const chunk of socket) yield chunk as Buffer;
  } catch {
    // The end of a terminal (EIO), or of our interest.
  }
}
