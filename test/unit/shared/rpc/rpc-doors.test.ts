import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, constants } from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { before, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { silentLogger } from "../../../../shared/log.ts";
import { type NodeIdentity, toTlsMaterial } from "../../../../shared/pki/bootstrap.ts";
import type { KeyedCertificate } from "../../../../shared/pki/issue.ts";
import { TlsCredentials } from "../../../../shared/pki/tls-credentials.ts";
import { connect } from "../../../../shared/rpc/client.ts";
import { bidi, type RpcHandlers, unary } from "../../../../shared/rpc/handler.ts";
import {
  NODE_CONNECTIONS_MAX,
  NODE_HELD_BYTES_MAX,
  requestBytesMax,
  STRANGER_CALLS_MAX,
  STRANGER_CONNECTION_BYTES_MAX,
  STRANGER_REQUEST_BYTES_MAX,
  STRANGERS,
} from "../../../../shared/rpc/limits.ts";
import { RpcServer, type RpcServerOptions } from "../../../../shared/rpc/rpc-server.ts";
import { services } from "../../../../shared/rpc/schema.ts";
import { createTestCa, createTestIdentity } from "../pki/fixtures.ts";

const ROOT_CALL = services.certificateAuthority.methods.getRootCertificate.path;
const SESSION_CALL = services.dispatcher.methods.session.path;
let ca: KeyedCertificate;
let manager: NodeIdentity;
let worker: NodeIdentity;

before(async () => {
  ca = await createTestCa();
  manager = await createTestIdentity(ca, { nodeId: "m".repeat(25), role: "MANAGER" });
  worker = await createTestIdentity(ca, { nodeId: "w".repeat(25), role: "WORKER" });
});

async function startManager(options: Partial<RpcServerOptions> = {}) {
  const credentials = new TlsCredentials(toTlsMaterial(manager));
  const handlers: RpcHandlers<typeof services.certificateAuthority> = {
    getRootCertificate: unary(async () => ({ certificate: "the root" })),
    issueNodeCertificate: unary(async () => ({})),
    confirmCertificate: unary(async () => ({})),
    fetchUnlockKey: unary(async () => ({})),
  };
  const endpoint = { kind: "tls", host: "127.0.0.1", port: 0, credentials } as const;
  const server = new RpcServer(endpoint, { log: silentLogger, ...options })
    .add(services.certificateAuthority, handlers)
    .add(services.dispatcher, {
      session: bidi(async (messages) => {
        for await (const _ of messages);
      }),
      publishLogs: { kind: "clientStream", run: async () => ({}) },
      carry: bidi(async () => {}),
      ...{ findNetwork: unary(async () => ({})), tellGuests: unary(async () => ({})) },
    });
  const address = await server.listen();
  const port = Number(address.split(":")[1]);
  return { server, address, port, [Symbol.asyncDispose]: () => server.stop(0) };
}

/** An HTTP/2 connection of whoever this is; null = somebody without a certificate. */
function openHttp2(port: number, identity: NodeIdentity | null) {
  const own = identity === null ? {} : { cert: identity.certificate, key: identity.key };
  const session = connectHttp2(`https://127.0.0.1:${port}`, {
    ...own,
    rejectUnauthorized: false,
    maxSessionMemory: 1_000,
  });
  session.on("error", () => {});
  const closed = new Promise((resolve) => session.once("close", resolve));
  return { session, closed, [Symbol.dispose]: () => session.destroy() };
}

function call(session: ClientHttp2Session, path: string): ClientHttp2Stream {
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
  });
  stream.on("error", () => {});
  return stream;
}

/** gRPC's status in the headers of a refusal. */
async function statusOf(stream: ClientHttp2Stream): Promise<string> {
  const [headers] = (await once(stream, "response")) as [Record<string, string>];
  return `${headers["grpc-status"]} ${decodeURI(headers["grpc-message"] ?? "")}`;
}

function frame(claimed: number, sent = 0): Buffer {
  const bytes = Buffer.alloc(5 + sent);
  bytes.writeUInt32BE(claimed, 1);
  return bytes;
}

/** A TCP connection from another address of this host that says nothing. */
function openSilent(port: number, from = "127.0.0.2"): { readonly socket: Socket; readonly closed: Promise<unknown> } {
  const socket = connectTcp({ host: "127.0.0.1", port, localAddress: from });
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => {});
  socket.resume();
  return { socket, closed };
}

test("whoever has no certificate is refused by the headers, before any of the body has come", async () => {
  await using host = await startManager();
  using stranger = openHttp2(host.port, null);
  const stream = call(stranger.session, SESSION_CALL);
  assert.equal(await statusOf(stream), "16 this call needs a certificate of the swarm: join it first");
});

test("a stranger's request of more than its few KiB is refused by its size", async () => {
  await using host = await startManager();
  using stranger = openHttp2(host.port, null);
  const stream = call(stranger.session, ROOT_CALL);
  stream.end(Buffer.alloc(STRANGER_REQUEST_BYTES_MAX + 100));
  assert.match(await statusOf(stream), /^8 the request is larger than 8192 bytes/);
});

