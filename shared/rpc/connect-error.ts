import { SwarmError } from "../errors.ts";

/**
 * The peer did not answer the call. `wasSent` false: no connection came about, so nothing can have been carried out.
 * true: the connection broke after the call was sent; what became of it is not known.
 */
export class ConnectionError extends SwarmError {
  readonly wasSent: boolean;
  constructor(wasSent: boolean, message: string, options?: ErrorOptions) {
    super("unavailable", message, options);
    this.wasSent = wasSent;
  }
}

const SOCKET_REASONS: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, "connection refused: nothing listens there, or a firewall rejects it"],
  [/EHOSTUNREACH|ENETUNREACH/, "no route to that host"],
  [/ETIMEDOUT/, "no answer: the host is down, or a firewall drops the packets"],
  [/ENOENT/, "no such socket"],
  [/EACCES/, "permission denied"],
  [/ENOTFOUND|EAI_AGAIN|Name resolution failed/, "the host name is not known"],
  [/ECONNRESET|Socket closed|socket hang up|EPIPE|Failed to connect/, "the connection was closed at once"],
];

const TLS_REASONS: readonly (readonly [RegExp, string])[] = [
  [
    /self.signed certificate|unable to (get|verify)|UNABLE_TO|SELF_SIGNED/i,
    "its certificate was not issued by this swarm's certificate authority",
  ],
  [/certificate has expired|CERT_HAS_EXPIRED/i, "its certificate has expired"],
  [/not yet valid|CERT_NOT_YET_VALID/i, "its certificate is not valid yet: compare the clocks of both hosts"],
  [
    /wrong version number|packet length too long|ssl3_|protocol version|SSL routines|EPROTO/i,
    "it does not speak TLS 1.3 there; managers listen on port 2377 unless told otherwise",
  ],
];

/**
 * Why no connection came about, in one sentence.
 * `text` is what grpc-js reports ("No connection established. Last error: ...") or a socket's or TLS error message.
 */
export function connectError(address: string, text: string, cause?: unknown): ConnectionError {
  const reason = [...TLS_REASONS, ...SOCKET_REASONS].find(([pattern]) => pattern.test(text))?.[1] ?? tidy(text);
  return new ConnectionError(false, `cannot connect to ${address}: ${reason}`, cause === undefined ? {} : { cause });
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
