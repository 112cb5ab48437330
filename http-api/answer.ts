/** What a route answers. Every answer carries the headers of headers.ts besides its own. */
export type Answer =
  | {
      readonly kind: "whole";
      readonly status: number;
      readonly headers: Headers;
      /** Empty = no body. */
      readonly body: Buffer;
    }
  | {
      readonly kind: "stream";
      readonly status: number;
      readonly headers: Headers;
      /** False: an error before the first piece is still an answer with its own status. */
      readonly headersAtOnce: boolean;
      /** Left early when the caller goes. Held back while the caller does not read. */
      readonly pieces: AsyncIterable<Uint8Array>;
      /** What says, after the first piece, that something went wrong; null = the connection is cut. */
      readonly lastWords: ((error: unknown) => Buffer) | null;
    }
  | {
      readonly kind: "hijack";
      readonly headers: Headers;
      /** What the connection becomes, in the words of Upgrade. */
      readonly upgrade: "tcp" | "websocket";
      /** Speaks with the caller until it resolves; then the connection is closed. */
      readonly talk: (peer: Hijacked) => Promise<void>;
    };

export type Headers = Readonly<Record<string, string>>;

/** The raw connection of a caller that has asked for one. */
export interface Hijacked {
  /** What the caller sends; ends when it has closed its half. Held back while it is not taken. */
  readonly input: AsyncIterable<Buffer>;
  /** Resolves when the connection takes more. @throws SwarmError cancelled once the caller has gone. */
  send(bytes: Uint8Array): Promise<void>;
  /** Aborts when the connection is gone. */
  readonly signal: AbortSignal;
}

export const RAW_STREAM = "application/vnd.docker.raw-stream";
export const MULTIPLEXED_STREAM = "application/vnd.docker.multiplexed-stream";

/** The CLI shows the body as it is unless the type is exactly this. */
export const JSON_TYPE = "application/json";
const CR_LF = "\r\n";

/** One JSON value. */
export function json(value: unknown, status = 200, headers: Headers = {}): Answer {
  return jsonText(JSON.stringify(value), status, headers);
}

/** The same, of a value that is in words already. */
export function jsonText(value: string, status = 200, headers: Headers = {}): Answer {
  const body = Buffer.from(`${value}\n`);
  return { kind: "whole", status, headers: { "Content-Type": JSON_TYPE, ...headers }, body };
}

/** No body. */
export function empty(status = 204, headers: Headers = {}): Answer {
  return { kind: "whole", status, headers, body: Buffer.alloc(0) };
}

export function text(body: string, status = 200, headers: Headers = {}): Answer {
  return {
    kind: "whole",
    status,
    headers: { "Content-Type": "text/plain; charset=utf-8", ...headers },
    body: Buffer.from(body),
  };
}

/** Bytes as they come, with headers at once unless told otherwise. */
export function stream(
  contentType: string,
  pieces: AsyncIterable<Uint8Array>,
  { headersAtOnce = true, headers = {} }: { readonly headersAtOnce?: boolean; readonly headers?: Headers } = {},
): Answer {
  return {
    kind: "stream",
    status: 200,
    headers: { "Content-Type": contentType, ...headers },
    headersAtOnce,
    pieces,
    lastWords: null,
  };
}

/**
 * JSON objects as they come, each ended by CR LF. `sentenceOf` puts a late error into words, as Docker's progress;
 * `detailOf` says more of it.
 */
export function jsonLines(
  objects: AsyncIterable<unknown>,
  sentenceOf: (error: unknown) => string,
  {
    headersAtOnce = false,
    detailOf = () => ({}),
  }: { readonly headersAtOnce?: boolean; readonly detailOf?: (sentence: string) => object } = {},
): Answer {
  return {
    kind: "stream",
    status: 200,
    headers: { "Content-Type": JSON_TYPE },
    headersAtOnce,
    pieces: linesOf(objects),
    lastWords: (error) => {
      const message = sentenceOf(error);
      return lineOf({ errorDetail: { ...detailOf(message), message }, error: message });
    },
  };
}

/** One JSON value that comes later than its headers, as the answer of a wait. */
export function lateJson(value: () => Promise<unknown>): Answer {
  return stream(JSON_TYPE, {
    async *[Symbol.asyncIterator]() {
      yield Buffer.from(`${JSON.stringify(await value())}\n`);
    },
  });
}

/** The connection itself, in place of HTTP. */
export function hijack(contentType: string, talk: (peer: Hijacked) => Promise<void>): Answer {
  return { kind: "hijack", headers: { "Content-Type": contentType }, upgrade: "tcp", talk };
}

async function* linesOf(objects: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  for await (const object of objects) yield lineOf(object);
}

function lineOf(object: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(object)}${CR_LF}`);
}