test("a stranger's connection is cut once it has brought more than a join can need, whatever it brings", async () => {
  await using host = await startManager();
  for (const flood of ["bodies", "pings", "streams"] as const) {
    using stranger = openHttp2(host.port, null);
    const { session } = stranger;
    await once(session, "connect");
    let sent = 0;
    const more = (): void => {
      if (session.destroyed || session.closed) return;
      if (flood === "bodies") call(session, ROOT_CALL).end(Buffer.alloc(STRANGER_REQUEST_BYTES_MAX + 100));
      if (flood === "pings") session.ping(() => {});
      if (flood === "streams") call(session, "/none/such").close();
      sent++;
      setImmediate(more);
    };
    more();
    await stranger.closed;
    assert.ok(sent > 0);
    assert.ok((session.socket?.bytesWritten ?? 0) < 4 * STRANGER_CONNECTION_BYTES_MAX);
  }
});

test("a stranger's connection takes its few calls, one after the other as well, and no more", async () => {
  await using host = await startManager();
  using stranger = openHttp2(host.port, null);
  for (let count = 0; count < STRANGER_CALLS_MAX; count++) {
    const stream = call(stranger.session, ROOT_CALL);
    stream.end(frame(0));
    const [headers] = (await once(stream, "response")) as [Record<string, string>];
    assert.equal(headers[":status"], 200);
    stream.resume();
    await once(stream, "close");
  }
  call(stranger.session, ROOT_CALL).end(frame(0));
  await stranger.closed;
});

test("connections that say nothing are closed when the time for the handshake is over", async () => {
  await using host = await startManager({ handshakeMs: 50 });
  const silent = Array.from({ length: 5 }, () => openSilent(host.port));
  await Promise.all(silent.map(({ closed }) => closed));
});

test("one address gets its few connections, and members come in beside it", async () => {
  await using host = await startManager({ isMemberAddress: (address) => address === "127.0.0.1" });
  const silent = Array.from({ length: STRANGERS.perAddressMax + 10 }, () => openSilent(host.port));
  let open = silent.length;
  await new Promise<void>((resolve) => {
    for (const { closed } of silent)
      void closed.then(() => {
        if (--open === STRANGERS.perAddressMax) resolve();
      });
  });
  await using client = connect(services.certificateAuthority, host.address, new TlsCredentials(toTlsMaterial(worker)));
  assert.deepEqual(await client.getRootCertificate({}), { certificate: "the root" });
  for (const { socket } of silent) socket.destroy();
});

test("strangers from many addresses at once do not keep another one out", async () => {
  await using host = await startManager();
  const silent = Array.from({ length: STRANGERS.strangersMax + 20 }, (_, index) =>
    openSilent(host.port, `127.0.${1 + Math.floor(index / 8)}.1`),
  );
  await Promise.race(silent.map(({ closed }) => closed));
  await using client = connect(services.certificateAuthority, host.address, "untrusted");
  assert.deepEqual(await client.getRootCertificate({}), { certificate: "the root" });
  for (const { socket } of silent) socket.destroy();
});

test("a member's request that is larger than the call takes is refused by its first five bytes", async () => {
  await using host = await startManager();
  using member = openHttp2(host.port, worker);
  const stream = call(member.session, SESSION_CALL);
  const bytesMax = requestBytesMax(SESSION_CALL);
  stream.write(frame(bytesMax + 1));
  assert.equal(await statusOf(stream), `8 the request has ${bytesMax + 1} bytes: this call takes at most ${bytesMax}`);
});

test("a member cannot have the server hold more than its share, and gets it back by ending its calls", async () => {
  await using host = await startManager();
  using member = openHttp2(host.port, worker);
  await once(member.session, "connect");
  const bytesMax = requestBytesMax(SESSION_CALL);
  const unfinished = frame(bytesMax, bytesMax - 1);
  const fill = (): readonly ClientHttp2Stream[] =>
    Array.from({ length: NODE_HELD_BYTES_MAX / bytesMax + 2 }, () => {
      const stream = call(member.session, SESSION_CALL);
      stream.write(unfinished);
      return stream;
    });
  const streams = fill();
  assert.equal(await Promise.race(streams.map(statusOf)), "8 too many requests are being read at once: try again");
  await Promise.all(
    streams.map(async (stream) => {
      if (stream.closed) return;
      stream.close(constants.NGHTTP2_CANCEL);
      await once(stream, "close");
    }),
  );
  await using client = connect(services.dispatcher, host.address, new TlsCredentials(toTlsMaterial(worker)));
  const session = client.session();
  await session.send({ heartbeat: {} });
  session.end();
  for await (const _ of session.messages);
});

test("a node gets a bounded number of connections", async () => {
  await using host = await startManager({ isMemberAddress: () => true });
  const sockets = await Promise.all(
    Array.from({ length: NODE_CONNECTIONS_MAX }, async () => {
      const socket = connectTls({
        host: "127.0.0.1",
        port: host.port,
        cert: worker.certificate,
        key: worker.key,
        rejectUnauthorized: false,
        ALPNProtocols: ["h2"],
      });
      socket.on("error", () => {});
      // The server's settings: it has taken the connection.
      await once(socket, "data");
      return socket;
    }),
  );
  using tooMany = openHttp2(host.port, worker);
  await tooMany.closed;
  for (const socket of sockets) socket.destroy();
});
