/**
 * `node name-watcher.ts NAME`: asks the name server of the container whose network it is in for NAME again and again,
 * and says when the answer has changed: a line of JSON with the instant (ms since 1970) and the sorted addresses.
 */
import { createSocket } from "node:dgram";
import { decode, encode } from "dns-packet";

const [name = ""] = process.argv.slice(2);
const SERVER = { address: "127.0.0.11", port: 53 };
const PERIOD_MS = 3;
const ID_MAX = 65_535;

let id = 0;
let shown = "";
const socket = createSocket("udp4");
socket.on("message", (message) => {
  const reply = decode(message);
  // An answer that was overtaken says nothing new.
  if (reply.id !== id) return;
  const addresses = (reply.answers ?? []).flatMap((answer) => (answer.type === "A" ? [answer.data] : [])).sort();
  if (String(addresses) === shown) return;
  shown = String(addresses);
  console.log(JSON.stringify({ atMs: performance.timeOrigin + performance.now(), addresses }));
});
setInterval(() => {
  id = (id % ID_MAX) + 1;
  socket.send(encode({ type: "query", id, questions: [{ type: "A", name }] }), SERVER.port, SERVER.address);
}, PERIOD_MS);
process.stdin.resume().on("end", () => process.exit(0));
