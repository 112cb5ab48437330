/**
 * What runs in a task of the network test: answers every line on its TCP and UDP ports with its name and the address
 * it sees the peer at; says "ready" to standard input. Arguments: NAME TCP_PORT UDP_PORT.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

const [name = "", tcpPort = "0", udpPort = "0"] = process.argv.slice(2);

const servers = [
  { family: "udp4", host: "0.0.0.0" },
  { family: "udp6", host: "::" },
] as const;
for (const { family, host } of servers) {
  const tcp = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", () => socket.write(`${name} ${socket.remoteAddress}\n`));
  }).listen({ port: Number(tcpPort), host, ipv6Only: true });
  const udp = createSocket({ type: family, ipv6Only: family === "udp6" }).bind(Number(udpPort));
  udp.on("message", (_, peer) => udp.send(`${name} ${peer.address}\n`, peer.port, peer.address));
  await Promise.all([once(tcp, "listening"), once(udp, "listening")]);
}

for await (const _ of createInterface({ input: process.stdin })) process.stdout.write("ready\n");
