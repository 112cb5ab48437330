/** The kernel's sock_diag: how a namespace's sockets are asked for. */
import { FLAG, message } from "./wire.ts";

/** SOCK_DIAG_BY_FAMILY: in a request, and in each message of the answer. */
export const BY_FAMILY = 20;
/** IPPROTO_TCP and IPPROTO_UDP. */
export const PROTOCOL_NUMBER = { tcp: 6, udp: 17 } as const;
/** Bits of struct inet_diag_req_v2's `idiag_states`, by the numbers of TCP_* that UDP uses as well. */
export const STATE = { established: 1 << 1, timeWait: 1 << 6, closed: 1 << 7, listening: 1 << 10 } as const;
/** struct inet_diag_req_v2. */
export const REQUEST_BYTES = 56;
/** Where its fields are, and those of struct inet_diag_msg, which has them elsewhere. */
export const REQUEST_AT = { family: 0, protocol: 1, states: 4, socket: 8 } as const;
export const ANSWER_AT = { family: 0, socket: 4, port: 4, address: 8, inode: 68 } as const;

/** Answered by a dump of all sockets of the family and the protocol that are in one of the states. */
export function socketsRequest(family: number, protocol: keyof typeof PROTOCOL_NUMBER, states: number): Buffer {
  const body = Buffer.alloc(REQUEST_BYTES);
  body.writeUInt8(family, REQUEST_AT.family);
  body.writeUInt8(PROTOCOL_NUMBER[protocol], REQUEST_AT.protocol);
  body.writeUInt32LE(states, REQUEST_AT.states);
  return message(BY_FAMILY, FLAG.request | FLAG.dump, body);
}
