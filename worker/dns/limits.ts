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
