/**
 * Connections that are ended from outside: a program learns at once that its address has gone, instead of sending into
 * nothing until TCP gives up, a quarter of an hour later.
 */
import { addressBytes, FAMILY } from "./addresses.ts";
import { MAPPED } from "./listeners.ts";
import {
  ANSWER_AT,
  BY_FAMILY,
  PROTOCOL_NUMBER,
  REQUEST_AT,
  REQUEST_BYTES,
  STATE,
  socketsRequest,
} from "./sock-diag.ts";
import { FLAG, type Message, message } from "./wire.ts";

/** SOCK_DESTROY */
const END = 21;
/** struct inet_diag_sockid: ports, addresses, device, and the kernel's own name for the socket. */
const SOCKET_BYTES = 48;
const ALL_STATES = 0xfff;

/**
 * TCP's connections in whatever state, but for those that only wait for latecomers; UDP's sockets that have one peer.
 * Who listens goes on listening.
 */
const CONNECTED = {
  tcp: ALL_STATES & ~(STATE.listening | STATE.closed | STATE.timeWait),
  udp: STATE.established,
} as const;

export interface ConnectedRequest {
  readonly protocol: keyof typeof CONNECTED;
  readonly request: Buffer;
}

/** The requests that make the kernel tell of all connected sockets of a namespace, each answered by a dump. */
export function connectedRequests(): readonly ConnectedRequest[] {
  return (["tcp", "udp"] as const).flatMap((protocol) =>
    [FAMILY.ipv4, FAMILY.ipv6].map((family) => ({
      protocol,
      request: socketsRequest(family, protocol, CONNECTED[protocol]),
    })),
  );
}

/** What addresses look like in an answer: IPv4 also as sockets of IPv6 have it. */
export function ownAddresses(addresses: readonly string[]): ReadonlySet<string> {
  return new Set(
    addresses
      .flatMap((text) => {
        const { family, bytes } = addressBytes(text);
        return family === FAMILY.ipv4 ? [bytes, Buffer.concat([MAPPED, bytes])] : [bytes];
      })
      .map((bytes) => bytes.toString("hex")),
  );
}

/** The request that ends the socket that a message tells of; null = it has none of our addresses. */
export function endRequest(
  protocol: keyof typeof CONNECTED,
  { type, body }: Message,
  own: ReadonlySet<string>,
): Buffer | null {
  if (type !== BY_FAMILY || body.length < ANSWER_AT.socket + SOCKET_BYTES) return null;
  const family = body.readUInt8(ANSWER_AT.family);
  const length = family === FAMILY.ipv4 ? 4 : 16;
  if (!own.has(body.toString("hex", ANSWER_AT.address, ANSWER_AT.address + length))) return null;
  const request = Buffer.alloc(REQUEST_BYTES);
  request.writeUInt8(family, REQUEST_AT.family);
  request.writeUInt8(PROTOCOL_NUMBER[protocol], REQUEST_AT.protocol);
  request.writeUInt32LE(ALL_STATES, REQUEST_AT.states);
  body.copy(request, REQUEST_AT.socket, ANSWER_AT.socket, ANSWER_AT.socket + SOCKET_BYTES);
  return message(END, FLAG.request | FLAG.acknowledge, request);
}
