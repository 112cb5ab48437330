import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Answer } from "../answer.ts";
import { gone } from "../dispatch.ts";
import { writeTo } from "./write-answer.ts";

/** Events by which the HTTP server follows a connection. */
const HTTP_EVENTS = ["data", "readable", "end", "drain", "timeout"];

/**
 * Turns a request's connection into a raw one: with 101 when the caller has asked for an upgrade, with 200 otherwise.
 * The caller may close its half and go on reading. Resolves when `talk` is done and the connection is closed.
 */
export async function talkRaw(
  { request, connection }: { readonly request: IncomingMessage; readonly connection: Duplex },
  { headers, upgrade, talk }: Extract<Answer, { readonly kind: "hijack" }>,
  signal: AbortSignal,
): Promise<void> {
  const isUpgrade = request.headers.upgrade !== undefined;
  // From here on nothing of HTTP may look at its bytes, or end it when the caller closes its half.
  if (connection === request.socket) for (const event of HTTP_EVENTS) connection.removeAllListeners(event);
  connection.write(headOf(isUpgrade ? upgrade : null, headers));
  await talk({
    input: inputOf(connection, signal),
    send: (bytes) => writeTo(connection, bytes, signal),
    signal,
  });
  await ended(connection);
}

function headOf(upgrade: string | null, headers: Readonly<Record<string, string>>): string {
  const first = upgrade === null ? "HTTP/1.1 200 OK" : "HTTP/1.1 101 UPGRADED";
  const upgraded = upgrade === null ? [] : ["Connection: Upgrade", `Upgrade: ${upgrade}`];
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `${[first, ...lines, ...upgraded].join("\r\n")}\r\n\r\n`;
}

function inputOf(connection: Duplex, signal: AbortSignal): AsyncIterable<Buffer> {
  return {
    async *[Symbol.asyncIterator]() {
      try {
        // Leaving the loop early must not end the other direction.
        for await (const piece of connection.iterator({ destroyOnReturn: false })) yield piece as Buffer;
      } catch {
        throw gone();
      }
      if (signal.aborted) throw gone();
    },
  };
}

/** What has been sent is on its way, and the connection is given up: nobody takes the rest of its input. */
async function ended(connection: Duplex): Promise<void> {
  if (connection.destroyed) return;
  await new Promise<void>((resolve) => {
    connection.once("close", () => resolve());
    connection.end(() => connection.destroy());
  });
}
