/** Limits of an examination, and from where on something is worth a word. Times in milliseconds. */

/**
 * A host that has not told all it found by then is named as one that did not answer; so the diagnosis is there soon
 * after, whatever is dead. People wait for it in front of a terminal.
 */
export const ANSWER_MS_MAX = 15_000;
/** A host's own limit: it tells what it has by then. Less than the leader waits, by what a slow answer takes. */
export const EXAMINE_MS_MAX = 11_000;
/** Hosts that each host tries. In larger swarms each tries its neighbours in a ring, and some managers. */
export const WAYS_MAX = 32;
/** Ports that each host tries at itself, and as many at another. */
export const PORTS_MAX = 128;
/** An offset beyond what the measurement itself may be wrong by: times in logs of several hosts no longer compare. */
export const CLOCK_WARNING_MS = 1_000;
/** Certificates and join tokens are judged by the clock: a new node's would not be valid yet. */
export const CLOCK_BROKEN_MS = 60_000;
/** Of its life. Certificates are renewed when a fifth is left, at the latest: with less, that has been failing. */
export const CERTIFICATE_LEFT_MIN = 0.15;
/** An image and its unpacked layers need some gigabytes. */
export const DISK_WARNING_BYTES = 5 * 1024 ** 3;
/** The Raft log stops when nothing is left. */
export const DISK_BROKEN_BYTES = 512 * 1024 ** 2;
/** Packets with a wrong checksum in one examination: fewer are a cable's or a stranger's. */
export const WRONG_CHECKSUMS_MIN = 5;
/** Characters of one sentence of a host: more is a program's output and no sentence. */
export const SENTENCE_LENGTH_MAX = 300;
/** Sentences of one kind of a host; further ones would say the same. */
export const SENTENCES_MAX = 10;
