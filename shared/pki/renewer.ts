import { X509Certificate } from "node:crypto";
import { backoffMs } from "../backoff.ts";
import { messageOf, SwarmError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import { isNodeRemoved } from "../rpc/node-removed.ts";
import { type NodeIdentity, renewCertificate, toTlsMaterial } from "./bootstrap.ts";
import type { KeyStore } from "./key-store.ts";
import type { CryptoEngine } from "./ports/crypto-engine.ts";
import { renewalInstant } from "./renewal.ts";
import type { TlsCredentials } from "./tls-credentials.ts";

/** Looked at this often, since wall clocks jump and a timer cannot hold ninety days. */
const LOOK_AGAIN_MS = 600_000;
/** A failed renewal is tried again after a while; at worst a fifth of the certificate's life is left for it. */
const RETRY_BACKOFF_MS = { baseMs: 500, maxMs: 60_000 };

export interface RenewerDeps {
  /** Rotated with each new certificate. */
  readonly credentials: TlsCredentials;
  readonly keyStore: KeyStore;
  /** HOST:PORT of managers, best first, as known at that moment. */
  readonly addresses: () => readonly string[];
  readonly engine: CryptoEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Told after the new identity is on disk and in use; its role may differ from the old one's. */
  readonly onRenewed: (identity: NodeIdentity) => void;
  /** The node object is gone: this host is not part of the cluster any more. `run` ends after it. */
  readonly onRemoved: (error: SwarmError) => void;
}

/** Keeps a node's certificate fresh, and fetches a new one at once when the node's role has changed. */
export class CertificateRenewer {
  readonly #deps: RenewerDeps;
  #wanted = false;
  #wake: (() => void) | null = null;

  constructor(deps: RenewerDeps) {
    this.#deps = deps;
  }

  /** The node object's role differs from our certificate's: do not wait for the certificate's age. */
  renewNow(): void {
    this.#wanted = true;
    this.#wake?.();
  }

  /** Renews until the signal aborts; for `scope.spawn("certificate renewal", ...)`. */
  async run(signal: AbortSignal): Promise<void> {
    let dueMs = this.#dueMs();
    let attempt = 0;
    while (!signal.aborted) {
      const waitMs = this.#wanted ? 0 : Math.min(LOOK_AGAIN_MS, dueMs - this.#deps.clock.wallNow());
      if (waitMs > 0) {
        await this.#sleep(waitMs, signal);
        continue;
      }
      const outcome = await this.#renew(signal);
      if (outcome === "removed") return;
      if (outcome === "renewed") {
        attempt = 0;
        dueMs = this.#dueMs();
      } else {
        await this.#sleep(backoffMs(attempt++, RETRY_BACKOFF_MS, this.#deps.random), signal);
      }
    }
  }

  #dueMs(): number {
    const { node } = this.#deps.credentials.material;
    if (node === null) return Number.POSITIVE_INFINITY;
    const { validFromDate, validToDate } = new X509Certificate(node.certificate);
    const dates = { notBeforeMs: validFromDate.getTime(), notAfterMs: validToDate.getTime() };
    return renewalInstant(dates, this.#deps.random);
  }

  async #renew(signal: AbortSignal): Promise<"renewed" | "removed" | "failed"> {
    const { addresses, credentials, keyStore, log, onRenewed, onRemoved } = this.#deps;
    this.#wanted = false;
    try {
      const identity = await renewCertificate(addresses(), credentials, this.#deps, signal);
      // On disk before in use: after a crash the managers must not know a newer key than we do.
      await keyStore.save(identity);
      credentials.rotate(toTlsMaterial(identity));
      log.info("this node's certificate was renewed", { role: identity.role });
      onRenewed(identity);
      return "renewed";
    } catch (error) {
      if (!(error instanceof SwarmError)) throw error;
      if (signal.aborted) return "failed";
      if (isNodeRemoved(error)) {
        onRemoved(error);
        return "removed";
      }
      log.warn("this node's certificate could not be renewed", { error: messageOf(error) });
      this.#wanted = true;
      return "failed";
    }
  }

  /** Ends early on abort or `renewNow`. */
  #sleep(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#wake = null;
        timer[Symbol.dispose]();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = this.#deps.clock.schedule(delayMs, "certificate renewal", done);
      signal.addEventListener("abort", done, { once: true });
      this.#wake = done;
      if (signal.aborted) done();
    });
  }
}
