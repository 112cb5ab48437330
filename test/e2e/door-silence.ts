/**
 * Run on the lab's client: connects to a manager in several ways, says nothing more, and prints after how many
 * milliseconds each connection was closed.
 *
 *     door-silence.ts HOST
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

const MANAGER_PORT = 2377;
const GOSSIP_PORT = 7946;
/** Far beyond every limit: whoever is still connected then is shown as never closed. */
const NEVER_MS = 120_000;
const HTTP2_PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/** An empty SETTINGS frame. */
const HTTP2_SETTINGS = Buffer.from("000000040000000000", "hex");
/** The head of a TLS record with a ClientHello of which nothing follows. */
const HALF_HELLO = Buffer.from("160301020001", "hex");

const [host = ""] = process.argv.slice(2);
const at = (port: number): Socket => connect({ host, port });
const overTls = (): Socket =>
  connectTls({ host, port: MANAGER_PORT, ALPNProtocols: ["h2"], rejectUnauthorized: false, minVersion: "TLSv1.3" });

const ways: Readonly<Record<string, () => Promise<Socket>>> = {
  TCP: async () => at(MANAGER_PORT),
  "half a TLS handshake": () => saying(at(MANAGER_PORT), "connect", HALF_HELLO),
  TLS: () => saying(overTls(), "secureConnect"),
  "TLS and the start of HTTP/2": () => saying(overTls(), "secureConnect", HTTP2_PREFACE, HTTP2_SETTINGS),
  gossip: async () => at(GOSSIP_PORT),
  // An encrypted frame that announces 255 bytes.
  "half a gossip frame": () => saying(at(GOSSIP_PORT), "connect", Buffer.from("0a000000ff", "hex")),
};
const took = await Promise.all(
  Object.entries(ways).map(async ([way, open]) => [way, Math.round(await untilClosed(open))] as const),
);
process.stdout.write(`${JSON.stringify(Object.fromEntries(took))}\n`);

async function saying(socket: Socket, ready: string, ...words: readonly (string | Buffer)[]): Promise<Socket> {
  await once(socket, ready);
  for (const word of words) socket.write(word);
  return socket;
}

async function untilClosed(open: () => Promise<Socket>): Promise<number> {
  const sinceMs = performance.now();
  const socket = await open();
  socket.on("error", () => {});
  socket.resume();
  socket.setTimeout(NEVER_MS, () => socket.destroy());
  await once(socket, "close");
  return performance.now() - sinceMs;
}
