/**
 * Datagrams in a network namespace: `node udp-peer.ts serve PORT NAME` answers each with NAME; `node udp-peer.ts ask
 * LOCAL_PORT ADDRESS PORT` sends one after another from the same port, and says each answer as a line.
 */
import { createSocket } from "node:dgram";

const PERIOD_MS = 50;
const [mode, port, ...rest] = process.argv.slice(2);

const socket = createSocket("udp4");
// Refused while nobody is there: the next datagram may be answered.
socket.on("error", () => {});
socket.bind(Number(port), () => console.log("ready"));
if (mode === "serve") {
  const [name = ""] = rest;
  socket.on("message", (_, { port: from, address }) => socket.send(name, from, address));
} else {
  const [address = "", to] = rest;
  socket.on("message", (answer) => console.log(String(answer)));
  setInterval(() => socket.send("hello", Number(to), address, () => {}), PERIOD_MS);
}
process.stdin.resume().on("end", () => process.exit(0));
