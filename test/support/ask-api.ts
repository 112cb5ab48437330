/** Requests to the HTTP API without a socket. */
import type { Backend } from "../../http-api/backend.ts";
import { dispatch } from "../../http-api/dispatch.ts";
import { RouteTable } from "../../http-api/route.ts";
import { ROUTES } from "../../http-api/routes.ts";
import { type Logger, silentLogger } from "../../shared/log.ts";
import { VirtualClock } from "./virtual-clock.ts";

const TABLE = new RouteTable(ROUTES);

export interface Asked {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly log?: Logger;
}

export interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the body, whatever kind of answer it is. */
  readonly bytes: Buffer;
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown;
}

/** @param body an object is sent as JSON, text and bytes as they are */
export async function askApi(
  backend: Backend,
  request: string,
  { body, headers = {}, log }: Asked = {},
): Promise<Told> {
  const [method = "", ...target] = request.split(" ");
  const bytes = typeof body === "string" || Buffer.isBuffer(body) ? Buffer.from(body) : undefined;
  const sent = bytes ?? (body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body)));
  const all: Readonly<Record<string, string>> = {
    ...(typeof body === "object" ? { "content-type": "application/json" } : {}),
    ...headers,
  };
  const header = (name: string): string => (Object.hasOwn(all, name) ? (all[name] ?? "") : "");
  const answer = await dispatch(
    {
      method,
      target: target.join(" "),
      header,
      body: { contentType: header("content-type"), pieces: once(sent) },
      signal: new AbortController().signal,
    },
    { table: TABLE, backend, clock: new VirtualClock(), log: log ?? silentLogger, version: "1.2.3" },
  );
  if (answer.kind === "hijack") return told(101, answer.headers, Buffer.alloc(0));
  if (answer.kind === "whole") return told(answer.status, answer.headers, answer.body);
  const pieces: Uint8Array[] = [];
  for await (const piece of answer.pieces) pieces.push(piece);
  return told(answer.status, answer.headers, Buffer.concat(pieces));
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  if (bytes.length > 0) yield bytes;
}

function told(status: number, headers: Told["headers"], bytes: Buffer): Told {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString());
  } catch {
    json = undefined;
  }
  return { status, headers, bytes, json };
}
