import type { CrowdLimits } from "../crowd.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * The largest message either side accepts. A proposal is at most 1.5 MiB and a snapshot chunk 1 MiB, but lists of
 * thousands of tasks and full assignments of big nodes are one message each.
 */
export const MESSAGE_BYTES_MAX = 16 * MIB;

/** A unary call gives up after this long unless it says otherwise. Creating a service may involve a slow registry. */
export const UNARY_TIMEOUT_MS = 30_000;
/** How long TCP and TLS may take together; a host that is off answers nothing at all. */
export const CONNECT_TIMEOUT_MS = 5_000;

/** Largest request, by service; a larger one is refused once its first five bytes have announced its size. */
const REQUEST_BYTES_MAX: ReadonlyMap<string, number> = new Map([
  // A frame is about 2 MiB, and one entry of 1.5 MiB may be added.
  ["swarm.v1.Raft", 8 * MIB],
  // A node's statuses after an absence are one message: 200 bytes each, for tens of thousands.
  ["swarm.v1.Dispatcher", 8 * MIB],
  // What does not fit a proposal (1.5 MiB) cannot be stored.
  ["swarm.v1.Control", 2 * MIB],
  ["swarm.v1.Logs", 64 * KIB],
  ["swarm.v1.CertificateAuthority", 16 * KIB],
  ["swarm.v1.Local", 64 * KIB],
  // A message of these is at most HOST_REQUEST_BYTES_MAX, and in an envelope.
  ["swarm.v1.Hosts", 2 * MIB],
  ["swarm.v1.Containers", MIB],
  ["swarm.v1.Streams", MIB],
  ["swarm.v1.Images", MIB],
  ["swarm.v1.Volumes", MIB],
  ["swarm.v1.Networks", MIB],
]);

/** Largest request of a host's engine that is carried to it. Bulk (tar streams, input) goes in pieces of 64 KiB. */
export const HOST_REQUEST_BYTES_MAX = MIB;
/** Calls of one host's engine that are open at the same time: some megabytes on the way. */
export const HOST_CALLS_MAX = 128;
/** Calls of hosts that came through one manager: half of what its connection to the leader takes. */
export const ENTRY_CALLS_MAX = 512;
/** How long a caller may take to say which call it means. */
export const HOST_CALL_HEAD_MS_MAX = 5_000;
/** How long a host may take to open a stream for a call: it answers heartbeats twice a second. */
export const HOST_CALL_OPEN_MS_MAX = 5_000;

/** Largest request for `/package.Service/Method`, in bytes. */
export function requestBytesMax(path: string): number {
  return REQUEST_BYTES_MAX.get(path.split("/")[1] ?? "") ?? MESSAGE_BYTES_MAX;
}

/**
 * Concurrent calls on one connection of a member: a manager passes on the calls of many people through one connection.
 */
export const MEMBER_STREAMS_MAX = 1_000;
/** Connections of one node: one for each service it calls, twice that while certificates rotate, and as many again. */
export const NODE_CONNECTIONS_MAX = 64;
/**
 * All connections of the port. Thousands of hosts have a few each; half of 20,000 files are left for everything else.
 */
export const CONNECTIONS_MAX = 10_000;
/** What a call on the local socket begins with: a path and a number, as JSON. */
export const CALL_HEAD_BYTES_MAX = 4 * KIB;
/** Connections to the local socket: only root can make them, but a program of root may leak them. */
export const LOCAL_CONNECTIONS_MAX = 1_024;

/**
 * Bytes of requests that members have sent and no handler has taken yet: in all, and per node. Snapshots come in 1 MiB
 * chunks.
 */
export const HELD_BYTES_MAX = 128 * MIB;
export const NODE_HELD_BYTES_MAX = 32 * MIB;

/** From TCP to the end of the TLS handshake. Clients give up after 5 s as well. */
export const TLS_HANDSHAKE_MS = 5_000;

/**
 * For peers that have not (yet) shown a certificate. 256 connections with TLS and HTTP/2 cost 25 MB; a new one costs
 * 1.1 ms of processor time, so that all strangers together take a ninth of a core. Members' addresses get more, since a
 * whole cluster comes back at once when a leader starts, and a host may have several daemons.
 */
export const STRANGERS: CrowdLimits = {
  strangersMax: 256,
  perAddressMax: 16,
  perMemberAddressMax: 64,
  strangers: { burst: 400, perSecond: 100 },
  perAddress: { burst: 64, perSecond: 10 },
  perMemberAddress: { burst: 256, perSecond: 64 },
};

/** A stranger asks for a root certificate or a certificate: two calls, the larger one with a request of under 1 KiB. */
export const STRANGER_REQUEST_BYTES_MAX = 8 * KIB;
/** Everything a stranger may send on one connection, including HTTP/2 frames and pings; a join takes about 3 KiB. */
export const STRANGER_CONNECTION_BYTES_MAX = 64 * KIB;
export const STRANGER_STREAMS_MAX = 4;
/**
 * Calls on one connection, including refused ones; the next one ends it. A call with a token may be passed on to the
 * leader.
 */
export const STRANGER_CALLS_MAX = 8;
/** From the handshake on. Issuing a certificate may wait for an election (15 s). */
export const STRANGER_CONNECTION_MS = 30_000;
