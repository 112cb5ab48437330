/**
 * Who listens: asked of the kernel's sock_diag, which knows listeners apart from connections, or, where it has none,
 * out of the tables below /proc/net, which are walked whole (20 ms and more, most of it over empty places).
 */
import { addressText, FAMILY } from "./addresses.ts";
import { ANSWER_AT, BY_FAMILY, STATE, socketsRequest } from "./sock-diag.ts";
import type { Message } from "./wire.ts";

export const LISTENER_TABLES = ["tcp", "tcp6", "udp", "udp6"] as const;

/** A socket that takes what comes to a port. */
export interface Listener {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  /** What it is bound to; `0.0.0.0` or `::` = every address of the host. */
  readonly address: string;
  /** The socket's number, the same as long as it is open; programs have it among their files. */
  readonly inode: number;
}

/** As the tables name them: TCP that listens, and UDP that is not bound to one peer. */
const LISTENING = { tcp: "0A", udp: "07" } as const;

/** How an address of IPv4 begins where it is written as one of IPv6. */
export const MAPPED = Buffer.from("00000000000000000000ffff", "hex");

/** Which fields of a line say what, counted from the line's number on. */
const FIELD = { local: 1, state: 3, inode: 9 } as const;

/** UDP that has no peer counts as closed. */
const ASKED = { tcp: STATE.listening, udp: STATE.closed } as const;

export interface ListenerRequest {
  readonly protocol: Listener["protocol"];
  readonly request: Buffer;
}

/** The requests that make the kernel tell of all listeners, each answered by a dump. */
export function listenerRequests(): readonly ListenerRequest[] {
  return (["tcp", "udp"] as const).flatMap((protocol) =>
    [FAMILY.ipv4, FAMILY.ipv6].map((family) => ({
      protocol,
      request: socketsRequest(family, protocol, ASKED[protocol]),
    })),
  );
}

/** null = nothing that is understood. */
export function readListener(protocol: Listener["protocol"], { type, body }: Message): Listener | null {
  if (type !== BY_FAMILY || body.length < ANSWER_AT.inode + 4) return null;
  const bytes = body.readUInt8(ANSWER_AT.family) === FAMILY.ipv4 ? 4 : 16;
  return {
    protocol,
    port: body.readUInt16BE(ANSWER_AT.port),
    address: plainAddress(body.subarray(ANSWER_AT.address, ANSWER_AT.address + bytes)),
    inode: body.readUInt32LE(ANSWER_AT.inode),
  };
}

/** `text` is what the file says, with its line of headings. */
export function parseListeners(table: (typeof LISTENER_TABLES)[number], text: string): readonly Listener[] {
  const protocol = table.startsWith("tcp") ? "tcp" : "udp";
  return text.split("\n").flatMap((line) => {
    // Most lines of a busy host are connections.
    if (!line.includes(` ${LISTENING[protocol]} `)) return [];
    const fields = line.trim().split(/\s+/);
    const [, address = "", port = ""] =
      /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(fields[FIELD.local] ?? "") ?? [];
    if (fields[FIELD.state] !== LISTENING[protocol] || address === "") return [];
    const inode = Number(fields[FIELD.inode] ?? 0);
    return [{ protocol, port: Number.parseInt(port, 16), address: addressIn(address), inode }];
  });
}

/** The tables show addresses as words of four bytes in the machine's order, which is little-endian. */
function addressIn(hex: string): string {
  const bytes = Buffer.concat((hex.match(/.{8}/g) ?? []).map((word) => Buffer.from(word, "hex").reverse()));
  return plainAddress(bytes);
}

/** A socket of IPv6 that was bound to an address of IPv4 takes what comes to that. */
function plainAddress(bytes: Buffer): string {
  return addressText(bytes.length === 16 && bytes.subarray(0, 12).equals(MAPPED) ? bytes.subarray(12) : bytes);
}
