import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, isIPv6, type Socket } from "node:net";
import { messageOf } from "../../shared/errors.ts";
import type { LogDestination, SyslogServer } from "../../shared/objects/log-destination.ts";
import { sleep } from "../../shared/ports/clock.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import type { LogSocket, LogSockets } from "./log-sockets.ts";
import { closeFile, connectDatagrams, sendDatagram } from "./system-calls.ts";

const JOURNAL = "/run/systemd/journal/socket";
/** Where programs of a host find its syslog. */
const LOCAL = ["/dev/log", "/var/run/syslog", "/var/run/log"];
const NEVER = new AbortController().signal;
const CONNECT_MS_MAX = 5_000;
/** Until whoever listens has read some of what is there. */
const FULL_MS = 10;

/** By the kernel of the namespace that the daemon is in. */
export const systemLogSockets: LogSockets = {
  async open(destination: LogDestination): Promise<LogSocket> {
    if (destination.kind === "journald") return openDatagrams([JOURNAL]);
    return await openServer(destination.server);
  },
};

async function openServer(server: SyslogServer): Promise<LogSocket> {
  switch (server.kind) {
    case "local":
      return openDatagrams(LOCAL);
    case "unixgram":
      return openDatagrams([server.path]);
    case "unix":
      return await openStream(connect({ path: server.path }));
    case "tcp":
      return await openStream(connect({ host: server.host, port: server.port }));
    case "udp":
      return await openUdp(server.host, server.port);
  }
}

/** The first of the paths at which somebody listens. */
function openDatagrams(paths: readonly string[]): LogSocket {
  const complaints: string[] = [];
  for (const path of paths) {
    try {
      return datagramsTo(connectDatagrams(path));
    } catch (error) {
      complaints.push(messageOf(error));
    }
  }
  throw new Error(complaints.join("; "));
}

function datagramsTo(socket: number): LogSocket {
  return {
    async send(messages) {
      for (const message of messages)
        while (!sendDatagram(socket, message)) await sleep(systemClock, FULL_MS, "logs: a full socket", NEVER);
    },
    async [Symbol.asyncDispose]() {
      closeFile(socket);
    },
  };
}

async function openStream(socket: Socket): Promise<LogSocket> {
  // What is written after the end shows at the next write.
  let failure: Error | null = null;
  socket
    .on("error", (error) => (failure = error))
    .on("close", () => (failure ??= new Error("the connection is closed")));
  {
    const late = new Error(`no connection within ${CONNECT_MS_MAX / 1_000} s`);
    using _timer = systemClock.schedule(CONNECT_MS_MAX, "logs: connect", () => socket.destroy(late));
    await once(socket, "connect");
  }
  socket.resume();
  return {
    async send(messages) {
      const bytes = Buffer.concat(messages);
      await new Promise<void>((resolve, reject) => {
        if (failure !== null) reject(failure);
        else socket.write(bytes, (error) => (error ? reject(error) : resolve()));
      });
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
    },
  };
}

async function openUdp(host: string, port: number): Promise<LogSocket> {
  const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
  socket.on("error", () => {});
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.connect(port, host, () => resolve());
  });
  return {
    async send(messages) {
      for (const message of messages)
        await new Promise<void>((resolve, reject) => {
          socket.send(message, (error) => (error ? reject(error) : resolve()));
        });
    },
    async [Symbol.asyncDispose]() {
      socket.close();
    },
  };
}
