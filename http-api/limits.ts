import type { CrowdLimits } from "../shared/crowd.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Connections to the socket. A follower of logs or events has one for as long as it follows. */
export const CONNECTIONS_MAX = 4_096;
/** A request's line and headers together. Logins to registries travel in headers. */
export const HEADER_BYTES_MAX = 64 * KIB;
/** From the first byte of a request to the end of its headers: who takes longer holds a connection for nothing. */
export const HEADER_MS_MAX = 10_000;
/** A connection between two requests. Clients keep one open for the next command of the same run. */
export const IDLE_MS_MAX = 120_000;
/** A body that is JSON. What does not fit a proposal of 1.5 MiB cannot be stored; a secret's bytes come as base64. */
export const JSON_BYTES_MAX = 4 * MIB;
/** How deep JSON may be nested: no object of the API has twenty levels. */
export const JSON_DEPTH_MAX = 64;
/** Between two pieces of a request's body that somebody is waiting for. */
export const BODY_SILENCE_MS_MAX = 60_000;
/** How long the rest of a body that nobody wants is read after the answer, so that its sender sees the answer. */
export const BODY_REST_MS_MAX = 5_000;
/** How long an answer may wait for its reader to take anything; people do pause what scrolls by. */
export const UNREAD_MS_MAX = 600_000;
/** Words of one filter, and filters of one request. */
export const FILTER_WORDS_MAX = 1_000;
/** Removing large images from a slow disk, or measuring a million files, takes minutes. */
export const LONG_CALL_MS = 10 * 60_000;
/** From the first byte over TCP to the end of the TLS handshake; clients give up no later. */
export const TLS_HANDSHAKE_MS = 5_000;
/** Silence after which a connection over TCP is tried: a host that lost power leaves its connections behind. */
export const KEEPALIVE_MS = 30_000;
/**
 * Who may be busy with a handshake on the API's port. A handshake costs a millisecond of processor time, and one that
 * was completed counts no more; a monitor behind one address opens a connection for each question.
 */
export const STRANGERS: CrowdLimits = {
  strangersMax: 128,
  perAddressMax: 32,
  perMemberAddressMax: 256,
  strangers: { burst: 400, perSecond: 100 },
  perAddress: { burst: 128, perSecond: 20 },
  perMemberAddress: { burst: 1_024, perSecond: 256 },
};
