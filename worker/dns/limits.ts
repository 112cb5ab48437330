/** Numbers of the DNS server, each with its unit and its reason. */

/** Seconds that an answer about the swarm may be kept: short, because a client that keeps it is not told of changes. */
export const LOCAL_TTL_SECONDS = 5;
/** Seconds that "there is none" may be kept: what a client misses at its start often appears a moment later. */
export const NEGATIVE_TTL_SECONDS = 2;

/** Bytes of a UDP answer to a client that says nothing of larger ones (RFC 1035). */
export const UDP_BYTES_DEFAULT = 512;
/** Bytes of any UDP message of ours: fits one packet on every path, so nothing is fragmented (DNS flag day 2020). */
export const UDP_BYTES_MAX = 1_232;
/** Bytes of a TCP message: its length has 16 bits. */
export const TCP_BYTES_MAX = 65_535;
/**
 * Records of an answer: more addresses of one name than anybody tries. Which ones is chance, so that all are used; with
 * thousands an answer would hold up the others.
 */
export const RECORDS_MAX = 1_000;
/** Bytes of a question: a name, a type, a class and some options; more is no question. */
export const QUERY_BYTES_MAX = 4_096;
/** Bytes of a name as it is sent (RFC 1035). */
export const NAME_BYTES_MAX = 255;

/** Milliseconds that one server has for its answer over UDP, and again over TCP. Two of three may be dead. */
export const TRY_MS = 1_400;
/** Milliseconds for one question, all tries together: below the 5 s after which resolvers ask again. */
export const FORWARD_MS_MAX = 4_500;
/** Milliseconds that a server which failed is asked after all others. */
export const SERVER_HOLD_MS = 10_000;
/** Milliseconds that the host's list of servers is believed before its file is read again. */
export const RESOLV_CONF_FRESH_MS = 2_000;
/** Questions under way to other servers, all tasks together: each has a socket. As many as Docker allows. */
export const FORWARDS_MAX = 1_024;
/** Of one task: a task that asks and asks must leave room for the others. */
export const TASK_FORWARDS_MAX = 128;
/** Servers asked for one question: as many as a resolver library reads (MAXNS in resolv.h), some more for --dns. */
export const SERVERS_MAX = 6;

/** Answers of other servers that are kept, and their bytes in memory. */
export const CACHE_ENTRIES_MAX = 4_096;
export const CACHE_BYTES_MAX = 8 * 1024 * 1024;
/** Seconds that an answer is kept at most, whatever it says of itself. */
export const CACHE_TTL_SECONDS_MAX = 3_600;

/** TCP connections, all tasks together and of one task: each costs memory and a file. */
export const CONNECTIONS_MAX = 512;
export const TASK_CONNECTIONS_MAX = 32;
/** Milliseconds that a TCP connection may say nothing, or not take an answer. */
export const CONNECTION_IDLE_MS = 10_000;
/** Milliseconds between looks whether the address to listen on is another one by now. */
export const LISTEN_CHECK_MS = 10_000;
/** Between tries to listen on an address that is not there (yet). */
export const LISTEN_RETRY = { baseMs: 200, maxMs: 10_000 } as const;
/**
 * Tries that fail before anybody is warned, about half a minute: the address comes with the host's first table, moments
 * after the start, and later where the host's processors are busy with other work.
 */
export const LISTEN_FAILURES_QUIET = 8;
/** Milliseconds between two words in the log about one thing that goes on. */
export const LOG_AGAIN_MS = 60_000;
/**
 * Questions of one task in a second, and at once after a pause; what is beyond is dropped. An answer takes some tens of
 * microseconds of the daemon's thread, which has more to do.
 */
export const TASK_QUESTIONS_PER_SECOND = 5_000;
export const TASK_QUESTIONS_BURST = 10_000;
