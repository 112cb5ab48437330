import { SwarmError } from "../errors.ts";

/** Why there is no connection; for `other` we have no sentence of our own. */
export type ConnectFault =
  | "refused"
  | "noRoute"
  | "noAnswer"
  | "noSocket"
  | "forbidden"
  | "unknownHost"
  | "closed"
  | "distrusted"
  | "noTls"
  | "other";

/**
 * The peer did not answer the call. `wasSent` false: there was no connection, so nothing can have been carried out.
 * true: the connection broke after the call was sent; the outcome is not known.
 */
export class ConnectionError extends SwarmError {
  readonly wasSent: boolean;
  /** null = there was a connection, and it broke. */
  readonly fault: ConnectFault | null;
  /** The sentence without the address. */
  readonly reason: string;

  constructor(
    wasSent: boolean,
    message: string,
    {
      fault = null,
      reason = message,
      ...options
    }: ErrorOptions & { readonly fault?: ConnectFault | null; readonly reason?: string } = {},
  ) {
    super("unavailable", message, options);
    this.wasSent = wasSent;
    this.fault = fault;
    this.reason = reason;
  }
}

/** Recognised by the texts of sockets, TLS and grpc-js: their error codes do not survive grpc-js. */
const FAULTS: readonly (readonly [said: RegExp, fault: ConnectFault, sentence: string])[] = [
  [
    /self.signed certificate|unable to (get|verify)|UNABLE_TO|SELF_SIGNED/i,
    "distrusted",
    "its certificate was not issued by this swarm's certificate authority",
  ],
  [/certificate has expired|CERT_HAS_EXPIRED/i, "distrusted", "its certificate has expired"],
  [
    /not yet valid|CERT_NOT_YET_VALID/i,
    "distrusted",
    "its certificate is not valid yet: compare the clocks of both hosts",
  ],
  [
    /wrong version number|packet length too long|ssl3_|protocol version|SSL routines|EPROTO/i,
    "noTls",
    "it does not speak TLS 1.3 there; managers listen on port 2377 unless told otherwise",
  ],
  [
    /before secure TLS connection was established/i,
    "noTls",
    "the connection was closed before TLS began; managers listen on port 2377 unless told otherwise",
  ],
  [/ECONNREFUSED/, "refused", "connection refused: nothing listens there, or a firewall rejects it"],
  [/EHOSTUNREACH|ENETUNREACH/, "noRoute", "no route to that host"],
  [/ETIMEDOUT/, "noAnswer", "no answer: the host is down, or a firewall drops the packets"],
  [/ENOENT/, "noSocket", "no such socket"],
  [/EACCES/, "forbidden", "permission denied"],
  [/ENOTFOUND|EAI_AGAIN|Name resolution failed/, "unknownHost", "the host name is not known"],
  [/ECONNRESET|Socket closed|socket hang up|EPIPE|Failed to connect/, "closed", "the connection was closed at once"],
];

/**
 * Why there is no connection, in one sentence. `text` is what grpc-js reports ("No connection established. Last error:
 * ...") or a socket's or TLS error message.
 */
export function connectError(address: string, text: string, cause?: unknown): ConnectionError {
  const [, fault, reason] = FAULTS.find(([said]) => said.test(text)) ?? [null, "other", tidy(text)];
  return notConnected(address, fault, reason, cause === undefined ? {} : { cause });
}

/** There is no answer within `seconds`. */
export function connectTimeout(address: string, seconds: number): ConnectionError {
  return notConnected(address, "noAnswer", `no answer within ${seconds} s`);
}

function notConnected(
  address: string,
  fault: ConnectFault,
  reason: string,
  options: ErrorOptions = {},
): ConnectionError {
  return new ConnectionError(false, `cannot connect to ${address}: ${reason}`, { ...options, fault, reason });
}

/** Whether a status of grpc-js says that there is no connection, rather than what a server answered. */
export function isConnectFailure(details: string): boolean {
  return /^(No connection established|Name resolution failed|Failed to connect|failed to connect)/.test(details);
}

function tidy(text: string): string {
  return text
    .replace(/^No connection established\. Last error: /, "")
    .replace(/\.? Resolution note: .*$/, "")
    .replace(/ \(\d{4}-\d\d-\d\dT[^)]*\)/, "")
    .replace(/^Error: /, "");
}
