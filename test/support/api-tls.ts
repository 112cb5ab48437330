/** Docker's API over TLS on a port of 127.0.0.1, with certificates of an authority of its own. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import type { CertificatePaths } from "../../http-api/listen-address.ts";
import { openDockerTcp } from "../../http-api/ports/docker-tcp.ts";
import type { Route } from "../../http-api/route.ts";
import { silentLogger } from "../../shared/log.ts";
import { createTestCa, createTestIdentity } from "../unit/shared/pki/fixtures.ts";
import { fakeBackend } from "./fake-backend.ts";

/** What a client shows, and whom it believes. */
export interface ClientFiles {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface ApiTls extends AsyncDisposable {
  readonly port: number;
  readonly paths: CertificatePaths;
  ask(target: string, client: ClientFiles): Promise<{ readonly status: number; readonly body: string }>;
  /** A connection on which a test speaks by itself. */
  raw(client: ClientFiles): TLSSocket;
}

/** An authority with a certificate for a server and one for a client. */
export interface TestPki {
  readonly ca: string;
  readonly server: { readonly cert: string; readonly key: string };
  readonly client: ClientFiles & { readonly cert: string; readonly key: string };
}

export async function createPki(): Promise<TestPki> {
  const ca = await createTestCa();
  const server = await createTestIdentity(ca);
  const client = await createTestIdentity(ca);
  return {
    ca: ca.certificate,
    server: { cert: server.certificate, key: server.key },
    client: { ca: ca.certificate, cert: client.certificate, key: client.key },
  };
}

export function writePki({ ca, certificate, key }: CertificatePaths, pki: TestPki): void {
  writeFileSync(ca, pki.ca);
  writeFileSync(certificate, pki.server.cert);
  writeFileSync(key, pki.server.key);
}

export async function startApiTls(pki: TestPki, routes: readonly Route[]): Promise<ApiTls> {
  const directory = mkdtempSync(join(tmpdir(), "swarm-api-tls-"));
  const [ca, certificate, key] = ["ca.pem", "cert.pem", "key.pem"].map((name) => join(directory, name));
  const paths = { ca: ca ?? "", certificate: certificate ?? "", key: key ?? "" };
  writePki(paths, pki);
  const port = await freePort();
  const where = { kind: "tcp", host: "127.0.0.1", port } as const;
  const server = await openDockerTcp(where, paths, {
    backend: fakeBackend({}),
    log: silentLogger,
    version: "1.2.3",
    routes,
  });
  // Certificates of nodes name no host.
  const trusting = { host: "127.0.0.1", port, checkServerIdentity: () => undefined };
  return {
    port,
    paths,
    ask: (path, client) =>
      new Promise((resolve, reject) => {
        const asked = request({ ...trusting, ...client, path, agent: false }, (answer) => {
          let body = "";
          answer.on("data", (piece) => {
            body += String(piece);
          });
          answer.on("error", reject);
          answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body }));
        });
        asked.on("error", reject);
        asked.end();
      }),
    raw: (client) => {
      // Node.js has it, and its types do not.
      const halfOpen: ConnectionOptions = { ...trusting, ...client, ...{ allowHalfOpen: true } };
      const socket = connect(halfOpen);
      socket.on("error", () => {});
      return socket;
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A port that nobody has just now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
