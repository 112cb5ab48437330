import { type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";

export interface Asked {
  readonly method: string;
  /** Path and query, as they go over the wire. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** How long the answer may go on once it has begun; a stream is left then. */
  readonly patienceMs?: number;
}

export interface Answered {
  /** 0 = no answer came in time. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As much as came. */
  readonly body: Buffer;
}

/** Until an answer begins. */
const ANSWER_MS_MAX = 120_000;
const BODY_BYTES_MAX = 8 << 20;
const PATIENCE_MS = 30_000;

/** @throws Error when the connection breaks before an answer. */
export function ask(
  socketPath: string,
  { method, target, headers = {}, body = "", ...asked }: Asked,
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    // Without it Node.js would send the body of a GET as bytes that follow the request.
    const length = body.length === 0 ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
    const all = { ...length, ...headers };
    const sent = request({ socketPath, method, path: target, headers: all, agent: false });
    const silence = setTimeout(() => {
      resolve({ status: 0, headers: {}, body: Buffer.alloc(0) });
      sent.destroy();
    }, ANSWER_MS_MAX);
    sent.on("error", (error) => {
      clearTimeout(silence);
      reject(error);
    });
    sent.on("upgrade", (response, socket) => {
      clearTimeout(silence);
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.alloc(0) });
    });
    sent.on("response", (response) => {
      clearTimeout(silence);
      const pieces: Buffer[] = [];
      let bytes = 0;
      const end = (): void => {
        clearTimeout(patience);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) });
        sent.destroy();
      };
      const patience = setTimeout(end, asked.patienceMs ?? PATIENCE_MS);
      response.on("data", (piece: Buffer) => {
        bytes += piece.length;
        pieces.push(piece);
        if (bytes > BODY_BYTES_MAX) end();
      });
      response.on("end", end);
      response.on("error", end);
    });
    sent.end(body);
  });
}

/** Sends bytes, and takes what comes until the connection ends or the time is over. */
export function sendRaw(socketPath: string, bytes: string | Buffer, ms: number, endsAtOnce = false): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ path: socketPath, allowHalfOpen: true });
    let got = "";
    const end = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(got);
    };
    const timer = setTimeout(end, ms);
    socket.on("error", end);
    socket.on("end", end);
    socket.on("data", (piece: Buffer) => {
      if (got.length < BODY_BYTES_MAX) got += piece.toString("latin1");
    });
    if (endsAtOnce) socket.end(bytes);
    else socket.write(bytes);
  });
}
