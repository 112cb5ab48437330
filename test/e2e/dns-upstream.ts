/**
 * The name server of the DNS test's outside world: knows `N.example` (192.0.2.N), `large.example` (a text that fits no
 * UDP message), and nothing else. Answers each line on standard input with how many questions came. Argument: ADDRESS.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { type Answer, decode, encode, streamEncode } from "dns-packet";

const PORT = 53;
const LARGE_TEXTS = 20;
const TRUNCATED = 0x0200;
const NXDOMAIN = 3;
const [address = ""] = process.argv.slice(2);
let questions = 0;

function answer(message: Buffer, isUdp: boolean): Parameters<typeof encode>[0] {
  questions++;
  const { id, questions: asked, additionals } = decode(message);
  const { name = "", type = "A" } = asked?.[0] ?? {};
  const isLarge = name.toLowerCase() === "large.example";
  const number = /^(\d+)\.example$/i.exec(name)?.[1];
  const answers: Answer[] = isLarge
    ? Array.from({ length: LARGE_TEXTS }, () => ({ type: "TXT", name, ttl: 60, data: "x".repeat(200) }))
    : number !== undefined && type === "A"
      ? [{ type: "A", name, ttl: 60, data: `192.0.2.${number}` }]
      : [];
  const isCut = isLarge && isUdp;
  const flags = 0x0180 | (isCut ? TRUNCATED : 0) | (isLarge || number !== undefined ? 0 : NXDOMAIN);
  const opt = (additionals ?? []).filter((record) => record.type === "OPT");
  return {
    type: "response",
    id: id ?? 0,
    flags,
    questions: asked ?? [],
    answers: isCut ? [] : answers,
    additionals: opt,
  };
}

const udp = createSocket("udp4").bind(PORT, address);
udp.on("message", (message, peer) => udp.send(encode(answer(message, true)), peer.port, peer.address));
const tcp = createServer((socket) => {
  socket.on("error", () => socket.destroy());
  socket.on("data", (message) => socket.end(streamEncode(answer(Buffer.from(message).subarray(2), false))));
}).listen(PORT, address);
await Promise.all([once(udp, "listening"), once(tcp, "listening")]);

for await (const _ of createInterface({ input: process.stdin })) process.stdout.write(`${questions}\n`);
