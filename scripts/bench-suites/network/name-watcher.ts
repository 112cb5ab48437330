/**
 * `node name-watcher.ts NAME [PERIOD_MS]`: asks the name server of the container whose network it is in for NAME again
 * and again, and says when the answer has changed: a line of JSON with the instant (ms since 1970) and the sorted
 * addresses.
 */
import { createSocket } from "node:dgram";
import { decode, encode } from "dns-packet";

const [name = "", periodMs = "3"] = process.argv.slice(2);
const SERVER = { address: "127.0.0.11", port: 53 };
const ID_MAX = 65_535;
const ID_BYTES = 2;
const BYTE_MAX = 255;

let id = 0;
let shown = "";
/** Of the answer that was read last: the same records in another order have it, too. */
let sum = -1;
const socket = createSocket("udp4");
socket.on("message", (message) => {
  // An answer that was overtaken says nothing new.
  if (message.readUInt16BE(0) !== id) return;
  // Five of these ask all the time, on the processors that they watch: most answers are worth no more than a sum.
  const bytes = message.subarray(ID_BYTES).reduce((all, byte) => all + byte, message.length * BYTE_MAX);
  if (bytes === sum) return;
  sum = bytes;
  const reply = decode(message);
  const addresses = (reply.answers ?? []).flatMap((answer) => (answer.type === "A" ? [answer.data] : [])).sort();
  if (String(addresses) === shown) return;
  shown = String(addresses);
  console.log(JSON.stringify({ atMs: performance.timeOrigin + performance.now(), addresses }));
});
setInterval(() => {
  id = (id % ID_MAX) + 1;
  socket.send(encode({ type: "query", id, questions: [{ type: "A", name }] }), SERVER.port, SERVER.address);
}, Number(periodMs));
process.stdin.resume().on("end", () => process.exit(0));
