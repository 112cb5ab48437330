import type { TlsMaterial } from "../../../shared/pki/tls-credentials.ts";

/** Messages between the bench and its child processes. Each child gets its configuration as its only argument. */

export interface MemberConfig {
  readonly name: string;
  readonly directory: string;
  /** 0 = any. */
  readonly port: number;
  /** A member to join through; null for the first one. On a directory that was used before it does not matter. */
  readonly join: string | null;
  /** null = without TLS. */
  readonly tls: TlsMaterial | null;
}

export type MemberSays =
  | { readonly kind: "listening"; readonly address: string }
  | { readonly kind: "leadership"; readonly leading: boolean }
  | { readonly kind: "voters"; readonly count: number }
  | { readonly kind: "load"; readonly result: LoadResult }
  | { readonly kind: "health"; readonly health: Health };

export type MemberHears =
  /** Propose from inside the process. */
  | { readonly kind: "load"; readonly load: Load }
  /** Answer with the health since the last time. */
  | { readonly kind: "health" };

/** The health of a member. */
export interface Health {
  readonly term: number;
  readonly applied: number;
  /** Members heard from lately, itself included; only the leader knows. */
  readonly reachable: number;
  /** Event loop delay beyond the timer's resolution, in milliseconds. */
  readonly delayP50Ms: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
}

export interface Load {
  readonly inFlight: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly valueBytes: number;
}

export interface ClientConfig extends Load {
  readonly address: string;
  readonly tls: TlsMaterial | null;
}

export interface LoadResult {
  readonly puts: number;
  readonly errors: number;
  readonly elapsedMs: number;
  /** Sorted latencies in milliseconds, thinned out to at most LATENCIES_MAX. */
  readonly latenciesMs: readonly number[];
}

/** Enough for a 99th percentile of every process of a run. */
export const LATENCIES_MAX = 2_000;
