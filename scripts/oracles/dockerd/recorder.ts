/** A socket that passes everything on to another one, and remembers what was asked and answered. */
import { rmSync } from "node:fs";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import type { Socket } from "node:net";
import { operationOf } from "./mask.ts";

export interface Exchange {
  readonly operation: string;
  readonly status: number;
  /** The answer's JSON; undefined = none, or a stream. */
  readonly json: unknown;
}

/** A longer answer is no object of the API. */
const JSON_BYTES_MAX = 16 << 20;

export class Recorder implements AsyncDisposable {
  readonly #server: Server;
  readonly #target: string;
  readonly #sockets = new Set<Socket>();
  #exchanges: Exchange[] = [];

  private constructor(target: string) {
    this.#target = target;
    this.#server = createServer((asked, response) => {
      const passed = this.#pass(asked);
      passed.on("response", (answer) => {
        const kept = this.#keep(asked, answer);
        response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
        // Clients wait for the headers of streams that have nothing to say yet.
        response.flushHeaders();
        answer.on("data", kept);
        answer.pipe(response);
        answer.on("error", () => response.destroy());
        response.on("close", () => answer.destroy());
      });
      passed.on("error", () => response.destroy());
      response.on("close", () => passed.destroy());
      asked.pipe(passed);
    });
    this.#server.on("upgrade", (asked, socket, head) => this.#upgrade(asked, socket as Socket, head));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  static async open(path: string, target: string): Promise<Recorder> {
    const recorder = new Recorder(target);
    rmSync(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      recorder.#server.once("error", reject);
      recorder.#server.listen(path, resolve);
    });
    return recorder;
  }

  /** What was recorded since the last time. */
  take(): readonly Exchange[] {
    const taken = this.#exchanges;
    this.#exchanges = [];
    return taken;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #pass({ method, url, headers }: IncomingMessage): ReturnType<typeof request> {
    return request({ socketPath: this.#target, method, path: url, headers, agent: false });
  }

  #upgrade(asked: IncomingMessage, socket: Socket, head: Buffer): void {
    const passed = this.#pass(asked);
    passed.on("upgrade", (answer, above, first) => {
      this.#note(asked, answer.statusCode ?? 0);
      socket.write(headOf(answer));
      socket.write(first);
      above.write(head);
      socket.pipe(above);
      above.pipe(socket);
      socket.on("error", () => above.destroy());
      above.on("error", () => socket.destroy());
    });
    passed.on("response", (answer) => {
      const kept = this.#keep(asked, answer);
      answer.on("data", kept);
      socket.write(headOf(answer));
      answer.pipe(socket);
    });
    passed.on("error", () => socket.destroy());
    // Also a request for an upgrade may have a body: what is to run.
    asked.pipe(passed);
  }

  /** Notes an answer when it begins; takes its pieces, and has its JSON when it has come. */
  #keep(asked: IncomingMessage, answer: IncomingMessage): (piece: Buffer) => void {
    const pieces: Buffer[] = [];
    let bytes = 0;
    const noted = this.#note(asked, answer.statusCode ?? 0);
    answer.once("end", () => {
      const isJson = answer.headers["content-type"] === "application/json" && bytes <= JSON_BYTES_MAX;
      if (isJson) noted.json = parsed(Buffer.concat(pieces).toString());
    });
    return (piece) => {
      bytes += piece.length;
      if (bytes <= JSON_BYTES_MAX) pieces.push(piece);
    };
  }

  #note({ method = "", url = "" }: IncomingMessage, status: number): { json: unknown } {
    const exchange = { operation: operationOf(method, url), status, json: undefined };
    this.#exchanges.push(exchange);
    return exchange;
  }
}

function headOf({ statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    // What follows is passed on without the chunks it came in.
    if (rawHeaders[at]?.toLowerCase() !== "transfer-encoding") lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** One value; streams of several are none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
