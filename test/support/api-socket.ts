/** The HTTP API on a unix socket of its own, with what a test needs to speak to it. */
import { mkdtempSync, rmSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDockerSocket } from "../../http-api/ports/docker-socket.ts";
import type { ApiServerOptions } from "../../http-api/ports/http-server.ts";
import { silentLogger } from "../../shared/log.ts";
import { fakeBackend } from "./fake-backend.ts";

export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface AskOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface ApiSocket extends AsyncDisposable {
  readonly path: string;
  ask(method: string, target: string, options?: AskOptions): Promise<Got>;
  /** A connection for bytes that are no proper request. */
  raw(bytes: string): Socket;
}

export async function startApi(options: Partial<ApiServerOptions> = {}): Promise<ApiSocket> {
  const directory = mkdtempSync(join(tmpdir(), "swarm-api-"));
  const path = join(directory, "docker.sock");
  const server = await openDockerSocket(path, {
    backend: fakeBackend({}),
    log: silentLogger,
    version: "1.2.3",
    ...options,
  });
  return {
    path,
    ask: (method, target, { headers = {}, body = "" } = {}) =>
      new Promise((resolve, reject) => {
        const asked = request({ socketPath: path, method, path: target, headers, agent: false }, (response) => {
          const pieces: Buffer[] = [];
          response.on("data", (piece: Buffer) => pieces.push(piece));
          response.on("error", reject);
          response.on("end", () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(pieces).toString(),
            }),
          );
        });
        asked.on("error", reject);
        asked.end(body);
      }),
    raw: (bytes) => {
      const socket = connect({ path, allowHalfOpen: true });
      socket.on("error", () => {});
      socket.write(bytes);
      return socket;
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** All that a connection gives until it ends. */
export async function allOf(socket: Socket): Promise<string> {
  let all = "";
  for await (const piece of socket) all += String(piece);
  return all;
}
