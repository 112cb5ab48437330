import { type BackoffOptions, backoffMs } from "../shared/backoff.ts";
import { messageOf } from "../shared/errors.ts";
import { mustHave } from "../shared/invariant.ts";
import { type Logger, levelOfFailure } from "../shared/log.ts";
import { parseCertificates } from "../shared/pki/node-certificate.ts";
import { renewalInstant } from "../shared/pki/renewal.ts";
import { type Clock, sleep, type WallMs } from "../shared/ports/clock.ts";
import type { Random } from "../shared/ports/random.ts";

/** Longest single wait: timers are limited to 24.8 days, and a wall clock that jumps is noticed within this time. */
const LOOK_AGAIN_MS = 3_600_000;
/** A renewal that fails has days left to succeed. */
const RETRY: BackoffOptions = { baseMs: 5_000, maxMs: LOOK_AGAIN_MS };

/** After this many failures, which take some minutes, a manager's restart can no longer be the cause. */
const WARN_FROM = 4;

export interface RenewalDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** PEM of the certificate in use. */
  readonly certificate: () => string;
  readonly renew: () => Promise<void>;
}

/** Renews the certificate in the second half of its life, for as long as the node lives. */
export async function keepRenewing(deps: RenewalDeps, signal: AbortSignal): Promise<void> {
  const { clock, random, log } = deps;
  for (let failures = 0; !signal.aborted; ) {
    const pem = deps.certificate();
    const dueMs = renewalInstant(validityOf(pem), random);
    while (clock.wallNow() < dueMs && deps.certificate() === pem) {
      await sleep(clock, Math.min(LOOK_AGAIN_MS, dueMs - clock.wallNow()), "certificate renewal", signal);
    }
    if (deps.certificate() !== pem) continue;
    try {
      await deps.renew();
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      const level = levelOfFailure(++failures, WARN_FROM);
      log[level]("could not renew the certificate; trying again", { failures, error: messageOf(error) });
      await sleep(clock, backoffMs(failures - 1, RETRY, random), "certificate renewal retry", signal);
    }
  }
}

/** When a certificate (PEM) begins and ends. */
export function validityOf(pem: string): { readonly notBeforeMs: WallMs; readonly notAfterMs: WallMs } {
  const certificate = mustHave(parseCertificates(pem, "the node certificate")[0], "a node certificate");
  return { notBeforeMs: certificate.validFromDate.getTime(), notAfterMs: certificate.validToDate.getTime() };
}
