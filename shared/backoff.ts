import type { Random } from "./ports/random.ts";

export interface BackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * Full-jitter exponential backoff: uniform in [base/2, min(max, base * 2^attempt)].
 * The lower bound keeps many clients from retrying at once; jitter keeps them from retrying together.
 */
export function backoffMs(attempt: number, options: BackoffOptions, random: Random): number {
  const ceiling = Math.min(options.maxMs, options.baseMs * 2 ** Math.min(attempt, 30));
  const floor = Math.min(ceiling, options.baseMs / 2);
  return floor + random.below(Math.max(1, Math.round(ceiling - floor)));
}
