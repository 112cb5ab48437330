/** A socket that passes everything on to another one, and remembers what was asked and answered. */
import { rmSync } from "node:fs";
import { Agent, createServer, type IncomingMessage, request, type Server } from "node:http";
import type { Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { operationOf } from "./mask.ts";

export interface Exchange {
  readonly operation: string;
  readonly status: number;
  /** The answer's JSON; undefined = none, or a stream. */
  readonly json: unknown;
}

/** A longer answer is no object of the API. */
const JSON_BYTES_MAX = 16 << 20;
/** How long a command that has ended is waited for the answers to what it asked last. */
const SETTLE_MS_MAX = 1_000;

/** How long a connection or a request may last is up to the two that speak with each other. */
const NO_LIMITS = { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 } as const;

/** Asked, and perhaps not answered yet. */
interface Asked {
  readonly exchange: { operation: string; status: number; json: unknown };
  readonly settled: PromiseWithResolvers<void>;
}

export class Recorder implements AsyncDisposable {
  readonly #server: Server;
  readonly #target: string;
  readonly #sockets = new Set<Socket>();
  /**
   * A connection for each request, and one that stays open behind the answer: a server that closes it at once takes the
   * end of the request for an error, and with that the answer is lost.
   */
  readonly #agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 0 });
  #asked: Asked[] = [];

  private constructor(target: string) {
    this.#target = target;
    this.#server = createServer(NO_LIMITS, (asked, response) => {
      const noted = this.#note(asked);
      const passed = this.#pass(asked);
      let isAnswered = false;
      passed.on("response", (answer) => {
        isAnswered = true;
        const kept = keep(noted, answer);
        response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
        // Clients wait for the headers of streams that have nothing to say yet.
        response.flushHeaders();
        answer.on("data", kept);
        answer.pipe(response);
        answer.on("error", () => response.destroy());
        response.on("close", () => answer.destroy());
      });
      passed.on("error", () => {
        noted.settled.resolve();
        // Who answers early may take no more of what is sent, which takes nothing from the answer.
        if (!isAnswered) response.destroy();
      });
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

  /** What was asked since the last time, once it is answered. What nobody answered, its caller did not wait for. */
  async take(): Promise<readonly Exchange[]> {
    const taken = this.#asked;
    this.#asked = [];
    const all = Promise.all(taken.map(({ settled }) => settled.promise));
    const timeUp = new AbortController();
    await Promise.race([all, setTimeout(SETTLE_MS_MAX, null, { signal: timeUp.signal }).catch(() => {})]);
    timeUp.abort();
    return taken.map(({ exchange }) => exchange).filter(({ status }) => status !== 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #pass({ method, url, headers }: IncomingMessage): ReturnType<typeof request> {
    // What the caller says of its own connection is not about this one, unless it asks for another protocol.
    const { connection, ...others } = headers;
    const passed = headers.upgrade === undefined ? others : { ...others, connection };
    return request({ socketPath: this.#target, method, path: url, headers: passed, agent: this.#agent });
  }

  #upgrade(asked: IncomingMessage, socket: Socket, head: Buffer): void {
    const noted = this.#note(asked);
    const passed = this.#pass(asked);
    passed.on("upgrade", (answer, above, first) => {
      noted.exchange.status = answer.statusCode ?? 0;
      noted.settled.resolve();
      socket.write(headOf(answer));
      socket.write(first);
      above.write(head);
      socket.pipe(above);
      above.pipe(socket);
      socket.on("error", () => above.destroy());
      above.on("error", () => socket.destroy());
      // Without a word before: what has come still goes out.
      socket.on("close", () => above.end(() => above.destroy()));
      above.on("close", () => socket.end(() => socket.destroy()));
    });
    passed.on("response", (answer) => {
      answer.on("data", keep(noted, answer));
      socket.write(headOf(answer));
      answer.pipe(socket);
    });
    passed.on("error", () => {
      noted.settled.resolve();
      socket.destroy();
    });
    // Also a request for an upgrade may have a body: what is to run.
    asked.pipe(passed);
  }

  #note({ method = "", url = "" }: IncomingMessage): Asked {
    const exchange = { operation: operationOf(method, url), status: 0, json: undefined };
    const asked = { exchange, settled: Promise.withResolvers<void>() };
    this.#asked.push(asked);
    return asked;
  }
}

/** Notes how an answer begins; takes its pieces, and notes its JSON when it has come. */
function keep({ exchange, settled }: Asked, answer: IncomingMessage): (piece: Buffer) => void {
  const pieces: Buffer[] = [];
  let bytes = 0;
  exchange.status = answer.statusCode ?? 0;
  settled.resolve();
  // Also when the caller has read enough and goes before the end.
  answer.once("close", () => {
    const isJson = answer.headers["content-type"] === "application/json" && bytes <= JSON_BYTES_MAX;
    if (isJson) exchange.json = parsed(Buffer.concat(pieces).toString());
  });
  return (piece) => {
    bytes += piece.length;
    if (bytes <= JSON_BYTES_MAX) pieces.push(piece);
  };
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
