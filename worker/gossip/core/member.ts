import type { InstantMs } from "../../../shared/ports/clock.ts";
import type { Endpoint } from "../wire/address.ts";
import type { Versions } from "../wire/messages.ts";
import type { MemberState } from "../wire/stream.ts";

/** What we speak: protocol 1 to 5, 2 by default, and the same for the application's part. */
export const OUR_VERSIONS: Versions = [1, 5, 2, 2, 5, 4];
/** From this protocol on a member answers TCP pings, */
const TCP_PING_FROM = 3;
/** sends nacks, */
const NACK_FROM = 4;
/** and reads checksums. */
const CRC_FROM = 5;

/**
 * Whether two members understand each other: each speaks what the other reads, in both layers. Invalid versions
 * understand no one.
 */
export function canSpeakTogether(a: Versions, b: Versions): boolean {
  return reads(a, b[2], 0) && reads(b, a[2], 0) && reads(a, b[5], 3) && reads(b, a[5], 3);
}

function reads(versions: Versions, spoken: number, at: 0 | 3): boolean {
  const [min, max] = [versions[at], versions[at + 1] ?? 0];
  return min <= max && spoken >= min && spoken <= max;
}

/** How many names of accusers are kept; more would add nothing. */
export const ACCUSERS_MAX = 32;

/** One member as others see it. */
export interface MemberView {
  readonly name: string;
  readonly endpoint: Endpoint;
  /** Raised only by the member itself; of two messages the higher one is newer. */
  readonly incarnation: number;
  readonly state: MemberState;
  readonly stateSinceMs: InstantMs;
  /** What it tells about itself. */
  readonly meta: Uint8Array;
  readonly versions: Versions;
  /** Who accused it in its present incarnation; empty while it is alive. */
  readonly accusers: ReadonlySet<string>;
}

/** The same, for those who move it: only Rumours. */
export interface Member extends MemberView {
  endpoint: Endpoint;
  incarnation: number;
  state: MemberState;
  stateSinceMs: InstantMs;
  meta: Uint8Array;
  versions: Versions;
  accusers: Set<string>;
}

export function isGone({ state }: Pick<MemberView, "state">): boolean {
  return state === "dead" || state === "left";
}

export function answersTcpPing({ versions }: Pick<MemberView, "versions">): boolean {
  return versions[1] >= TCP_PING_FROM;
}

export function sendsNack({ versions }: Pick<MemberView, "versions">): boolean {
  return versions[1] >= NACK_FROM;
}

export function readsCrc({ versions }: Pick<MemberView, "versions">): boolean {
  return versions[1] >= CRC_FROM;
}
