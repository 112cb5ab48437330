import type { WallMs } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import { BACKDATE_MS } from "./backdate.ts";

/** Renewal happens between these shares of a certificate's life. */
const RENEW_FROM_PERCENT = 50;
const RENEW_TO_PERCENT = 80;

/**
 * When to renew: uniform in 50..80 % of the time from issue to expiry. Early enough to fail for days and still be
 * in time; spread, so that hosts that joined together do not all ask together.
 */
export function renewalInstant(
  certificate: { readonly notBeforeMs: WallMs; readonly notAfterMs: WallMs },
  random: Random,
): WallMs {
  // Counted from the actual issue: a certificate valid for one hour, backdated by one hour, is not half expired when it
  // is new.
  const issuedMs = Math.min(certificate.notBeforeMs + BACKDATE_MS, certificate.notAfterMs);
  const lifeMs = certificate.notAfterMs - issuedMs;
  const steps = 1_000 * (RENEW_TO_PERCENT - RENEW_FROM_PERCENT);
  const percent = RENEW_FROM_PERCENT + random.below(steps + 1) / 1_000;
  return issuedMs + Math.floor((lifeMs * percent) / 100);
}
